import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, ownedBy, personFact, principalFact } from '../estate-in-test.ts'
import { ownerMissing } from './owner-missing.ts'
import { ownerNotAPerson } from './owner-not-a-person.ts'

test('a machine or a bot that is stated as owner is found, once', () => {
  const facts = [principalFact('svc-deploy', { ownerHints: [] }), ownedBy('x', 'svc-deploy')]
  assert.equal(findingsOf(ownerNotAPerson, facts)[0]?.subject.externalId, 'x')
  assert.deepEqual(
    findingsOf(ownerMissing, facts).map(({ subject }) => subject.externalId),
    ['svc-deploy'],
  )
  assert.equal(findingsOf(ownerNotAPerson, [ownedBy('x', 'renovate[bot]')]).length, 1)
})

test('a person who is called as a machine, and a machine beside a real owner, are not', () => {
  const named = [principalFact('ada'), personFact('ada'), ownedBy('x', 'ada')]
  assert.deepEqual(findingsOf(ownerNotAPerson, named), [])
  const beside = [principalFact('svc-deploy'), personFact('ada'), ownedBy('x', 'svc-deploy, ada@larkfield.example')]
  assert.deepEqual(findingsOf(ownerNotAPerson, beside), [])
})
