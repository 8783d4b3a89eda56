import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partyOf, questionOf } from './question.ts'
import { durationIn } from './request.ts'

test('who and what are named as type:id; an id of Reeve and a whole name need no type, and a name without one is refused', () => {
  assert.deepEqual(partyOf('table:pg://main/shop/x'), { type: 'table', id: 'pg://main/shop/x' })
  assert.deepEqual(partyOf('prn_1x2y'), { type: 'principal', id: 'prn_1x2y' })
  assert.deepEqual(partyOf('order://shop/7'), { type: 'order', id: 'order://shop/7' })
  assert.deepEqual(partyOf('arn:aws:s3:::a/x'), { type: 'aws', id: 'arn:aws:s3:::a/x' })
  for (const wrong of ['app', ':app', 'kubernetes:', '']) assert.throws(() => partyOf(wrong), /has no type/, wrong)
})

test('who acts now is the outermost actor, said once; what is said beside it is an object', () => {
  const asked = { subject: 'people:maria', actor: ['a:first', 'b:now'], action: 'pg:SELECT', resource: 'table:t' }
  assert.deepEqual(questionOf({ ...asked, context: '{"purpose":"x"}' }).context, {
    purpose: 'x',
    actor: { type: 'b', id: 'now', actor: { type: 'a', id: 'first' } },
  })
  assert.equal(questionOf({ ...asked, actor: [] }).context, undefined)
  for (const [context, why] of [
    ['{', /no JSON/],
    ['[]', /is an object/],
    ['{"actor":{"type":"a","id":"b"}}', /not by both/],
  ] as const)
    assert.throws(() => questionOf({ ...asked, context }), why)
})

test('a time is minutes, hours or days, and nothing else', () => {
  assert.deepEqual(['30m', '2h', '7d'].map(durationIn), [1800, 7200, 604_800])
  for (const wrong of ['2', '0h', '-1h', '1.5h', '2w', '', 'h', '9999999d'])
    assert.throws(() => durationIn(wrong), wrong)
})
