import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactJson } from './exact-json.ts'

test('a number that no double holds is never taken for the nearest one', () => {
  const others = [
    '9007199254740993',
    '1.0000000000000000001',
    '-9007199254740993',
    '0.1000000000000000055511151231257827',
    `1${'0'.repeat(400)}`,
    `0.${'0'.repeat(400)}1`,
    '123456789012345678901',
  ]
  for (const number of others) {
    assert.equal(exactJson(`{"a":[${number}]}`), undefined, number)
    assert.deepEqual(exactJson(`{"a":"\\" ${number}"}`), { value: { a: `" ${number}` } }, 'within text it is text')
  }
})

test('whatever JavaScript wrote is read back, as PostgreSQL spells it', () => {
  // PostgreSQL writes numbers out, without an exponent
  const written = [
    '9007199254740992',
    '0.30000000000000004',
    '1.7976931348623157e308',
    '5e-324',
    '-0.000001',
    '0',
    '1.50',
  ]
  for (const number of [...written, '1000000000000000000000', '0.00000012345678901234566', '-100000000000000000000'])
    assert.deepEqual(exactJson(`[${number}]`), { value: [Number(number)] }, number)
})
