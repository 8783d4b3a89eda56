import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialRef, ref } from '#kernel'
import type { Fact, Instant, PrincipalFact } from '#kernel'
import { correlate } from './correlate.ts'

const at = (file: string, connector = 'test') => ({ connector, file, startLine: 1 })

function principal(id: string, more: Partial<PrincipalFact> = {}): PrincipalFact {
  return {
    type: 'principal',
    ref: ref('aws', id),
    kind: 'service_account',
    nativeType: 'iam-user',
    system: 'aws',
    externalId: id,
    name: id,
    provenance: at(`${id}.json`),
    ...more,
  }
}

const only = <T>(items: Iterable<T>): T => {
  const [item, ...others] = items
  assert.ok(item !== undefined && others.length === 0, 'exactly one is expected')
  return item
}

test('chains of aliases are one principal, whatever the order', () => {
  const facts = [
    principal('a', { aliases: [ref('aws', 'b')] }),
    principal('c', { aliases: [ref('aws', 'd')] }),
    principal('b', { aliases: [ref('aws', 'c')] }),
  ]
  for (const order of [facts, facts.toReversed()]) {
    const graph = correlate(order)
    assert.equal(graph.principals.size, 1)
    assert.equal(graph.principalOf(ref('aws', 'd')), only(graph.principals.keys()))
  }
})

test('equal names are never one principal', () => {
  assert.equal(correlate([principal('a', { name: 'deploy' }), principal('b', { name: 'deploy' })]).principals.size, 2)
})

test('a mention never overrides a definition, and the system’s own record outranks another tool’s', () => {
  const graph = correlate([
    principal('a', { mentioned: true, name: 'mention', kind: 'human' }),
    principal('a', { name: 'state file', provenance: at('x.tfstate', 'terraform') }),
    principal('a', { name: 'export', provenance: at('z.json', 'aws') }),
  ])
  const record = only(graph.principals.values())
  assert.equal(record.name, 'export')
  assert.equal(record.kind, 'service_account')
  assert.equal(record.mentionedOnly, false)
})

test('a label called __proto__ is a label', () => {
  const labels = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
  const attributes = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, never>
  const record = only(correlate([principal('a', { labels, attributes })]).principals.values())
  assert.deepEqual(Object.entries(record.labels), Object.entries(labels))
  assert.equal(Object.getPrototypeOf(record.attributes), Object.prototype)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('a secret in code is the key of the user that the export lists', () => {
  const key = credentialRef.awsAccessKey('AKIA2E0A8F3B244C9986')
  const graph = correlate([
    principal('u'),
    {
      type: 'credential',
      credentialType: 'aws_access_key',
      exposure: 'embedded',
      ref: key,
      fingerprint: 'fp',
      provenance: at('app.py'),
    },
    {
      type: 'credential',
      credentialType: 'aws_access_key',
      exposure: 'record',
      ref: key,
      principal: ref('aws', 'u'),
      createdAt: '2024-01-01T00:00:00.000Z' as Instant,
      provenance: at('iam.json'),
    },
    {
      type: 'credential',
      credentialType: 'password',
      exposure: 'embedded',
      fingerprint: 'fp',
      provenance: at('other.env'),
    },
  ])
  const credential = only(graph.credentials.values())
  assert.equal(credential.principalId, only(graph.principals.keys()))
  assert.equal(credential.type, 'aws_access_key')
  assert.deepEqual(
    credential.sightings.map((sighting) => sighting.file),
    ['app.py', 'iam.json', 'other.env'],
  )
})

test('ids of credentials never depend on the fingerprint', () => {
  const sighting = (fingerprint: string): Fact => ({
    type: 'credential',
    credentialType: 'password',
    exposure: 'embedded',
    name: 'DB_PASSWORD',
    fingerprint,
    provenance: at('.env'),
  })
  const idOf = (fingerprint: string) => only(correlate([sighting(fingerprint)]).credentials.keys())
  assert.equal(idOf('one'), idOf('two'))
})

// a hang is what is refused here; speed is measured in bench/
test('a hundred thousand facts about one principal and a chain of aliases correlate', { timeout: 60_000 }, () => {
  const facts: Fact[] = []
  for (let index = 0; index < 100_000; index += 1) {
    facts.push(
      principal(index % 2 === 0 ? 'hub' : `n${index}`, {
        aliases: index % 2 === 0 ? [] : [ref('aws', `n${index + 2}`)],
        labels: { [`k${index}`]: 'v' },
        mentioned: true,
      }),
    )
  }
  assert.equal(correlate(facts).principals.size, 2)
})
