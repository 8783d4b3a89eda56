import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, PrincipalFact } from '#kernel'
import { credentialFact, findingsOf, principalFact, seenIn } from '../estate-in-test.ts'
import { credentialReused } from './credential-reused.ts'

const given = (of: PrincipalFact): Fact[] => [
  of,
  {
    type: 'consumer',
    principal: of.ref,
    credential: { ref: ref('csv', 'credential/db') },
    provenance: seenIn('given.csv'),
  },
]
const secret = credentialFact('db', 'nobody', { credentialType: 'kubernetes_secret' })
const workload = (name: string, release?: string, namespace = 'shop'): PrincipalFact =>
  principalFact(`${namespace}/Deployment/${name}`, {
    system: 'kubernetes',
    kind: 'workload',
    attributes: { namespace },
    ...(release === undefined ? {} : { labels: { 'app.kubernetes.io/instance': release } }),
  })
const job = (id: string): PrincipalFact => principalFact(id, { system: 'github', kind: 'ci_pipeline' })

test('a secret that two workloads are given is found, over a border of namespaces it is worse', () => {
  assert.equal(
    findingsOf(credentialReused, [secret, ...given(workload('a')), ...given(workload('b'))])[0]?.severity,
    'low',
  )
  const wide = [secret, ...given(workload('a')), ...given(workload('b', undefined, 'other'))]
  assert.equal(findingsOf(credentialReused, wide)[0]?.severity, 'medium')
})

test('one workload, workloads of one release, jobs of one repository and image pull secrets are not', () => {
  for (const facts of [
    given(workload('a')),
    [...given(workload('a', 'r')), ...given(workload('b', 'r'))],
    [...given(job('o/r:a.yml#x')), ...given(job('o/r:b.yml#y'))],
  ]) {
    assert.deepEqual(findingsOf(credentialReused, [secret, ...facts]), [])
  }
  const pull = { ...secret, attributes: { use: 'image pull' } }
  assert.deepEqual(findingsOf(credentialReused, [pull, ...given(workload('a')), ...given(workload('b'))]), [])
})

test('jobs of two repositories are two consumers', () => {
  assert.equal(
    findingsOf(credentialReused, [secret, ...given(job('o/r:a.yml#x')), ...given(job('o/q:a.yml#x'))]).length,
    1,
  )
})

test('sharing over the border of production is the other detector’s', () => {
  const facts = [
    secret,
    ...given(workload('a', undefined, 'shop-prod')),
    ...given(workload('b', undefined, 'shop-dev')),
  ]
  assert.deepEqual(findingsOf(credentialReused, facts), [])
})

const copy = (file: string, name: string, more: { hint?: string; commit?: string } = { hint: 'abcd…' }): Fact => ({
  type: 'credential',
  credentialType: 'api_token',
  exposure: 'embedded',
  fingerprint: 'fp',
  name,
  ...(more.hint === undefined ? {} : { hint: more.hint }),
  provenance: { ...seenIn(file), ...(more.commit === undefined ? {} : { commit: more.commit }) },
})

test('one long secret under two names in two folders is found', () => {
  const facts = [copy('billing/.env', 'MAIL_TOKEN'), copy('claims/settings.py', 'SMTP_KEY')]
  assert.equal(findingsOf(credentialReused, facts)[0]?.locations.length, 2)
})

test('copies of one name, of one folder, of history, and weak passwords are not', () => {
  for (const facts of [
    [copy('billing/.env', 'MAIL_TOKEN'), copy('claims/.env', 'mail-token')],
    [copy('billing/.env', 'MAIL_TOKEN'), copy('billing/app.py', 'SMTP_KEY')],
    [copy('billing/.env', 'MAIL_TOKEN'), copy('claims/.env', 'SMTP_KEY', { hint: 'abcd…', commit: 'c0ffee' })],
    [copy('billing/.env', 'MAIL_TOKEN', {}), copy('claims/.env', 'SMTP_KEY', {})],
  ]) {
    assert.deepEqual(findingsOf(credentialReused, facts), [])
  }
})
