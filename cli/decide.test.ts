import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partyOf } from './decide.ts'
import { durationIn } from './request.ts'

test('who and what are named as type:id; an id of Reeve needs no type, and a name without one is refused', () => {
  assert.deepEqual(partyOf('table:pg://main/shop/x'), { type: 'table', id: 'pg://main/shop/x' })
  assert.deepEqual(partyOf('prn_1x2y'), { type: 'principal', id: 'prn_1x2y' })
  for (const wrong of ['app', ':app', 'kubernetes:', '']) assert.throws(() => partyOf(wrong), /has no type/, wrong)
})

test('a time is minutes, hours or days, and nothing else', () => {
  assert.deepEqual(['30m', '2h', '7d'].map(durationIn), [1800, 7200, 604_800])
  for (const wrong of ['2', '0h', '-1h', '1.5h', '2w', '', 'h', '9999999d'])
    assert.throws(() => durationIn(wrong), wrong)
})
