// The table of extension functions: one row each, its number of arguments and what it does. A wrong number of arguments
// is an error when it is evaluated, as in Cedar; a name that is not here is refused when the policy is compiled.
import { EvaluationError } from '../evaluation-error.ts'
import { add, divide, subtract, type Long } from '../long.ts'
import { mistyped } from '../kind.ts'
import type { Value } from '../value.ts'
import { Datetime, datetimeFrom, Duration, durationFrom } from './datetime.ts'
import { Decimal, decimalFrom } from './decimal.ts'
import { IpAddress, ipAddressFrom } from './ip-address.ts'

export interface ExtensionFunction {
  readonly arity: number
  readonly apply: (first: Value, second: Value) => Value
}

const text = (value: Value): string => (typeof value === 'string' ? value : mistyped('string', value))
const ip = (value: Value): IpAddress => (value instanceof IpAddress ? value : mistyped('ipaddr', value))
const decimal = (value: Value): Long => (value instanceof Decimal ? value.scaled : mistyped('decimal', value))
const datetime = (value: Value): Datetime => (value instanceof Datetime ? value : mistyped('datetime', value))
const duration = (value: Value): Long => (value instanceof Duration ? value.ms : mistyped('duration', value))

const one = (apply: (value: Value) => Value): ExtensionFunction => ({ arity: 1, apply })
const two = (apply: (first: Value, second: Value) => Value): ExtensionFunction => ({ arity: 2, apply })

const FUNCTIONS: ReadonlyMap<string, ExtensionFunction> = new Map(
  Object.entries({
    ip: one((value) => ipAddressFrom(text(value))),
    isIpv4: one((value) => ip(value).width === 32),
    isIpv6: one((value) => ip(value).width === 128),
    isLoopback: one((value) => ip(value).isLoopback),
    isMulticast: one((value) => ip(value).isMulticast),
    isInRange: two((first, second) => ip(first).isInRange(ip(second))),
    decimal: one((value) => decimalFrom(text(value))),
    lessThan: two((first, second) => decimal(first) < decimal(second)),
    lessThanOrEqual: two((first, second) => decimal(first) <= decimal(second)),
    greaterThan: two((first, second) => decimal(first) > decimal(second)),
    greaterThanOrEqual: two((first, second) => decimal(first) >= decimal(second)),
    datetime: one((value) => datetimeFrom(text(value))),
    duration: one((value) => durationFrom(text(value))),
    offset: two((first, second) => new Datetime(add(datetime(first).ms, duration(second)))),
    durationSince: two((first, second) => new Duration(subtract(datetime(first).ms, datetime(second).ms))),
    toDate: one((value) => datetime(value).toDate()),
    toTime: one((value) => datetime(value).toTime()),
    toMilliseconds: one((value) => duration(value)),
    toSeconds: one((value) => divide(duration(value), 1000)),
    toMinutes: one((value) => divide(duration(value), 60_000)),
    toHours: one((value) => divide(duration(value), 3_600_000)),
    toDays: one((value) => divide(duration(value), 86_400_000)),
  } satisfies Record<string, ExtensionFunction>),
)

export const extensionFunction = (name: string): ExtensionFunction | undefined => FUNCTIONS.get(name)

/** What a call of known values gives: a value, or the error that evaluating it is each time. */
export function callExtension(name: string, args: readonly Value[]): Value | EvaluationError {
  const called = FUNCTIONS.get(name)
  if (called === undefined) return new EvaluationError(`extension function \`${name}\` does not exist`)
  const [first, second = false] = args
  if (first === undefined || args.length !== called.arity) return wrongArity(name, called.arity, args.length)
  try {
    return called.apply(first, second)
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}

export const wrongArity = (name: string, arity: number, got: number): EvaluationError =>
  new EvaluationError(`wrong number of arguments for extension function \`${name}\`: expected ${arity}, got ${got}`)
