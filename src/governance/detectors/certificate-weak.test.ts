import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialRef } from '#kernel'
import type { CredentialFact, Json } from '#kernel'
import { daysAgo, findingsOf, seenIn } from '../estate-in-test.ts'
import { certificateWeak } from './certificate-weak.ts'

const STRONG = { signatureAlgorithm: 'sha256WithRSAEncryption', selfSigned: false, ca: false, subject: 'CN=api' }

const certificate = (about: Record<string, Json>, keyType: string, keyBits: number): CredentialFact => ({
  type: 'credential',
  ref: credentialRef.certificate('a'),
  credentialType: 'certificate',
  exposure: 'public',
  name: 'api',
  attributes: {
    keyType,
    keyBits,
    'certificate:a': { ...STRONG, notBefore: daysAgo(10), notAfter: daysAgo(-100), ...about },
  },
  provenance: seenIn('a.pem', 'certificates'),
})
const severity = (...of: Parameters<typeof certificate>): string | undefined =>
  findingsOf(certificateWeak, [certificate(...of)])[0]?.severity

test('short keys and broken signatures are found', () => {
  assert.equal(severity({}, 'rsa', 1024), 'medium')
  assert.equal(severity({}, 'rsa', 512), 'high')
  assert.equal(severity({}, 'dsa', 2048), 'medium')
  assert.equal(severity({ signatureAlgorithm: 'sha1WithRSAEncryption' }, 'rsa', 2048), 'medium')
  assert.equal(severity({ signatureAlgorithm: 'ecdsa-with-SHA1' }, 'ec', 256), 'medium')
  assert.equal(severity({ signatureAlgorithm: 'md5WithRSAEncryption' }, 'rsa', 2048), 'high')
})

test('strong ones, the signature of a root and expired ones are let be', () => {
  assert.equal(severity({}, 'rsa', 2048), undefined)
  assert.equal(severity({ signatureAlgorithm: 'ecdsa-with-SHA256' }, 'ec', 256), undefined)
  assert.equal(severity({ signatureAlgorithm: 'sha1WithRSAEncryption', selfSigned: true }, 'rsa', 2048), undefined)
  assert.equal(severity({ notAfter: daysAgo(1) }, 'rsa', 1024), undefined)
})
