// Plain scans over JSON text, linear in its length: where strings end, how deep it nests, where its first error is.

/** Offset of the closing quote of the string that opens at `at`; the text's length when there is none. */
export function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (end - 1 - slashes > at && text.charCodeAt(end - 1 - slashes) === 92) slashes += 1
    if (slashes % 2 === 0) return end
  }
  return text.length
}

export interface Shape {
  /** How many objects and arrays open. */
  readonly containers: number
  /** Offset of the bracket that opens one level more than `depthMax`. */
  readonly tooDeepAt: number | undefined
}

/** Counts brackets outside of strings; right for valid JSON, an estimate otherwise. */
export function shapeOf(text: string, depthMax: number): Shape {
  let depth = 0
  let containers = 0
  let tooDeepAt: number | undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at)
    else if (code === 123 || code === 91) {
      depth += 1
      containers += 1
      if (depth > depthMax) tooDeepAt ??= at
    } else if (code === 125 || code === 93) depth -= 1
  }
  return { containers, tooDeepAt }
}

/** Offset after the object or array that opens at `start`, or `undefined` when it is not closed. */
export function valueEnd(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) at = stringEnd(text, at)
    else if (code === 123 || code === 91) depth += 1
    else if (code === 125 || code === 93) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

const OPEN_MAX = 10_000
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

export interface JsonError {
  readonly offset: number
  /** True when all that is wrong is that the text breaks off. */
  readonly ended: boolean
}

/**
 * The first place at which the text stops being one JSON value; `undefined` when it is one. The engine's own messages
 * name no position for some errors, and quote the input.
 */
export function firstJsonError(text: string): JsonError | undefined {
  const open: number[] = []
  let expect: 'value' | 'value or close' | 'key' | 'key or close' | 'colon' | 'comma or close' | 'end' = 'value'
  const afterValue = (): typeof expect => (open.length === 0 ? 'end' : 'comma or close')
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 32 || code === 10 || code === 13 || code === 9) continue
    const top = open.at(-1)
    const wantsValue: boolean = expect === 'value' || expect === 'value or close'
    if (code === 125 || code === 93) {
      const closable = expect === 'comma or close' || expect === (code === 125 ? 'key or close' : 'value or close')
      if (!closable || top !== code) return { offset: at, ended: false }
      open.pop()
      expect = afterValue()
    } else if (expect === 'colon') {
      if (code !== 58) return { offset: at, ended: false }
      expect = 'value'
    } else if (expect === 'comma or close') {
      if (code !== 44) return { offset: at, ended: false }
      expect = top === 125 ? 'key' : 'value'
    } else if (code === 34 && expect !== 'end') {
      const end = checkedStringEnd(text, at)
      if (typeof end !== 'number') return end
      at = end
      expect = wantsValue ? afterValue() : 'colon'
    } else if (wantsValue && (code === 123 || code === 91)) {
      if (open.length === OPEN_MAX) return { offset: at, ended: false }
      open.push(code + 2)
      expect = code === 123 ? 'key or close' : 'value or close'
    } else {
      SCALAR.lastIndex = at
      const scalar = wantsValue ? SCALAR.exec(text)?.[0] : undefined
      if (scalar === undefined) return { offset: at, ended: breaksOff(text, at, wantsValue) }
      at += scalar.length - 1
      expect = afterValue()
    }
  }
  return expect === 'end' ? undefined : { offset: Math.max(0, text.trimEnd().length - 1), ended: true }
}

const breaksOff = (text: string, at: number, wantsValue: boolean): boolean =>
  wantsValue && ['true', 'false', 'null', '-'].some((word) => word.startsWith(text.slice(at, at + 6).trimEnd()))

function checkedStringEnd(text: string, start: number): number | JsonError {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 34) return at
    if (code < 32) return { offset: at, ended: false }
    if (code !== 92) continue
    ESCAPE.lastIndex = at
    const escape = ESCAPE.exec(text)?.[0]
    if (escape === undefined) return { offset: at, ended: text.length - at < 6 && !/["\n]/.test(text.slice(at + 2)) }
    at += escape.length - 1
  }
  return { offset: text.trimEnd().length - 1, ended: true }
}

/** Comments and trailing commas become spaces, so that offsets stay. `undefined` when there is nothing of the kind. */
export function withoutComments(text: string): string | undefined {
  const blanks: [number, number][] = []
  let comma: number | undefined
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 32 || code === 10 || code === 13 || code === 9) continue
    const next = code === 47 ? text.charCodeAt(at + 1) : 0
    if (next === 47 || next === 42) {
      const close = next === 47 ? text.indexOf('\n', at) : text.indexOf('*/', at + 2)
      if (close === -1 && next === 42) break
      const to = close === -1 ? text.length : next === 47 ? close : close + 2
      blanks.push([at, to])
      at = to - 1
      continue
    }
    if (comma !== undefined && (code === 125 || code === 93)) blanks.push([comma, comma + 1])
    comma = code === 44 ? at : undefined
    if (code === 34) at = stringEnd(text, at)
  }
  if (blanks.length === 0) return undefined
  const pieces: string[] = []
  let kept = 0
  for (const [from, to] of blanks.sort((a, b) => a[0] - b[0])) {
    pieces.push(text.slice(kept, from), text.slice(from, to).replaceAll(/[^\n]/g, ' '))
    kept = to
  }
  return pieces.join('') + text.slice(kept)
}
