// The name of a value's type, as messages say it.
import { Datetime, Duration } from './extension/datetime.ts'
import { Decimal } from './extension/decimal.ts'
import { fail } from './evaluation-error.ts'
import { Entity, RecordValue, SetValue, type Value } from './value.ts'

function kindOf(value: Value): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value !== 'object') return 'long'
  if (value instanceof Entity) return `entity of type \`${value.type}\``
  if (value instanceof SetValue) return 'set'
  if (value instanceof RecordValue) return 'record'
  if (value instanceof Datetime) return 'datetime'
  if (value instanceof Duration) return 'duration'
  return value instanceof Decimal ? 'decimal' : 'ipaddr'
}

export const mistyped = (expected: string, value: Value): never =>
  fail(`type error: expected ${expected}, got ${kindOf(value)}`)
