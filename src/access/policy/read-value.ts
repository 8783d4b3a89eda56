// From JSON to values: what a request and a record of an entity carry. What Cedar's JSON form does not hold is refused and
// named: null, fractions, integers that JSON cannot carry exactly, escapes that are neither entity nor extension.
import { Fault } from '#kernel'
import { EvaluationError } from './evaluation-error.ts'
import { Datetime } from './extension/datetime.ts'
import { callExtension } from './extension/functions.ts'
import { longOf } from './long.ts'
import { readTyped, type SchemaType } from './read-typed.ts'
import { EMPTY_RECORD, RecordValue, SetValue, type Entity, type Value } from './value.ts'

/** JSON as it was parsed, and bigints where a parser keeps them. */
export type Json = unknown
export type JsonObject = Readonly<Record<string, unknown>>

/** Gives the object for an entity: of the store, or for the length of a request. */
export type Resolve = (type: string, id: string) => Entity

/** Deeper than this nothing is read, whatever the stack would hold. */
export const DEPTH_MAX = 128

const TYPE_NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*$/
export const isTypeName = (text: string): boolean => text.length <= 1024 && TYPE_NAME.test(text)

export const isObject = (json: Json): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

export const refuse = (name: string, why: string): never => {
  throw new Fault('invalid', `\`${name}\`: ${why}`)
}

/** `name` is the attribute that a refusal names. */
export function readValue(json: Json, resolve: Resolve, name: string, depth = 0): Value {
  switch (typeof json) {
    case 'string':
      return json.isWellFormed() ? json : refuse(name, 'the text holds half of a surrogate pair; send valid Unicode')
    case 'boolean':
      return json
    case 'number':
      if (Number.isSafeInteger(json)) return json + 0
      return refuse(name, 'only integers within 53 bits can be sent as numbers; send a decimal as an extension value')
    case 'bigint':
      return longOf(json) ?? refuse(name, 'the integer does not fit 64 bits')
    default:
      if (Array.isArray(json)) return readSet(json, resolve, name, depth)
      return isObject(json) ? readObject(json, resolve, name, depth) : refuse(name, 'null is not a value; leave it out')
  }
}

const tooDeep = (name: string): never => refuse(name, `it is nested deeper than ${DEPTH_MAX}; flatten it`)

function readSet(json: readonly Json[], resolve: Resolve, name: string, depth: number): SetValue {
  if (depth >= DEPTH_MAX) return tooDeep(name)
  return new SetValue(json.map((item) => readValue(item, resolve, name, depth + 1)))
}

function readObject(json: JsonObject, resolve: Resolve, name: string, depth: number): Value {
  if (depth >= DEPTH_MAX) return tooDeep(name)
  // no JSON is either: it comes from whoever has the value already
  if (json instanceof Datetime || json instanceof RecordValue) return json
  const keys = Object.keys(json)
  for (const key of keys) if (key.startsWith('__') && ESCAPES.has(key)) return readEscape(json, resolve, name, depth)
  return recordOf(keys, json, resolve, depth)
}

const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr'])

function readEscape(json: JsonObject, resolve: Resolve, name: string, depth: number): Value {
  if (Object.hasOwn(json, '__entity')) return readEntity(json['__entity'], resolve, name)
  if (Object.hasOwn(json, '__extn')) return readExtension(json['__extn'], resolve, name, depth)
  return refuse(name, 'the `__expr` escape is no longer part of Cedar')
}

/** The attributes of an object; `type` directs how they are read and what must be there. */
export function readRecord(json: JsonObject, resolve: Resolve, depth = 0, type?: SchemaType): RecordValue {
  if (type !== undefined) return readTyped(json, type, resolve, 'context', depth) as RecordValue
  return recordOf(Object.keys(json), json, resolve, depth)
}

function recordOf(keys: readonly string[], json: JsonObject, resolve: Resolve, depth: number): RecordValue {
  if (keys.length === 0) return EMPTY_RECORD
  const values: Value[] = []
  for (const key of keys) values.push(readValue(json[key], resolve, key, depth + 1))
  return new RecordValue(keys, values)
}

export function readEntity(json: Json, resolve: Resolve, name: string): Entity {
  if (!isObject(json) || typeof json['type'] !== 'string' || typeof json['id'] !== 'string') {
    return refuse(name, 'an entity is written as {"type": …, "id": …}')
  }
  if (!json['id'].isWellFormed()) return refuse(name, 'the id holds half of a surrogate pair; send valid Unicode')
  if (!isTypeName(json['type'])) return refuse(name, 'the type of the entity is not a name')
  return resolve(json['type'], json['id'])
}

/** `{"fn": …, "arg": …}`, or `args` where the function takes more than one. */
export function readExtension(json: Json, resolve: Resolve, name: string, depth: number): Value {
  const malformed = 'an extension value is written as {"fn": …, "arg": …}'
  if (!isObject(json) || typeof json['fn'] !== 'string') return refuse(name, malformed)
  const args = Object.hasOwn(json, 'args') ? json['args'] : [json['arg']]
  if (!Array.isArray(args)) return refuse(name, malformed)
  return called(
    json['fn'],
    args.map((arg) => readValue(arg, resolve, name, depth + 1)),
    name,
  )
}

export function called(functionName: string, args: readonly Value[], name: string): Value {
  const value = callExtension(functionName, args)
  return value instanceof EvaluationError ? refuse(name, value.message) : value
}
