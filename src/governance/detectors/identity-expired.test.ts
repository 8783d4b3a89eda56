import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daysAgo, findingsOf, principalFact } from '../estate-in-test.ts'
import { identityExpired } from './identity-expired.ts'

test('an identity past its end is found, unless it is disabled, a person, or the end lies ahead', () => {
  const past = { expiresAt: daysAgo(10) }
  assert.equal(findingsOf(identityExpired, [principalFact('x', past)])[0]?.severity, 'medium')
  assert.equal(findingsOf(identityExpired, [principalFact('x', past)], { x: 'admin' })[0]?.severity, 'high')
  for (const more of [
    { ...past, enabled: false },
    { ...past, kind: 'human' as const },
    { ...past, mentioned: true },
    { expiresAt: daysAgo(-1) },
    {},
  ]) {
    assert.deepEqual(findingsOf(identityExpired, [principalFact('x', more)]), [])
  }
})
