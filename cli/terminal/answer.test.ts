import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { printableJson } from './answer.ts'
import { columnLines } from './columns.ts'

const STEERS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

test('JSON on a terminal steers nothing, and says the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('\u202e', '\u009b31m', '\u2066', ''), (text, mark) => {
      const value = { [text]: `${mark}${text}` }
      const printed = printableJson(JSON.stringify(value, null, 2))
      assert.doesNotMatch(printed, STEERS)
      assert.deepEqual(JSON.parse(printed), value)
    }),
  )
})

test('no cell of a listing is printed raw', () => {
  const screen = { paint: (_style: unknown, text: string) => text, width: 80 }
  const printed = [...columnLines([{ title: 'name' }], [['pay\u202erunner\u001b[31m\u061c']], screen)].join('')
  assert.equal(printed.split('\n')[1], 'pay\ufffdrunner\ufffd[31m\ufffd')
})
