import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialFact, daysAgo, findingsOf, principalFact } from '../estate-in-test.ts'
import { credentialWithoutExpiry } from './credential-without-expiry.ts'

const x = principalFact('x')
const found = (more: Parameters<typeof credentialFact>[2]): number =>
  findingsOf(credentialWithoutExpiry, [x, credentialFact('t', 'x', { createdAt: daysAgo(3), ...more })]).length

test('a token or client secret on record without an end is found', () => {
  assert.equal(found({}), 1)
  assert.equal(found({ credentialType: 'oauth_client_secret' }), 1)
  assert.equal(
    findingsOf(credentialWithoutExpiry, [x, credentialFact('t', 'x', { attributes: { neverExpires: true } })]).length,
    1,
  )
})

test('one with an end, disabled, in code, of a type that cannot end, or without any day is not', () => {
  assert.equal(found({ expiresAt: daysAgo(-30) }), 0)
  assert.equal(found({ enabled: false }), 0)
  assert.equal(found({ exposure: 'embedded' }), 0)
  assert.equal(found({ credentialType: 'aws_access_key' }), 0)
  assert.equal(found({ attributes: { neverExpires: false } }), 0)
  assert.deepEqual(findingsOf(credentialWithoutExpiry, [x, credentialFact('t', 'x')]), [])
})
