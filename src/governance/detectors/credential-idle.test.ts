import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialFact, daysAgo, findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { credentialIdle } from './credential-idle.ts'

const x = principalFact('x')
const found = (more: Parameters<typeof credentialFact>[2]) =>
  findingsOf(credentialIdle, [x, credentialFact('t', 'x', more)])

test('a last use long ago on the system’s own record is found and says according to what', () => {
  const [finding] = found({ lastUsedAt: daysAgo(200) })
  assert.equal(finding?.severity, 'low')
  assert.match(finding?.title ?? '', /is not used since 2026-05-07 according to credentials.csv$/)
})

test('unknown is not unused: without a record of use there is no finding', () => {
  assert.deepEqual(found({ createdAt: daysAgo(900) }), [])
})

test('a report of its own day is judged as of that day', () => {
  const old = { ...seenIn('report.csv'), at: daysAgo(150) }
  assert.deepEqual(found({ lastUsedAt: daysAgo(200), provenance: old }), [])
  assert.equal(found({ lastUsedAt: daysAgo(300), provenance: old })[0]?.evidence['days'], 150)
})

test('recent use, a disabled or expired credential is not', () => {
  assert.deepEqual(found({ lastUsedAt: daysAgo(90) }), [])
  assert.deepEqual(found({ lastUsedAt: daysAgo(200), enabled: false }), [])
  assert.deepEqual(found({ lastUsedAt: daysAgo(200), expiresAt: daysAgo(1) }), [])
})
