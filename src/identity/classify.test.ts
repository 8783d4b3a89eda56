import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { PrincipalFact } from '#kernel'
import { ClassificationRules, overrideKinds } from './classification-rules.ts'
import { classify } from './classify.ts'
import { correlate } from './correlate.ts'
import type { Principal } from './principal.ts'

function principal(more: Partial<PrincipalFact>): Principal {
  const fact: PrincipalFact = {
    type: 'principal',
    ref: ref('csv', 'x'),
    kind: 'service_account',
    nativeType: 'row',
    system: 'csv',
    externalId: 'x',
    name: 'x',
    provenance: { connector: 'csv', file: 'x.csv' },
    ...more,
  }
  const [record] = correlate([fact]).principals.values()
  return record ?? assert.fail()
}
const environment = (more: Partial<PrincipalFact>): string => classify(principal(more), 'low').environment.value
const file = (path: string) => ({ provenance: { connector: 'csv', file: path } })

test('an environment is read from a word of its own, never from a part of a word', () => {
  for (const [name, expected] of [
    ['payments-prod', 'production'],
    ['ProdDeployRole', 'production'],
    ['dev_runner', 'development'],
    ['api.stg.internal', 'staging'],
    ['payments-test', 'test'],
    ['product-catalog', 'unknown'],
    ['reproduction', 'unknown'],
    ['devices', 'unknown'],
    ['load-test-runner', 'unknown'],
    ['test', 'unknown'],
    ['build-stage', 'unknown'],
    ['non-prod-deploy', 'unknown'],
    ['nonprod', 'unknown'],
    ['pre-prod-api', 'staging'],
  ]) {
    assert.equal(environment({ name: name ?? '' }), expected, name)
  }
})

test('labels, account names, namespaces, folders and file names are evidence', () => {
  assert.equal(environment({ labels: { Environment: 'Live' } }), 'production')
  assert.equal(environment({ labels: { 'app.kubernetes.io/environment': 'stage' } }), 'staging')
  assert.equal(environment({ system: 'aws', attributes: { accountAlias: 'larkfield-dev' } }), 'development')
  assert.equal(environment({ system: 'kubernetes', externalId: 'system:serviceaccount:pay-staging:api' }), 'staging')
  assert.equal(environment(file('infra/prod/x.yaml')), 'production')
  assert.equal(environment(file('aws/prod.json')), 'production')
  assert.equal(environment(file('tests/x.yaml')), 'unknown')
  assert.equal(environment({ environment: { value: 'prod-eu', reason: 'the job says' } }), 'production')
  assert.equal(environment({ environment: { value: 'npm', reason: 'the job says' } }), 'unknown')
})

test('what contradicts itself is unknown, and the reason names both sides', () => {
  const mixed = classify(principal({ name: 'sync-prod-to-staging' }), 'low').environment
  assert.equal(mixed.value, 'unknown')
  const labelled = classify(principal({ labels: { env: 'prod', stage: 'dev' } }), 'low').environment
  assert.equal(labelled.value, 'unknown')
  assert.match(labelled.reason, /`prod`.*`dev`/)
  assert.equal(environment({ name: 'api-dev', ...file('prod/x.json') }), 'unknown')
})

test('what a source states outranks what a name suggests, and says so', () => {
  const found = classify(principal({ name: 'api-dev', labels: { env: 'production' } }), 'low').environment
  assert.equal(found.value, 'production')
  assert.match(found.reason, /outranks/)
})

test('people and groups are not placed by their names', () => {
  assert.equal(environment({ kind: 'human', name: 'Dev Patel' }), 'unknown')
  assert.equal(environment({ kind: 'group', name: 'dev-team' }), 'unknown')
})

test('the last word that names a function is the head of the name', () => {
  const functionOf = (name: string): string => classify(principal({ name }), 'low').function.value
  assert.equal(functionOf('payments-backup'), 'backup')
  assert.equal(functionOf('backup-payments'), 'payments')
  assert.equal(functionOf('database'), 'database')
  assert.equal(functionOf('metadata'), 'unknown')
})

test('criticality follows tier and environment, a third party raises it, and an unknown tier leaves it unknown', () => {
  const criticality = (tier: string, more: Partial<PrincipalFact> = {}): string =>
    classify(principal(more), tier).criticality.value
  assert.equal(criticality('admin', { labels: { env: 'prod' } }), 'critical')
  assert.equal(criticality('admin'), 'high')
  assert.equal(criticality('high', { labels: { env: 'dev' } }), 'medium')
  assert.equal(criticality('high', { vendor: 'Brightmeter' }), 'critical')
  assert.equal(criticality('unknown'), 'unknown')
  assert.equal(criticality('constructor'), 'unknown')
  assert.equal(criticality('low', { labels: { 'business-criticality': 'High' } }), 'high')
})

test('rules outrank what is derived, later ones earlier ones, field by field, and name themselves', () => {
  const rules = ClassificationRules.parse([
    { match: { name: 'api-*' }, set: { environment: 'production', purpose: 'takes orders' } },
    { match: { label: { app: 'shop*' }, system: 'csv' }, set: { environment: 'sandbox' } },
    { match: { name: 'other' }, set: { environment: 'test' } },
  ])
  const found = classify(principal({ name: 'api-dev', labels: { app: 'shop-eu' } }), 'low', rules)
  assert.deepEqual(found.environment, { value: 'sandbox', reason: 'classification rule 2 of reeve.yaml' })
  assert.equal(found.purpose.value, 'takes orders')
})

test('a rule without a condition or with an unknown one is refused', () => {
  assert.equal(ClassificationRules.safeParse([{ match: {}, set: {} }]).success, false)
  assert.equal(ClassificationRules.safeParse([{ match: { nam: 'x' }, set: {} }]).success, false)
})

test('a rule can set the kind', () => {
  const graph = correlate([
    {
      type: 'principal',
      ref: ref('aws', 'u'),
      kind: 'service_account',
      nativeType: 'iam-user',
      system: 'aws',
      externalId: 'u',
      name: 'u',
      provenance: { connector: 'aws', file: 'f' },
    },
  ])
  const [record] = overrideKinds(
    graph,
    ClassificationRules.parse([{ match: { name: 'u' }, set: { kind: 'human' } }]),
  ).principals.values()
  assert.equal(record?.kind, 'human')
})
