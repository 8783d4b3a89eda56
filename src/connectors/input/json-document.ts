// JSON from outside: parsed by the engine's own parser within limits, one document, a stream of them, or with comments.
import { ParseProblem } from '../port.ts'
import type { ParsedDocument } from '../port.ts'
import { JsonIndex } from './json-index.ts'
import { firstJsonError, shapeOf, valueEnd, withoutComments } from './json-scan.ts'
import { LineStarts } from './lines.ts'

export const JSON_DEPTH_MAX = 200

/** `problem` beside documents: a stream of which some part does not parse. Without documents: nothing does. */
export interface JsonDocuments {
  readonly documents: readonly ParsedDocument[]
  readonly problem?: ParseProblem
}

/**
 * One document; or several when the text is NDJSON or values one after the other (`kubectl get` run twice into one
 * pipe). Comments and trailing commas are allowed. Never throws; no message quotes the text.
 */
export function readJson(text: string): JsonDocuments {
  const whole = document(text, 0)
  if (!('problem' in whole)) return { documents: [whole] }
  if (whole.tooDeep) return { documents: [], problem: whole.problem }
  const stream = ndjson(text) ?? concatenated(text)
  if (stream !== undefined) return stream
  const bare = withoutComments(text)
  const retried = bare === undefined ? whole : document(bare, 0)
  if ('problem' in retried) return { documents: [], problem: located(bare ?? text, retried.problem) }
  return { documents: [retried] }
}

/** As `readJson`, for a caller that takes all or nothing: throws `ParseProblem`. */
export function parseJson(text: string): readonly ParsedDocument[] {
  const { documents, problem } = readJson(text)
  if (problem !== undefined) throw problem
  return documents
}

interface Broken {
  readonly problem: ParseProblem
  readonly tooDeep: boolean
}

/** `lineOffset` is the number of lines before `text` in its file. */
function document(text: string, lineOffset: number): ParsedDocument | Broken {
  // before parsing: the engine's parser spends memory on every open bracket
  const shape = shapeOf(text, JSON_DEPTH_MAX)
  if (shape.tooDeepAt !== undefined) {
    const line = new LineStarts(text).lineAt(shape.tooDeepAt) + lineOffset
    return { problem: new ParseProblem(`the JSON is nested deeper than ${JSON_DEPTH_MAX}`, line), tooDeep: true }
  }
  let value: unknown
  try {
    value = JSON.parse(text) as unknown
  } catch {
    // where it is wrong is worked out only when no other reading of the text helps
    return { problem: new ParseProblem('the JSON does not parse'), tooDeep: false }
  }
  const index = new JsonIndex(text, value, shape.containers)
  const shifted = (line: number | undefined): number | undefined => (line === undefined ? undefined : line + lineOffset)
  return {
    value,
    line: (node, key) => shifted(index.line(node, key)),
    endLine: (node) => shifted(index.endLine(node)),
  }
}

/** The problem with the line of the first error, for a text that is one broken value. */
function located(text: string, problem: ParseProblem, lineOffset = 0): ParseProblem {
  if (problem.line !== undefined) return problem
  const error = firstJsonError(text) ?? { offset: 0, ended: false }
  const line = new LineStarts(text).lineAt(error.offset) + lineOffset
  return new ParseProblem(
    `the JSON does not parse: ${error.ended ? 'it ends too early' : 'unexpected character'}`,
    line,
  )
}

/**
 * A stream of objects, one in each line. Every line that is not empty opens an object and the most of them parse: a
 * pretty-printed document that breaks off is not taken for one.
 */
function ndjson(text: string): JsonDocuments | undefined {
  if (!/^\s*\{[^\n]*\n\s*\{/.test(text)) return undefined
  const documents: ParsedDocument[] = []
  let problem: ParseProblem | undefined
  let broken = 0
  let line = 0
  for (let from = 0; from < text.length; line += 1) {
    const next = text.indexOf('\n', from)
    const to = next === -1 ? text.length : next
    const row = text.slice(from, to).trim()
    from = to + 1
    if (row === '') continue
    if (!row.startsWith('{')) return undefined
    const parsed = document(row, line)
    if ('problem' in parsed) {
      broken += 1
      problem ??= located(row, parsed.problem, line)
    } else documents.push(parsed)
  }
  if (documents.length <= broken) return undefined
  if (problem === undefined) return { documents }
  const message = `${broken === 1 ? 'a line' : `${broken} lines`} of the JSON stream could not be read: ${problem.message}`
  return { documents, problem: new ParseProblem(message, problem.line) }
}

/** Values one after the other, of which at least the first is whole; what follows the last whole one is the problem. */
function concatenated(text: string): JsonDocuments | undefined {
  const documents: ParsedDocument[] = []
  let starts: LineStarts | undefined
  let at = skipBlank(text, 0)
  while (at < text.length) {
    const opens = text.charCodeAt(at) === 123 || text.charCodeAt(at) === 91
    const end = opens ? valueEnd(text, at) : undefined
    if (end === undefined && documents.length === 0) return undefined
    const lineOffset = (starts ??= new LineStarts(text)).lineAt(at) - 1
    const rest = text.slice(at, end)
    const parsed: ParsedDocument | Broken =
      end === undefined
        ? { problem: new ParseProblem('the JSON does not parse'), tooDeep: false }
        : document(rest, lineOffset)
    if ('problem' in parsed) {
      // what follows a first value without opening another is not JSON at all
      return documents.length === 0 || !opens
        ? undefined
        : { documents, problem: located(rest, parsed.problem, lineOffset) }
    }
    documents.push(parsed)
    at = skipBlank(text, end ?? text.length)
  }
  return documents.length > 1 ? { documents } : undefined
}

/** White space and the record separator of RFC 7464. */
function skipBlank(text: string, from: number): number {
  let at = from
  while (at < text.length && (text.charCodeAt(at) <= 32 || text.charCodeAt(at) === 0xfeff)) at += 1
  return at
}
