// Cedar's `decimal`: four digits after the point, kept as a 64-bit count of ten-thousandths.
import { fail } from '../evaluation-error.ts'
import { longOf, type Long } from '../long.ts'

const PATTERN = /^(-?)([0-9]+)\.([0-9]+)$/
const DIGITS = 4

export class Decimal {
  readonly scaled: Long

  constructor(scaled: Long) {
    this.scaled = scaled
  }
}

export function decimalFrom(text: string): Decimal {
  const [, sign, whole = '', part = ''] = PATTERN.exec(text) ?? fail('not a well-formed decimal')
  const significant = whole.replace(/^0+(?=.)/, '')
  // a digit string longer than 64 bits hold is refused before it is converted, whatever its length
  if (significant.length > 15) return fail('overflow when converting to decimal')
  if (part.length > DIGITS) return fail('too many digits after the point of a decimal; at most 4 are kept')
  const scaled = BigInt(significant + part.padEnd(DIGITS, '0'))
  return new Decimal(longOf(sign === '-' ? -scaled : scaled) ?? fail('overflow when converting to decimal'))
}
