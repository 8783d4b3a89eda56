import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLANS } from './plans.ts'

test('who goes on although other ways are open says why', () => {
  const body = PLANS.find(({ operationId }) => operationId === 'runPlan')?.body
  assert.ok(body !== undefined)
  const told = body.safeParse({ acceptOtherWays: true })
  assert.deepEqual(
    told.error?.issues.map(({ path, message }) => [path, message]),
    [[['because'], 'accepting other ways needs a reason']],
  )
  assert.equal(body.safeParse({ acceptOtherWays: true, because: 'the view is meant for the auditors' }).success, true)
  assert.equal(body.safeParse({}).success, true)
})
