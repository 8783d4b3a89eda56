import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialRef, ref } from '#kernel'
import type { CredentialFact, Instant, PrincipalFact } from '#kernel'
import { daysAgo, findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { certificateExpiredOrDue } from './certificate-expired-or-due.ts'

const machine = (name: string, more: Partial<PrincipalFact> = {}): PrincipalFact =>
  principalFact(name, { ref: ref('x509', name), system: 'x509', kind: 'machine', nativeType: 'x509-subject', ...more })

const certificate = (
  id: string,
  of: string,
  notBefore: Instant,
  notAfter: Instant,
  more: { key?: string; ca?: boolean } = {},
): CredentialFact => ({
  type: 'credential',
  ref: credentialRef.certificate(id),
  aliases: [credentialRef.publicKey(more.key ?? id)],
  credentialType: 'certificate',
  exposure: 'public',
  principal: ref('x509', of),
  createdAt: notBefore,
  expiresAt: notAfter,
  attributes: { [`certificate:${id}`]: { subject: of, issuer: 'CN=ca', notBefore, notAfter, ca: more.ca ?? false } },
  provenance: seenIn(`${id}.pem`, 'certificates'),
})
const severities = (...facts: Parameters<typeof findingsOf>[1]): string[] =>
  findingsOf(certificateExpiredOrDue, facts).map(({ severity }) => severity)

test('expired and due certificates are found, by what is left', () => {
  const api = machine('CN=api')
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(400), daysAgo(10))), ['high'])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(4000), daysAgo(1000))), ['low'])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(500), daysAgo(200))), ['medium'])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(360), daysAgo(-5))), ['high'])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(65), daysAgo(-25))), ['medium'])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(700), daysAgo(-300))), ['low'])
})

test('a young certificate, an authority, a person and what nobody is named by are let be', () => {
  const api = machine('CN=api')
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(100), daysAgo(-200))), [])
  assert.deepEqual(severities(api, certificate('a', 'CN=api', daysAgo(400), daysAgo(1), { ca: true })), [])
  assert.deepEqual(severities(machine('m', { kind: 'human' }), certificate('a', 'm', daysAgo(400), daysAgo(1))), [])
  assert.deepEqual(severities(certificate('a', 'CN=nobody', daysAgo(400), daysAgo(1))), [])
})

test('a certificate that another one replaces is not judged, with the same key or a new one', () => {
  const old = certificate('a', 'CN=api', daysAgo(400), daysAgo(10))
  const sameKey = certificate('b', 'CN=api', daysAgo(20), daysAgo(-300), { key: 'a' })
  const newKey = certificate('c', 'CN=api', daysAgo(20), daysAgo(-300))
  assert.deepEqual(severities(machine('CN=api'), old, sameKey), [])
  assert.deepEqual(severities(machine('CN=api'), old, newKey), [])
})
