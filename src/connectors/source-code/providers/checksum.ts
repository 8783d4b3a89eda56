// Checksums that providers build into their tokens.
import { crc32 } from 'node:zlib'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** GitHub and npm: the last six characters are the CRC-32 of the random part before them, in base 62. */
export function crc32Base62(prefix: string): (token: string) => number {
  return (token) => {
    const random = token.slice(prefix.length, -6)
    let rest = crc32(random)
    let expected = ''
    for (let digit = 0; digit < 6; digit++) {
      expected = `${BASE62[rest % 62] ?? ''}${expected}`
      rest = Math.floor(rest / 62)
    }
    return token.endsWith(expected) ? 1.04 : 0.8
  }
}
