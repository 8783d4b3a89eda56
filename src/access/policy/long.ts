// Cedar's 64-bit integer: a number while it is safe, else a bigint, so that equal ones are always `===`.
// INVARIANT: a bigint is never within the safe range, and no number is -0 or outside it.
import { fail } from './evaluation-error.ts'

export type Long = number | bigint

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** The normal form, or undefined when 64 bits do not hold it. */
export function longOf(value: bigint): Long | undefined {
  if (value >= -SAFE_MAX && value <= SAFE_MAX) return Number(value)
  return value >= LONG_MIN && value <= LONG_MAX ? value : undefined
}

const normal = (value: bigint, doing: string): Long => longOf(value) ?? fail(`integer overflow while ${doing}`)

export function add(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    if (Number.isSafeInteger(sum)) return sum
  }
  return normal(BigInt(left) + BigInt(right), 'adding')
}

export function subtract(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    if (Number.isSafeInteger(difference)) return difference
  }
  return normal(BigInt(left) - BigInt(right), 'subtracting')
}

export function multiply(left: Long, right: Long): Long {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right
    if (Number.isSafeInteger(product)) return product + 0 // -0 + 0 is 0
  }
  return normal(BigInt(left) * BigInt(right), 'multiplying')
}

export const negate = (value: Long): Long => subtract(0, value)

/** Towards zero, as processors divide. */
export function divide(value: Long, by: number): Long {
  if (typeof value === 'number') return (value - (value % by)) / by + 0
  return normal(value / BigInt(by), 'dividing')
}

/** The remainder that is never negative. */
export function remainder(value: Long, by: number): number {
  const rest = typeof value === 'number' ? value % by : Number(value % BigInt(by))
  return (rest < 0 ? rest + by : rest) + 0
}
