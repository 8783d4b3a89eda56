// The arguments of one call, as far as a bounded window shows them. What cannot be read is passed over by its brackets
// and never costs the arguments before it.
import { readQuoted } from './assigned/read-value.ts'

export interface Argument {
  readonly start: number
  readonly end: number
  readonly value: string
  /** True for one literal, wrapped or not: `"x"`, `Some("x")`, `[]byte("x")`, `"x".getBytes()`. */
  readonly quoted: boolean
}

export interface Arguments {
  readonly list: readonly Argument[]
  /** False when the window ended first: there may be more. */
  readonly whole: boolean
  /** Where reading ended: the closing bracket of a whole call. */
  readonly end: number
}

const REACH = 800
/** `user: "x"` and `user="x"`. */
const LABEL = /\s{0,60}(?:\w{1,30}\s?[=:]\s?(?=["']))?/y
const TAIL =
  /^["'`](?:\s|\)|\]|\}|\.\w{1,30}\([^()"'\n]{0,40}["']?[\w.-]{0,16}["']?\)|!|;|,\s?["']?[\w-]{1,12}["']?\))*$/

/** `after` is right behind the opening bracket; `most` is how many are wanted. Without a bracket the line's end closes. */
export function callArguments(text: string, after: number, most: number, bracket = true): Arguments {
  const list: Argument[] = []
  const ceiling = Math.min(text.length, after + REACH)
  let at = after
  while (list.length < most) {
    LABEL.lastIndex = at
    at += LABEL.exec(text)?.[0].length ?? 0
    const end = argumentEnd(text, at, ceiling, bracket)
    if (end === undefined) return { list, whole: false, end: at }
    if (end > at || text.charAt(end) === ',') list.push(argument(text, at, end))
    if (text.charAt(end) !== ',') return { list, whole: true, end }
    at = end + 1
  }
  return { list, whole: false, end: at }
}

function argument(text: string, start: number, end: number): Argument {
  const first = text.charCodeAt(start)
  const read = first === 40 || first === 123 ? undefined : readQuoted(text, start)
  if (read === undefined || read.end >= end || read.continued || !TAIL.test(text.slice(read.end, end)))
    return { start, end, value: '', quoted: false }
  return { start: read.start, end: read.end, value: read.value, quoted: true }
}

/** Offset of the comma or bracket that ends the argument. */
function argumentEnd(text: string, from: number, ceiling: number, bracket: boolean): number | undefined {
  let depth = 0
  for (let at = from; at < ceiling; at++) {
    const code = text.charCodeAt(at)
    if (code === 34 || code === 39 || code === 96) {
      const close = stringEnd(text, at, ceiling)
      if (close === undefined) return undefined
      at = close
    } else if (code === 40 || code === 91 || code === 123) depth += 1
    else if (code === 41 || code === 93 || code === 125) {
      if (depth === 0) return at
      depth -= 1
    } else if (depth === 0 && (code === 44 || (code === 10 && !bracket) || code === 59)) return at
  }
  return !bracket && ceiling === text.length ? ceiling : undefined
}

function stringEnd(text: string, open: number, ceiling: number): number | undefined {
  const mark = text.charCodeAt(open)
  for (let at = open + 1; at < ceiling; at++) {
    const code = text.charCodeAt(at)
    if (code === 92) at += 1
    else if (code === mark) return at
    else if (code === 10 && mark !== 96) return undefined
  }
  return undefined
}
