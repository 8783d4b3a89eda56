import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialFact, daysAgo, findingsOf, principalFact } from '../estate-in-test.ts'
import { credentialOfDisabledIdentity } from './credential-of-disabled-identity.ts'

const off = principalFact('x', { enabled: false })
const found = (more: Parameters<typeof credentialFact>[2], principal = off) =>
  findingsOf(credentialOfDisabledIdentity, [principal, credentialFact('t', 'x', more)])

test('a live credential of a disabled identity is found, an SSH key is worse', () => {
  assert.equal(found({})[0]?.severity, 'low')
  assert.equal(found({ credentialType: 'ssh_public_key', exposure: 'public' })[0]?.severity, 'medium')
})

test('several are one finding', () => {
  const facts = [off, credentialFact('a', 'x'), credentialFact('b', 'x')]
  assert.match(findingsOf(credentialOfDisabledIdentity, facts)[0]?.title ?? '', /2 live credentials/)
})

test('an enabled identity, a disabled, expired or leaked credential and a password are not', () => {
  assert.deepEqual(found({}, principalFact('x')), [])
  assert.deepEqual(found({}, principalFact('x', { enabled: true })), [])
  assert.deepEqual(found({ enabled: false }), [])
  assert.deepEqual(found({ expiresAt: daysAgo(1) }), [])
  assert.deepEqual(found({ exposure: 'embedded' }), [])
  assert.deepEqual(found({ credentialType: 'password' }), [])
})
