// Checksums that providers build into their tokens.
import { crc32Base62 as digitsOf } from '#kernel'

/** GitHub, npm, Reeve: the last six characters are the CRC-32 of the random part before them, in base 62. */
export function crc32Base62(prefix: string): (token: string) => number {
  return (token) => (token.endsWith(digitsOf(token.slice(prefix.length, -6))) ? 1.04 : 0.8)
}
