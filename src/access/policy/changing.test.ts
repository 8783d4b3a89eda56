// One store and one set through thousands of changes, held against a store and a set that are made anew.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../db/random-in-test.ts'
import { compilePolicies, createEntities, PolicySet } from './index.ts'
import type { EntityStore, PolicyLink, PolicyRequest } from './index.ts'
import { CaseGenerator, type RandomCase } from './random-policies-in-test.ts'

const ROUNDS = process.env['REEVE_EXHAUSTIVE'] === '1' ? 100_000 : 2000
const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000_000)
/** Of policies and links; more than that and some go. */
const KEPT = 24

type Records = Map<string, RandomCase['entities'][number]>

/** What there is by now, as whoever makes it anew is told. */
class Model {
  readonly records: Records = new Map()
  readonly policies = new Map<string, unknown>()
  readonly templates = new Map<string, unknown>()
  readonly links = new Map<string, PolicyLink>()

  anew(): { readonly store: EntityStore; readonly set: PolicySet } {
    const store = createEntities()
    assert.deepEqual(store.load([...this.records.values()]), [])
    const { set, problems } = compilePolicies({
      policies: Object.fromEntries(this.policies),
      templates: Object.fromEntries(this.templates),
      links: this.links.values(),
      entities: store,
    })
    assert.ok(set !== undefined, JSON.stringify(problems))
    return { store, set }
  }
}

function answered(set: PolicySet, requests: readonly PolicyRequest[]): unknown[] {
  return requests.map((request) => {
    const { decision, reasons, errors, forbidFailed } = set.evaluate(request)
    const named = errors.map(({ policyId, message }) => `${policyId} ${message}`).sort()
    return { decision, reasons: reasons.toSorted(), errors: named, forbidFailed }
  })
}

test(`after any changes a set decides as one that is made anew (REEVE_SEED=${SEED})`, { timeout: 600_000 }, () => {
  const [generator, random, model] = [new CaseGenerator(SEED), seededRandom(SEED), new Model()]
  const store = createEntities()
  const set = new PolicySet(store)
  const chance = (share: number): boolean => random.chance(share)
  const some = <T>(all: Iterable<T>, share: number): T[] => [...all].filter(() => chance(share))
  let allowed = 0

  const changeEntities = (entities: RandomCase['entities']): void => {
    for (const [key, { uid }] of some(model.records, 0.2)) {
      assert.ok(store.remove(uid.type, uid.id))
      model.records.delete(key)
    }
    for (const record of some(entities, 0.6))
      // one that would close a cycle is refused, and what was there stays
      if (store.add(record) === undefined) model.records.set(JSON.stringify(record.uid), record)
  }
  const changePolicies = (round: number, { policies, templates, links }: RandomCase): void => {
    const own = (id: string): string => `${round}${id}`
    for (const [id, json] of some(Object.entries(policies), 0.3)) {
      set.addPolicy(own(id), json)
      model.policies.set(own(id), json)
    }
    for (const [id, json] of Object.entries(templates)) {
      set.addTemplate(own(id), json)
      model.templates.set(own(id), json)
    }
    for (const link of links) {
      const named = { ...link, id: own(link.id), template: own(link.template) }
      set.addLink(named)
      model.links.set(named.id, named)
    }
    for (const held of [model.policies, model.links])
      for (const id of some(held.keys(), held.size > KEPT ? 0.5 : 0.1)) {
        assert.ok(set.remove(id))
        held.delete(id)
      }
    const used = new Set([...model.links.values()].map(({ template }) => template))
    for (const id of model.templates.keys())
      if (!used.has(id)) {
        assert.ok(set.removeTemplate(id))
        model.templates.delete(id)
      }
  }

  for (let round = 0; round < ROUNDS; round++) {
    const one = generator.next()
    if (chance(0.5)) changeEntities(one.entities)
    changePolicies(round, one)
    if (chance(0.5)) changeEntities(one.entities)
    const anew = model.anew()
    const expected = answered(anew.set, one.requests)
    assert.deepEqual(answered(set, one.requests), expected, `round ${round}`)
    assert.equal(store.size, anew.store.size, `round ${round}: nothing is kept that nothing mentions`)
    allowed += expected.filter((answer) => (answer as { decision: string }).decision === 'allow').length
  }
  assert.ok(allowed > ROUNDS / 5, `${allowed} allowed in ${ROUNDS} rounds`)
  set.release()
  for (const { uid } of model.records.values()) store.remove(uid.type, uid.id)
  assert.equal(store.size, 0)
})
