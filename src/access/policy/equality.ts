// Equality of values, which never fails whatever the types, and the canonical text by which big sets are searched.
import { Datetime, Duration } from './extension/datetime.ts'
import { Decimal } from './extension/decimal.ts'
import { IpAddress } from './extension/ip-address.ts'
import { Entity, RecordValue, SetValue, type Value } from './value.ts'

export function areEqual(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (left instanceof Entity) return right instanceof Entity && isSameEntity(left, right)
  if (left instanceof SetValue) return right instanceof SetValue && left.equals(right)
  if (left instanceof RecordValue) return right instanceof RecordValue && haveSameAttributes(left, right)
  if (left instanceof Datetime) return right instanceof Datetime && left.ms === right.ms
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms
  if (left instanceof Decimal) return right instanceof Decimal && left.scaled === right.scaled
  return (
    right instanceof IpAddress &&
    left.width === right.width &&
    left.address === right.address &&
    left.prefix === right.prefix
  )
}

/** Of two objects for the same entity at least one came from a request. */
export function isSameEntity(left: Entity, right: Entity): boolean {
  if (left === right) return true
  return left.slot < 0 && right.slot < 0 && left.id === right.id && left.type === right.type
}

function haveSameAttributes(left: RecordValue, right: RecordValue): boolean {
  if (left.keys.length !== right.keys.length) return false
  return left.keys.every((key, place) => {
    const mine = left.values[place]
    const other = right.get(key)
    return mine !== undefined && other !== undefined && areEqual(mine, other)
  })
}

/** Equal values have equal texts, and only they. */
export function canonicalOf(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Entity) return `e${JSON.stringify([value.type, value.id])}`
  if (value instanceof SetValue) return value.canonical
  if (value instanceof RecordValue) {
    const attributes = value.keys.map(
      (key, place) => `${JSON.stringify(key)}:${canonicalOf(value.values[place] ?? false)}`,
    )
    return `{${attributes.sort().join()}}`
  }
  if (value instanceof Datetime) return `t${value.ms}`
  if (value instanceof Duration) return `d${value.ms}`
  if (value instanceof Decimal) return `n${value.scaled}`
  return `i${value.width}/${value.address}/${value.prefix}`
}
