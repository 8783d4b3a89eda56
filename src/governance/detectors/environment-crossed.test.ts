import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, RelationName } from '#kernel'
import { credentialFact, estateOf, findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { environmentCrossed } from './environment-crossed.ts'

const consumer = (of: string, credential: string): Fact => ({
  type: 'consumer',
  principal: ref('csv', of),
  credential: { ref: ref('csv', `credential/${credential}`) },
  provenance: seenIn('given.csv'),
})
const relation = (from: string, to: string, name: RelationName = 'runs_as'): Fact => ({
  type: 'relation',
  relation: name,
  from: { ref: ref('csv', from) },
  to: ref('csv', to),
  provenance: seenIn('runs.csv'),
})
const embedded = (file: string, confidence = 0.9): Fact => ({
  type: 'credential',
  credentialType: 'password',
  exposure: 'embedded',
  fingerprint: 'fp',
  name: 'DB_PASSWORD',
  confidence,
  provenance: seenIn(file),
})

test('one secret given to production and staging is found once', () => {
  const facts = [
    principalFact('api-prod'),
    principalFact('api-staging'),
    credentialFact('db', 'vault'),
    consumer('api-prod', 'db'),
    consumer('api-staging', 'db'),
  ]
  const [finding, ...more] = findingsOf(environmentCrossed, facts)
  assert.deepEqual(more, [])
  assert.match(finding?.title ?? '', /is used in production and staging/)
})

test('one value in the folders of two environments is found, a value of two others or of an example is not', () => {
  assert.equal(findingsOf(environmentCrossed, [embedded('infra/prod/.env'), embedded('infra/dev/.env')]).length, 1)
  assert.deepEqual(findingsOf(environmentCrossed, [embedded('infra/staging/.env'), embedded('infra/dev/.env')]), [])
  assert.deepEqual(findingsOf(environmentCrossed, [embedded('infra/prod/.env'), embedded('infra/dev/.env', 0.3)]), [])
  assert.deepEqual(findingsOf(environmentCrossed, [embedded('product/.env'), embedded('devices/.env')]), [])
})

test('records of one value under two identifiers are brought together', () => {
  const facts = [
    principalFact('api-prod'),
    principalFact('api-dev'),
    credentialFact('a', 'api-prod', { fingerprint: 'same' }),
    credentialFact('b', 'api-dev', { fingerprint: 'same' }),
  ]
  assert.equal(findingsOf(environmentCrossed, facts).length, 1)
})

test('public halves and secrets that are known by their name only are not', () => {
  const both = [principalFact('api-prod'), principalFact('api-dev')]
  for (const credentialType of ['ci_secret', 'ssh_public_key', 'certificate'] as const) {
    const facts = [
      ...both,
      credentialFact('k', 'v', { credentialType }),
      consumer('api-prod', 'k'),
      consumer('api-dev', 'k'),
    ]
    assert.deepEqual(findingsOf(environmentCrossed, facts), [], credentialType)
  }
})

test('a non-production identity that becomes a production one is found at its own side', () => {
  const facts = [
    principalFact('job-dev'),
    principalFact('deploy-prod'),
    relation('job-dev', 'deploy-prod', 'federates_to'),
  ]
  const [finding] = findingsOf(environmentCrossed, facts, { 'deploy-prod': 'admin' })
  assert.equal(finding?.subject.externalId, 'job-dev')
  assert.equal(finding?.severity, 'critical')
})

test('within one environment, from production outwards, by people and by mere trust it is not', () => {
  const all = ['job-dev', 'role-dev', 'job-prod', 'role-prod', 'role'].map((name) => principalFact(name))
  for (const fact of [
    relation('job-dev', 'role-dev'),
    relation('job-prod', 'role-prod'),
    relation('job-dev', 'role'),
    relation('job-dev', 'role-prod', 'may_assume'),
    relation('job-dev', 'role-prod', 'uses'),
  ]) {
    assert.deepEqual(findingsOf(environmentCrossed, [...all, fact]), [])
  }
})

test('one identity that production and development both run as is found', () => {
  const facts = ['job-dev', 'job-prod', 'role'].map((name) => principalFact(name))
  const [finding] = findingsOf(environmentCrossed, [
    ...facts,
    relation('job-dev', 'role'),
    relation('job-prod', 'role'),
  ])
  assert.equal(finding?.subject.externalId, 'role')
})

test('a wide right that reaches many production identities is one finding', () => {
  const estate = estateOf(['admin-dev', 'a-prod', 'b-prod', 'c-dev'].map((name) => principalFact(name)))
  const [admin, ...others] = [...estate.dossiers()]
  assert.ok(admin !== undefined)
  const actsAs = others.map(({ principal }) => ({ principalId: principal.id, how: 'sts:AssumeRole' }))
  const dossier = { ...admin, access: { ...admin.access, actsAs } }
  const [draft, ...more] = environmentCrossed.onPrincipal?.(dossier, estate) ?? []
  assert.deepEqual(more, [])
  assert.match(draft?.title ?? '', /admin-dev \(development\) may act as a-prod, b-prod \(production\)/)
})
