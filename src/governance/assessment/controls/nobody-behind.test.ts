// Whom nobody stands behind, and Reeve itself, is no other person; an end that is farther off than anybody looks is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instant } from '#kernel'
import type { Verdict } from '../control.ts'
import { PLANS } from './effect.ts'
import { REQUESTS } from './life.ts'
import { GRANTS, POLICIES } from './rights.ts'

const AT = '2026-11-28T00:00:00.000Z' as Instant
const ALL: readonly { readonly id: string; readonly judge: unknown }[] = [...PLANS, ...REQUESTS, ...GRANTS, ...POLICIES]

function judged(id: string, data: object): Verdict['is'] {
  const judge = ALL.find((control) => control.id === id)?.judge as (row: object, around: object) => Verdict
  return judge({ id: 'one', data }, { at: AT, administrative: new Set(['prn_admin']) }).is
}

test('a request that no person decided, or no person asked for, was not decided by another', () => {
  const good = { requestedByPerson: 'a', requestedBehind: ['a'], decidedByPerson: 'b', decidedBehind: ['b'] }
  assert.equal(judged('request-four-eyes', good), 'holds')
  for (const bad of [{ decidedBehind: [] }, { requestedBehind: [] }, { requestedBehind: ['c'], decidedByPerson: 'a' }])
    assert.equal(judged('request-four-eyes', { ...good, ...bad }), 'violates', JSON.stringify(bad))
})

test('a plan to revoke that Reeve, or whoever no person is behind, approved was approved by nobody', () => {
  const plan = (by: string, behind: string[]): Verdict['is'] =>
    judged('revokes-by-two', { plannedBy: 'a', plannedBehind: ['a'], approval: { by, behind } })
  assert.equal(plan('b', ['b']), 'holds')
  assert.equal(plan('b', []), 'violates')
  assert.equal(plan('reeve', ['b']), 'violates')
})

test('policies that somebody proposed are approved by a person, not by Reeve', () => {
  const approved = (...by: string[]): Verdict['is'] =>
    judged('policies-by-two', { proposedBy: 'a', proposedBehind: ['a'], approvals: by.map((one) => ({ by: one })) })
  assert.equal(approved('b'), 'holds')
  assert.equal(approved('reeve'), 'violates')
  assert.equal(approved('b', 'reeve'), 'violates')
})

test('administration until the year 9999 is standing', () => {
  const grant = (until: string | undefined, action = 'storage:*', principalId = 'prn_x'): Verdict['is'] =>
    judged('no-standing-administration', { principalId, actions: [action], until })
  assert.equal(grant('2026-12-28T00:00:00.000Z'), 'holds')
  assert.equal(grant('9999-12-31T00:00:00.000Z', 'storage:read'), 'holds')
  assert.equal(grant('9999-12-31T00:00:00.000Z'), 'violates')
  assert.equal(grant('9999-12-31T00:00:00.000Z', 'storage:read', 'prn_admin'), 'violates')
})
