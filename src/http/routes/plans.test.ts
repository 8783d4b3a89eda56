import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#kernel'
import { PLANS } from './plans.ts'

test('who accepts other ways says why, names the receipt that was read, and is an approver', () => {
  const { body, who } = PLANS.find(({ operationId }) => operationId === 'acceptWays') ?? assert.fail()
  assert.ok(body !== undefined)
  assert.deepEqual(who, { roles: ['approver'] })
  const receiptId = newId('receipt')
  const because = 'the view is meant for the auditors'
  assert.equal(body.safeParse({ receiptId }).success, false)
  assert.equal(body.safeParse({ because }).success, false)
  assert.equal(body.safeParse({ receiptId, because }).success, true)
})
