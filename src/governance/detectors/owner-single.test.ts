import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '#kernel'
import { findingsOf, ownedBy, personFact, seenIn } from '../estate-in-test.ts'
import { ownerSingle } from './owner-single.ts'

const team = (members: number): Fact[] => [
  { type: 'team', teamId: 'ops', name: 'Ops', provenance: seenIn('teams.csv', 'people') },
  ...Array.from({ length: members }, (_, at) => personFact(`m${at}`, { teamId: 'ops' })),
]

test('one person without a backup for a privileged identity is found', () => {
  const facts = [personFact('ada'), ownedBy('x', 'ada@larkfield.example')]
  assert.equal(findingsOf(ownerSingle, facts, { x: 'high' })[0]?.severity, 'low')
  assert.equal(findingsOf(ownerSingle, facts, { x: 'admin' })[0]?.severity, 'medium')
  assert.deepEqual(findingsOf(ownerSingle, facts, { x: 'medium' }), [])
})

test('a team of one is one person, a team of two is not', () => {
  assert.equal(findingsOf(ownerSingle, [...team(1), ownedBy('x', '@larkfield/ops')], { x: 'admin' }).length, 1)
  assert.equal(findingsOf(ownerSingle, [...team(2), ownedBy('x', '@larkfield/ops')], { x: 'admin' }).length, 0)
})

test('a backup, a leaver (who has a finding of their own) and an address that no feed knows are not', () => {
  const two = [personFact('ada'), personFact('ben'), ownedBy('x', 'ada@larkfield.example, ben@larkfield.example')]
  assert.deepEqual(findingsOf(ownerSingle, two, { x: 'admin' }), [])
  const left = [personFact('ada', { status: 'leaver' }), ownedBy('x', 'ada@larkfield.example')]
  assert.deepEqual(findingsOf(ownerSingle, left, { x: 'admin' }), [])
  assert.deepEqual(findingsOf(ownerSingle, [ownedBy('x', 'list@larkfield.example')], { x: 'admin' }), [])
})
