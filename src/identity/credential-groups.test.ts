import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { deriveId, ref } from '#kernel'
import type { CredentialFact, Fact, Id, Ref } from '#kernel'
import { groupCredentials } from './credential-groups.ts'

interface Sketch {
  readonly ref?: string
  readonly alias?: string
  readonly value?: string
  readonly owner?: string
}

const principalOf = (of: Ref): Id<'principal'> | undefined =>
  of === 'aws:nobody' ? undefined : deriveId('principal', of)

function sighting(sketch: Sketch, index: number): CredentialFact {
  return {
    type: 'credential',
    credentialType: 'password',
    exposure: 'embedded',
    ...(sketch.ref === undefined ? {} : { ref: ref('aws', sketch.ref) }),
    ...(sketch.alias === undefined ? {} : { aliases: [ref('aws', sketch.alias)] }),
    ...(sketch.value === undefined ? {} : { fingerprint: sketch.value }),
    ...(sketch.owner === undefined ? {} : { principal: ref('aws', sketch.owner) }),
    provenance: { connector: 'test', file: `f${index}`, startLine: index },
  }
}

const partition = (facts: readonly CredentialFact[]): string[] =>
  groupCredentials(facts, principalOf)
    .map((group) =>
      group.facts
        .map((fact) => fact.provenance.file)
        .sort()
        .join(' '),
    )
    .sort()

/** The four rules of `groupCredentials`, by looking at everything again and again. */
function modelPartition(facts: readonly CredentialFact[]): string[] {
  const names = (fact: CredentialFact): Ref[] => [...(fact.ref ? [fact.ref] : []), ...(fact.aliases ?? [])]
  let records = facts.filter((fact) => names(fact).length > 0).map((fact) => [fact])
  for (let changed = true; changed;) {
    changed = false
    for (const a of records) {
      const b = records.find((other) => other !== a && other.flatMap(names).some((n) => a.flatMap(names).includes(n)))
      if (b === undefined) continue
      records = [...records.filter((other) => other !== a && other !== b), [...a, ...b]]
      changed = true
      break
    }
  }
  const loose = facts.filter((fact) => names(fact).length === 0 && fact.fingerprint !== undefined)
  const result = records.map((record) => [...record])
  for (const value of new Set(loose.map((fact) => fact.fingerprint))) {
    const holding = records.filter((record) => record.some((fact) => fact.fingerprint === value))
    const here = loose.filter((fact) => fact.fingerprint === value)
    const owners = [...new Set(here.flatMap((fact) => fact.principal ?? []))]
    const target = (record: CredentialFact[]): CredentialFact[] => result[records.indexOf(record)] ?? []
    const standing: CredentialFact[][] = holding.map(target)
    for (const owner of owners) {
      const own = here.filter((fact) => fact.principal === owner)
      const theirs = holding.filter((record) => record.some((fact) => fact.principal === owner))
      const [only] = holding
      if (theirs.length === 1) target(theirs[0] ?? []).push(...own)
      else if (
        theirs.length === 0 &&
        only !== undefined &&
        holding.length === 1 &&
        owners.length === 1 &&
        only.every((fact) => fact.principal === undefined)
      )
        target(only).push(...own)
      else {
        result.push(own)
        standing.push(own)
      }
    }
    const nobodys = here.filter((fact) => fact.principal === undefined)
    if (nobodys.length === 0) continue
    if (standing.length === 1) standing[0]?.push(...nobodys)
    else result.push(nobodys)
  }
  for (const fact of facts) if (names(fact).length === 0 && fact.fingerprint === undefined) result.push([fact])
  return result
    .map((group) =>
      group
        .map((fact) => fact.provenance.file)
        .sort()
        .join(' '),
    )
    .sort()
}

const name = fc.constantFrom('r1', 'r2', 'r3', 'r4', '__proto__')
const sketch = fc.record(
  { ref: name, alias: name, value: fc.constantFrom('v1', 'v2', 'v3'), owner: fc.constantFrom('p1', 'p2', 'nobody') },
  { requiredKeys: [] },
)

test('grouping agrees with a brute-force reading of its rules', () => {
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 10 }), (sketches) => {
      const facts = sketches.map(sighting)
      assert.deepEqual(partition(facts), modelPartition(facts))
    }),
    { numRuns: 2000 },
  )
})

test('grouping does not depend on the reading order', () => {
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (sketches, random) => {
      const facts = sketches.map(sighting)
      const shuffled = facts
        .map((fact) => ({ fact, at: random.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ fact }) => fact)
      assert.deepEqual(partition(shuffled), partition(facts))
    }),
    { numRuns: 500 },
  )
})

test('the same weak password of two principals stays two records', () => {
  const facts = [
    { value: 'changeme', owner: 'p1' },
    { value: 'changeme', owner: 'p2' },
  ].map(sighting)
  assert.deepEqual(partition(facts), ['f0', 'f1'])
})

test('two identified records with an equal secret stay two, and an anonymous copy of it is nobody’s in particular', () => {
  const facts = [{ ref: 'r1', value: 'v' }, { ref: 'r2', value: 'v' }, { value: 'v' }].map(sighting)
  assert.deepEqual(partition(facts), ['f0', 'f1', 'f2'])
})

test('a leaked copy joins the only record that has its value, through a chain of aliases', () => {
  const facts = [
    { ref: 'r1', alias: 'r2', owner: 'p1' },
    { ref: 'r3', alias: 'r2' },
    { alias: 'r3', value: 'v' },
    { value: 'v' },
  ].map(sighting)
  assert.deepEqual(partition(facts), ['f0 f1 f2 f3'])
})

test('a consumer by value is given the record of its own file when several hold the value', () => {
  const facts: Fact[] = [
    ...[
      { value: 'v', owner: 'p1' },
      { value: 'v', owner: 'p2' },
    ].map(sighting),
    {
      type: 'consumer',
      principal: ref('aws', 'job'),
      credential: { fingerprint: 'v' },
      provenance: { connector: 'test', file: 'f1' },
    },
  ]
  const groups = groupCredentials(facts, principalOf)
  assert.deepEqual(
    groups.map((group) => [group.facts[0]?.provenance.file, group.consumers.length]),
    [
      ['f0', 0],
      ['f1', 1],
    ],
  )
})

// a hang is what is refused here; speed is measured in bench/
test('a hundred thousand sightings of one value and one chain of identifiers are grouped', { timeout: 60_000 }, () => {
  const facts: CredentialFact[] = []
  for (let at = 0; at < 50_000; at += 1) {
    facts.push(sighting({ ref: `r${at}`, alias: `r${at + 1}`, value: 'v', owner: `p${at}` }, at))
    facts.push(sighting({ value: 'v', owner: `p${at}` }, 50_000 + at))
  }
  assert.equal(groupCredentials(facts, principalOf).length, 1)
})
