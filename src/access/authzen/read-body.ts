// The text of a request as JSON: one meaning, or refused. What two parsers could read as two requests is no request.
import { Fault } from '#kernel'

export type JsonObject = { readonly [key: string]: unknown }

export const BODY_BYTES_MAX = 1024 * 1024
/** Nothing that anybody sends in earnest is nested deeper. */
const DEPTH_MAX = 64

export const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

export function refuse(field: string, why: string): never {
  throw new Fault('invalid', `\`${field}\`: ${why}`)
}

/** `depth`: in how much else it is nested. Throws Fault('invalid'). */
export function readBody(text: string, depth = 0): JsonObject {
  if (text === '') throw new Fault('invalid', 'the body is empty; send a JSON object')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Fault('invalid', 'the body is not JSON')
  }
  if (!isObject(json)) throw new Fault('invalid', 'the body must be a JSON object')
  // JSON.parse keeps the last of two; another parser on the way may have judged the first
  if (keysIn(json, depth) !== keysOf(text))
    throw new Fault('invalid', 'a key is given twice in one object; send it once')
  return json
}

function keysIn(json: unknown, depth: number): number {
  if (typeof json !== 'object' || json === null) return 0
  if (depth >= DEPTH_MAX) throw new Fault('invalid', `the body is nested deeper than ${DEPTH_MAX}; flatten it`)
  let count = 0
  if (Array.isArray(json)) {
    for (const item of json) count += keysIn(item, depth + 1)
    return count
  }
  for (const key of Object.keys(json)) count += 1 + keysIn((json as JsonObject)[key], depth + 1)
  return count
}

const QUOTE = 34
const BACKSLASH = 92
const COLON = 58

/** Of JSON that was parsed already: texts that a colon follows. */
function keysOf(text: string): number {
  let count = 0
  for (let open = text.indexOf('"'); open !== -1;) {
    let close = open + 1
    for (let code = text.charCodeAt(close); code !== QUOTE; code = text.charCodeAt(close)) {
      close += code === BACKSLASH ? 2 : 1
    }
    let next = close + 1
    while (text.charCodeAt(next) <= 32) next++
    if (text.charCodeAt(next) === COLON) count++
    open = text.indexOf('"', next)
  }
  return count
}
