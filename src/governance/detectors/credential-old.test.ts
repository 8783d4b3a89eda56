import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialFact, daysAgo, findingsOf, principalFact } from '../estate-in-test.ts'
import { credentialOld } from './credential-old.ts'

const x = principalFact('x')
const key = (days: number, more: Parameters<typeof credentialFact>[2] = {}) =>
  credentialFact('k', 'x', { credentialType: 'aws_access_key', createdAt: daysAgo(days), ...more })

test('a key over its limit is found, one within it is not', () => {
  assert.deepEqual(findingsOf(credentialOld, [x, key(90)]), [])
  assert.equal(findingsOf(credentialOld, [x, key(91)])[0]?.severity, 'low')
  const [old] = findingsOf(credentialOld, [x, key(500)])
  assert.equal(old?.severity, 'medium')
  assert.match(old?.title ?? '', /AWS access key `k` of x was not rotated for 500 days/)
})

test('high privilege halves the limit, settings replace it', () => {
  assert.equal(findingsOf(credentialOld, [x, key(60)], { x: 'admin' })[0]?.severity, 'high')
  const settings = { rotateWithinDays: { aws_access_key: 30 } }
  assert.equal(findingsOf(credentialOld, [x, key(31)], {}, settings).length, 1)
  assert.equal(findingsOf(credentialOld, [x, key(20)], { x: 'admin' }, settings).length, 1)
})

test('the last rotation counts, not the day of creation', () => {
  assert.deepEqual(findingsOf(credentialOld, [x, key(500, { lastRotatedAt: daysAgo(10) })]), [])
})

test('what is disabled, expired, without a date, not a record, or a certificate is not', () => {
  for (const more of [
    { enabled: false },
    { expiresAt: daysAgo(1) },
    { exposure: 'embedded' as const, rule: 'aws-access-key' },
    { credentialType: 'certificate' as const },
    { credentialType: 'jwt' as const },
    { rule: 'secret-scanning:x' },
  ]) {
    assert.deepEqual(findingsOf(credentialOld, [x, key(500, more)]), [], JSON.stringify(more))
  }
  assert.deepEqual(findingsOf(credentialOld, [x, credentialFact('k', 'x')]), [])
})

test('a secret that can be changed in place is judged by its rotation only', () => {
  const secret = { credentialType: 'ci_secret' as const }
  assert.deepEqual(findingsOf(credentialOld, [x, key(500, secret)]), [])
  assert.equal(findingsOf(credentialOld, [x, key(500, { ...secret, lastRotatedAt: daysAgo(400) })]).length, 1)
})

test('people’s passwords are not judged by age, people’s keys are', () => {
  const person = principalFact('x', { kind: 'human' })
  const password = { credentialType: 'console_password' as const, lastRotatedAt: daysAgo(500) }
  assert.deepEqual(findingsOf(credentialOld, [person, key(500, password)]), [])
  assert.equal(findingsOf(credentialOld, [x, key(500, password)]).length, 1)
  assert.equal(findingsOf(credentialOld, [person, key(500)]).length, 1)
})
