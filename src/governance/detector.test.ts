import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveAccess } from '#access'
import { assessOwners, classify, correlate } from '#identity'
import { ref } from '#kernel'
import type { Fact, Instant } from '#kernel'
import { detectAll } from './detector.ts'
import type { Detector, DetectorFailure } from './detector.ts'
import { ownerMissing } from './detectors/owner-missing.ts'
import { estateInMemory } from './estate-in-memory.ts'

const principal = (name: string): Fact => ({
  type: 'principal',
  ref: ref('csv', name),
  kind: 'service_account',
  nativeType: 'row',
  system: 'csv',
  externalId: name,
  name,
  provenance: { connector: 'csv', file: 'a.csv', startLine: 2 },
})

function estateOf(facts: readonly Fact[]) {
  const graph = correlate(facts)
  return estateInMemory({
    ...graph,
    facts,
    asOf: '2026-11-23T00:00:00.000Z' as Instant,
    settings: { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] },
    access: effectiveAccess(facts, graph),
    ownership: assessOwners(graph, facts),
    classification: new Map([...graph.principals.values()].map((each) => [each.id, classify(each, 'unknown')])),
  })
}

const failing: Detector = {
  ...ownerMissing,
  id: 'fails-on-b',
  *onPrincipal(dossier, estate) {
    if (dossier.principal.name === 'b') throw new Error('a bug')
    yield* ownerMissing.onPrincipal?.(dossier, estate) ?? []
  },
}

test('a detector that throws on one identity costs that answer only, and is told with its place', () => {
  const failures: DetectorFailure[] = []
  const findings = detectAll(
    estateOf([principal('a'), principal('b'), principal('c')]),
    [failing, ownerMissing],
    (failure) => failures.push(failure),
  )
  assert.deepEqual(
    findings.filter(({ detector }) => detector === 'fails-on-b').map(({ subject }) => subject.externalId),
    ['a', 'c'],
  )
  assert.equal(findings.filter(({ detector }) => detector === 'owner-missing').length, 3)
  assert.deepEqual(
    failures.map(({ detector, externalId, location }) => [detector, externalId, location?.file]),
    [['fails-on-b', 'b', 'a.csv']],
  )
})

test('a caller that does not ask for failures gets the throw', () => {
  assert.throws(() => detectAll(estateOf([principal('b')]), [failing]), /a bug/)
})
