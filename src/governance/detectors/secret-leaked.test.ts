import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { CredentialFact, Fact, Instant } from '#kernel'
import { daysAgo, findingsOf, principalFact } from '../estate-in-test.ts'
import { secretLeaked } from './secret-leaked.ts'

const leak = (file: string, line: number, more: Partial<CredentialFact> = {}): CredentialFact => ({
  type: 'credential',
  credentialType: 'api_token',
  exposure: 'embedded',
  fingerprint: 'f1',
  name: 'API_TOKEN',
  rule: 'github-pat',
  confidence: 0.95,
  provenance: { connector: 'source-code', file, startLine: line, endLine: line },
  ...more,
})

test('one finding for each file that holds the value, with all its lines', () => {
  const findings = findingsOf(secretLeaked, [leak('a.py', 3), leak('a.py', 9), leak('b.py', 1)])
  assert.deepEqual(
    findings.map(({ subject, locations, severity }) => [subject.externalId, locations.length, severity]),
    [
      ['a.py:API_TOKEN', 2, 'high'],
      ['b.py:API_TOKEN', 1, 'high'],
    ],
  )
  assert.equal(findings[0]?.evidence['alsoInFiles'], 1)
})

test('a secret whose identifier is known belongs to its principal, and is critical when that one is powerful', () => {
  const key = ref('aws', 'access-key/AKIA1')
  const facts: Fact[] = [
    principalFact('batch'),
    leak('a.py', 3, { ref: key, credentialType: 'aws_access_key', rule: 'aws-access-key' }),
    leak('k.json', 1, {
      ref: key,
      exposure: 'record',
      fingerprint: undefined,
      principal: ref('csv', 'batch'),
    } as never),
  ]
  const [finding, ...more] = findingsOf(secretLeaked, facts, { batch: 'admin' })
  assert.deepEqual(more, [])
  assert.equal(finding?.subject.externalId, 'batch')
  assert.equal(finding?.title, 'the secret of account batch stands in a.py')
  assert.equal(finding?.severity, 'critical')
  assert.equal(findingsOf(secretLeaked, facts, { batch: 'low' })[0]?.severity, 'high')
})

test('severity falls with confidence, in tests, when expired, disabled or under a passphrase', () => {
  const severity = (more: Partial<CredentialFact>, file = 'a.py'): string | undefined =>
    findingsOf(secretLeaked, [leak(file, 1, more)])[0]?.severity
  assert.equal(severity({ confidence: 0.7 }), 'medium')
  assert.equal(severity({ confidence: 0.52 }), 'low')
  assert.equal(severity({ confidence: 0.4 }), undefined)
  assert.equal(severity({}, 'tests/test_a.py'), 'medium')
  assert.equal(severity({ expiresAt: daysAgo(3) }), 'low')
  assert.equal(severity({ expiresAt: '2099-01-01T00:00:00.000Z' as Instant }), 'high')
  assert.equal(severity({ enabled: false }), 'low')
  assert.equal(severity({ credentialType: 'private_key', attributes: { encrypted: true } }), 'low')
})

test('a value that the history alone holds is told with its commit; the working tree is told first', () => {
  const old = leak('a.py', 3, { provenance: { connector: 'source-code', file: 'a.py', startLine: 3, commit: 'c1' } })
  const [history] = findingsOf(secretLeaked, [old])
  assert.equal(history?.evidence['onlyInHistory'], true)
  assert.equal(history?.locations[0]?.commit, 'c1')
  const [present] = findingsOf(secretLeaked, [old, leak('a.py', 7)])
  assert.deepEqual(present?.locations, [{ file: 'a.py', startLine: 7, endLine: 7 }])
})

test('equal rules and names in one file are told apart by their order, not by their lines', () => {
  const facts = (shift: number): Fact[] => [
    leak('a.py', 3 + shift, { fingerprint: 'f1' }),
    leak('a.py', 9 + shift, { fingerprint: 'f2' }),
  ]
  const [before, after] = [findingsOf(secretLeaked, facts(0)), findingsOf(secretLeaked, facts(40))]
  assert.equal(before.length, 2)
  assert.deepEqual(
    before.map(({ fingerprint }) => fingerprint),
    after.map(({ fingerprint }) => fingerprint),
  )
})

test('what two connectors cut differently on one line is one leak', () => {
  const other = leak('.env', 2, {
    fingerprint: 'f2',
    rule: 'env-file',
    provenance: { connector: 'automation', file: '.env', startLine: 2 },
  })
  assert.equal(findingsOf(secretLeaked, [leak('.env', 2), other]).length, 1)
})

test('a name for a secret, a record of one and a public half are no leaks', () => {
  for (const exposure of ['reference', 'record', 'public'] as const) {
    assert.deepEqual(findingsOf(secretLeaked, [leak('a.yaml', 1, { exposure })]), [])
  }
})
