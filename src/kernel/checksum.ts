// The checksum that tokens carry (GitHub's form: CRC-32 in base 62), so that a mistyped or made-up one is known at sight.

export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xed_b8_83_20 : value >>> 1
  return value
})

/** CRC-32 (IEEE) of ASCII text in six digits of base 62. It finds accidents; it proves nothing. */
export function crc32Base62(text: string): string {
  let crc = 0xff_ff_ff_ff
  for (let at = 0; at < text.length; at++) {
    crc = (CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff] ?? 0) ^ (crc >>> 8)
  }
  let rest = (crc ^ 0xff_ff_ff_ff) >>> 0
  let digits = ''
  for (let digit = 0; digit < 6; digit++) {
    digits = `${BASE62[rest % 62] ?? ''}${digits}`
    rest = Math.floor(rest / 62)
  }
  return digits
}
