import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, PrincipalFact, System } from '#kernel'
import { correlate } from './correlate.ts'
import { LIKELY_MAX } from './likely.ts'

const principal = (system: System, name: string, more: Partial<PrincipalFact> = {}): PrincipalFact => ({
  type: 'principal',
  ref: ref(system, more.externalId ?? name),
  kind: 'service_account',
  nativeType: 'account',
  system,
  externalId: name,
  name,
  provenance: { connector: system, file: `${system}.json` },
  ...more,
})

test('one name in two systems is offered only with one more fact that agrees, and never merged', () => {
  const app = { labels: { app: 'ledger' } }
  const graph = correlate([principal('aws', 'ledger-sync', app), principal('csv', 'Ledger-Sync', app)])
  assert.equal(graph.principals.size, 2)
  assert.match(graph.likely[0]?.reason ?? '', /agree in `app`: `ledger`/)
  assert.deepEqual(correlate([principal('aws', 'ledger-sync', app), principal('csv', 'ledger-sync')]).likely, [])
})

test('generic names, names of one system and names that many carry are not offered', () => {
  const labels = { app: 'x' }
  assert.deepEqual(
    correlate([principal('aws', 'deploy', { labels }), principal('csv', 'deploy', { labels })]).likely,
    [],
  )
  const many = Array.from({ length: 20 }, (_, at) =>
    principal(at % 2 === 0 ? 'aws' : 'csv', 'ledger', { labels, externalId: `e${at}` }),
  )
  assert.deepEqual(correlate(many).likely, [])
})

test('a host and a certificate with its name are offered', () => {
  const graph = correlate([principal('host', 'db1.larkfield.example'), principal('x509', 'db1.larkfield.example')])
  assert.match(graph.likely[0]?.reason ?? '', /certificate/)
})

test('a user named as a person’s e-mail is offered as that person’s, unless two people have it', () => {
  const person = (personId: string): Fact => ({
    type: 'person',
    personId,
    name: personId,
    emails: ['ada@larkfield.example'],
    status: 'active',
    provenance: { connector: 'people', file: 'people.csv' },
  })
  const user = principal('aws', 'Ada@larkfield.example')
  assert.deepEqual(
    correlate([user, person('P1')]).likelyPeople.map((offer) => offer.personId),
    ['P1'],
  )
  assert.deepEqual(correlate([user, person('P1'), person('P2')]).likelyPeople, [])
})

test('offers are bounded at a hundred thousand principals', { timeout: 60_000 }, () => {
  const facts: Fact[] = []
  for (let at = 0; at < 50_000; at += 1) {
    for (const system of ['aws', 'csv'] as const)
      facts.push(principal(system, `sync-${at}`, { labels: { app: `a${at}` } }))
  }
  assert.equal(correlate(facts).likely.length, LIKELY_MAX)
})
