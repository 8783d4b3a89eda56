import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import * as fc from 'fast-check'
import { BASE62, crc32Base62 } from './checksum.ts'

test('the checksum is the CRC-32 that zlib computes, in six digits of base 62', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9A-Za-z_]{0,80}$/), (text) => {
      const digits = crc32Base62(text)
      assert.equal(digits.length, 6)
      assert.equal(
        digits.split('').reduce((value, digit) => value * 62 + BASE62.indexOf(digit), 0),
        crc32(text),
      )
    }),
  )
})
