import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { jsonPieces } from './json-pieces.ts'

test('the pieces are what JSON.stringify writes, at every depth', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 6 }), (value, depth) => {
      assert.equal([...jsonPieces(value, depth)].join(''), JSON.stringify(value, null, 2))
    }),
  )
})

test('members without a value are left out, and a list may be given bit by bit', () => {
  const value = { a: undefined, b: new Set([1, { c: undefined }]), d: undefined }
  assert.equal([...jsonPieces(value)].join(''), JSON.stringify({ b: [1, {}] }, null, 2))
})
