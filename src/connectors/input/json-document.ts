// JSON from outside: parsed by the engine's own parser, with the line of every object found by one pass beside it.
import { ParseProblem } from '../port.ts'
import type { ParsedDocument } from '../port.ts'
import { LineStarts } from './lines.ts'

export const JSON_DEPTH_MAX = 200

/**
 * One document, or several when the text is NDJSON; comments and trailing commas are allowed. Throws `ParseProblem`
 * with the line of the first error; never quotes the text.
 */
export function parseJson(text: string): readonly ParsedDocument[] {
  const whole = tryParse(text)
  if ('value' in whole) return [withLines(text, whole.value)]
  const lines = ndjson(text)
  if (lines !== undefined) return lines
  const bare = withoutComments(text)
  const retried = bare === undefined ? whole : tryParse(bare)
  if ('value' in retried) return [withLines(bare ?? text, retried.value)]
  throw new ParseProblem(`the JSON does not parse: ${whole.what}`, whole.line(text))
}

type Parsed = { readonly value: unknown } | { readonly what: string; line(text: string): number }

function tryParse(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const position = /at position (\d+)/.exec(message)?.[1]
    const offset = position === undefined ? text.length : Number(position)
    const ended = position === undefined || offset >= text.length || /end of JSON|Unterminated/.test(message)
    return {
      what: ended ? 'it ends too early' : 'unexpected character',
      line: (source) => new LineStarts(source).lineAt(Math.min(offset, Math.max(0, source.trimEnd().length - 1))),
    }
  }
}

/** Every non-empty line a JSON object: a stream. Lines that are not are the caller's problem only if none is. */
function ndjson(text: string): readonly ParsedDocument[] | undefined {
  const documents: ParsedDocument[] = []
  let line = 0
  for (const row of text.split('\n')) {
    line += 1
    if (row.trim() === '') continue
    if (!row.trimStart().startsWith('{')) return undefined
    const parsed = tryParse(row)
    if (!('value' in parsed)) return undefined
    const offset = line - 1
    const inner = withLines(row, parsed.value)
    documents.push({
      value: parsed.value,
      line: (node, key) => add(inner.line(node, key), offset),
      endLine: (node) => add(inner.endLine(node), offset),
    })
  }
  return documents.length > 1 ? documents : undefined
}

const add = (line: number | undefined, offset: number): number | undefined =>
  line === undefined ? undefined : line + offset

/** Comments and trailing commas become spaces, so that offsets stay. `undefined` when there is nothing of the kind. */
function withoutComments(text: string): string | undefined {
  let changed = false
  const blank = (match: string): string => {
    changed = true
    return match.replaceAll(/[^\n]/g, ' ')
  }
  const bare = text
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
      match.startsWith('"') ? match : blank(match),
    )
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (match) => (match.startsWith('"') ? match : blank(match)))
  return changed ? bare : undefined
}

function withLines(text: string, value: unknown): ParsedDocument {
  let spans: WeakMap<object, readonly [number, number]> | undefined
  let starts: LineStarts | undefined
  const spanOf = (node: object): readonly [number, number] | undefined => {
    spans ??= spansOf(text, value)
    return spans.get(node)
  }
  const lineAt = (offset: number): number => (starts ??= new LineStarts(text)).lineAt(offset)
  // depth is checked before any adapter walks the value
  if (typeof value === 'object' && value !== null) checkDepth(text)
  return {
    value,
    line(node, key) {
      const span = spanOf(node)
      if (span === undefined) return undefined
      if (key === undefined) return lineAt(span[0])
      const member = memberOffset(text, span[0], key)
      return lineAt(member ?? span[0])
    },
    endLine(node) {
      const span = spanOf(node)
      return span === undefined ? undefined : lineAt(span[1])
    },
  }
}

function checkDepth(text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at)
    else if (code === 123 || code === 91) {
      depth += 1
      if (depth > JSON_DEPTH_MAX) {
        throw new ParseProblem(`the JSON is nested deeper than ${JSON_DEPTH_MAX}`, new LineStarts(text).lineAt(at))
      }
    } else if (code === 125 || code === 93) depth -= 1
  }
}

/** Offset of the closing quote of the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) return end
  }
  return text.length
}

interface Frame {
  readonly node: unknown
  readonly start: number
  readonly isArray: boolean
  index: number
  key: string | undefined
}

/** Walks the text and the parsed value together; the text is known to be valid JSON. */
function spansOf(text: string, root: unknown): WeakMap<object, readonly [number, number]> {
  const spans = new WeakMap<object, readonly [number, number]>()
  const stack: Frame[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const top = stack.at(-1)
    if (code === 34) {
      const end = stringEnd(text, at)
      if (top !== undefined && !top.isArray && top.key === undefined)
        top.key = JSON.parse(text.slice(at, end + 1)) as string
      at = end
    } else if (code === 123 || code === 91) {
      const node = top === undefined ? root : childOf(top)
      stack.push({ node, start: at, isArray: code === 91, index: 0, key: undefined })
    } else if (code === 125 || code === 93) {
      const closed = stack.pop()
      if (closed !== undefined && typeof closed.node === 'object' && closed.node !== null)
        spans.set(closed.node, [closed.start, at])
    } else if (code === 44 && top !== undefined) {
      top.index += 1
      top.key = undefined
    }
  }
  return spans
}

function childOf(frame: Frame): unknown {
  if (typeof frame.node !== 'object' || frame.node === null) return undefined
  const key = frame.isArray ? frame.index : frame.key
  return key === undefined ? undefined : (frame.node as Record<string | number, unknown>)[key]
}

/** Offset of the member `key` of the object or array that opens at `start`. */
function memberOffset(text: string, start: number, key: string | number): number | undefined {
  let depth = 0
  let index = 0
  let expectKey = true
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (depth === 1 && typeof key === 'number' && index === key && !/\s/.test(text.charAt(at))) return at
    if (code === 34) {
      const end = stringEnd(text, at)
      if (depth === 1 && expectKey && typeof key === 'string' && JSON.parse(text.slice(at, end + 1)) === key) return at
      expectKey = false
      at = end
    } else if (code === 123 || code === 91) depth += 1
    else if (code === 125 || code === 93) {
      depth -= 1
      if (depth === 0) return undefined
    } else if (code === 44 && depth === 1) {
      index += 1
      expectKey = true
    }
  }
  return undefined
}
