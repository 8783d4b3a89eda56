// What each operator does with values that are there already. A value of another type than it takes is an evaluation error.
import { isAncestor } from './ancestors.ts'
import { isSameEntity } from './equality.ts'
import { fail } from './evaluation-error.ts'
import { Datetime, Duration } from './extension/datetime.ts'
import { mistyped } from './kind.ts'
import { add, multiply, subtract, type Long } from './long.ts'
import { Entity, RecordValue, SetValue, type Value } from './value.ts'

export const entityOf = (value: Value): Entity => (value instanceof Entity ? value : mistyped('entity', value))
export const setOf = (value: Value): SetValue => (value instanceof SetValue ? value : mistyped('set', value))
export const textOf = (value: Value): string => (typeof value === 'string' ? value : mistyped('string', value))
export const longFrom = (value: Value): Long =>
  typeof value === 'number' || typeof value === 'bigint' ? value : mistyped('long', value)

export const arithmetic = (operator: '+' | '-' | '*'): ((left: Value, right: Value) => Long) => {
  const apply = { '+': add, '-': subtract, '*': multiply }[operator]
  return (left, right) => apply(longFrom(left), longFrom(right))
}

/** Integers, instants and durations have an order, each among its own kind. */
export function order(operator: '<' | '<=' | '>' | '>='): (left: Value, right: Value) => boolean {
  switch (operator) {
    case '<':
      return (left, right) => orderedLong(left, right) < orderedLong(right, left)
    case '<=':
      return (left, right) => orderedLong(left, right) <= orderedLong(right, left)
    case '>':
      return (left, right) => orderedLong(left, right) > orderedLong(right, left)
    default:
      return (left, right) => orderedLong(left, right) >= orderedLong(right, left)
  }
}

function orderedLong(value: Value, other: Value): Long {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Datetime) return other instanceof Datetime ? value.ms : mistyped('datetime', other)
  if (value instanceof Duration) return other instanceof Duration ? value.ms : mistyped('duration', other)
  return mistyped('long, datetime or duration', value)
}

/** `in`: the entity itself or one of its ancestors. Of a set every element is checked before any is compared. */
export function isWithin(left: Value, right: Value): boolean {
  const entity = entityOf(left)
  if (right instanceof Entity) return isSameEntity(entity, right) || isAncestor(right, entity)
  if (!(right instanceof SetValue)) return mistyped('entity or set of entities', right)
  for (const item of right.items) entityOf(item)
  for (const item of right.items) {
    if (item instanceof Entity && (isSameEntity(entity, item) || isAncestor(item, entity))) return true
  }
  return false
}

export function attributeOf(value: Value, name: string): Value {
  if (value instanceof RecordValue) return value.get(name) ?? fail(`the record has no attribute \`${name}\``)
  if (!(value instanceof Entity)) return mistyped('record or entity', value)
  if (value.data === null) return fail(`the entity \`${value.type}::"${value.id}"\` does not exist`)
  return (
    value.data.attributes.get(name) ?? fail(`the entity \`${value.type}::"${value.id}"\` has no attribute \`${name}\``)
  )
}

/** Undefined when it is not there; an entity that does not exist has nothing. */
export function hasAttribute(value: Value, name: string): Value | undefined {
  if (value instanceof RecordValue) return value.get(name)
  if (value instanceof Entity) return value.data?.attributes.get(name)
  return mistyped('record or entity', value)
}

export function tagOf({ type, id, data }: Entity, name: string): Value {
  if (data === null) return fail(`the entity \`${type}::"${id}"\` does not exist`)
  return data.tags.get(name) ?? fail(`the entity \`${type}::"${id}"\` has no tag \`${name}\``)
}
