// From JSON to values as a schema directs: entities and extension values may be written without their escapes, attributes
// that are not declared are refused, and required ones must be there.
import { Datetime, Duration } from './extension/datetime.ts'
import { Decimal } from './extension/decimal.ts'
import { IpAddress } from './extension/ip-address.ts'
import {
  called,
  DEPTH_MAX,
  isObject,
  readEntity,
  readExtension,
  readValue,
  refuse,
  type Json,
  type Resolve,
} from './read-value.ts'
import { RecordValue, SetValue, type Value } from './value.ts'

export type ExtensionType = 'ipaddr' | 'decimal' | 'datetime' | 'duration'

export type SchemaType =
  | { readonly kind: 'bool' | 'long' | 'string' }
  | { readonly kind: 'set'; readonly element: SchemaType }
  | { readonly kind: 'record'; readonly attributes: Attributes; readonly open: boolean }
  /** `ids` where the type is an enumeration. */
  | { readonly kind: 'entity'; readonly name: string; readonly ids?: ReadonlySet<string> | undefined }
  | { readonly kind: 'extension'; readonly name: ExtensionType }

export type Attributes = ReadonlyMap<string, Attribute>

export interface Attribute {
  readonly type: SchemaType
  readonly required: boolean
}

const EXTENSION_TYPES = {
  ipaddr: { constructor: 'ip', of: IpAddress },
  decimal: { constructor: 'decimal', of: Decimal },
  datetime: { constructor: 'datetime', of: Datetime },
  duration: { constructor: 'duration', of: Duration },
} as const satisfies Record<ExtensionType, { constructor: string; of: unknown }>

export function readTyped(json: Json, type: SchemaType, resolve: Resolve, name: string, depth = 0): Value {
  if (depth > DEPTH_MAX) return refuse(name, `it is nested deeper than ${DEPTH_MAX}; flatten it`)
  switch (type.kind) {
    case 'bool':
      return typeof json === 'boolean' ? json : mismatch(name, 'a boolean')
    case 'string':
      return typeof json === 'string' ? readValue(json, resolve, name) : mismatch(name, 'a string')
    case 'long':
      return typeof json === 'number' || typeof json === 'bigint'
        ? readValue(json, resolve, name)
        : mismatch(name, 'an integer')
    case 'set':
      if (!Array.isArray(json)) return mismatch(name, 'a set')
      return new SetValue(json.map((item) => readTyped(item, type.element, resolve, name, depth + 1)))
    case 'record':
      return readTypedRecord(json, type, resolve, name, depth)
    case 'entity':
      return readTypedEntity(json, type, resolve, name)
    default:
      return readTypedExtension(json, type.name, resolve, name, depth)
  }
}

const mismatch = (name: string, expected: string): never => refuse(name, `the schema expects ${expected}`)

function readTypedRecord(
  json: Json,
  { attributes, open }: Extract<SchemaType, { kind: 'record' }>,
  resolve: Resolve,
  name: string,
  depth: number,
): RecordValue {
  if (!isObject(json)) return mismatch(name, 'a record')
  const keys = Object.keys(json)
  let required = 0
  const values = keys.map((key) => {
    const attribute = attributes.get(key)
    if (attribute === undefined) {
      return open ? readValue(json[key], resolve, key, depth + 1) : refuse(key, 'the schema declares no such attribute')
    }
    if (attribute.required) required++
    return readTyped(json[key], attribute.type, resolve, key, depth + 1)
  })
  let declared = 0
  for (const [key, attribute] of attributes) {
    if (!attribute.required) continue
    declared++
    if (declared > required && !Object.hasOwn(json, key)) return refuse(key, 'the schema requires this attribute')
  }
  if (declared > required) return refuse(name, 'an attribute that the schema requires is missing')
  return new RecordValue(keys, values)
}

function readTypedEntity(
  json: Json,
  { name: type, ids }: Extract<SchemaType, { kind: 'entity' }>,
  resolve: Resolve,
  name: string,
): Value {
  const entity = readEntity(isObject(json) && Object.hasOwn(json, '__entity') ? json['__entity'] : json, resolve, name)
  if (entity.type !== type) return mismatch(name, `an entity of type ${type}`)
  return ids === undefined || ids.has(entity.id) ? entity : refuse(name, `${type} has no such id in the schema`)
}

function readTypedExtension(json: Json, type: ExtensionType, resolve: Resolve, name: string, depth: number): Value {
  const { constructor, of } = EXTENSION_TYPES[type]
  if (json instanceof Datetime && of === Datetime) return json
  if (!isObject(json)) return called(constructor, [readValue(json, resolve, name, depth)], name)
  const value = readExtension(Object.hasOwn(json, '__extn') ? json['__extn'] : json, resolve, name, depth)
  return value instanceof of ? value : mismatch(name, `a value of type ${type}`)
}
