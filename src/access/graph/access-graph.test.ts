import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { deriveId, Fault } from '#kernel'
import type { AccessGraph } from './access-graph.ts'
import { graphOf, principal, question, randomRight, randomWay, whoCanPlainly } from './estate-in-test.ts'
import type { Estate, Random } from './estate-in-test.ts'
import { effectiveRights, reach } from './questions.ts'
import type { GraphChange, HeldRight, HeldWay } from './records.ts'
import { whoCan } from './who-can.ts'

const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000)
const ESTATES = process.env['REEVE_EXHAUSTIVE'] === '1' ? 2000 : 150
const ALL = { limit: 100_000 }
const MAX_PRINCIPALS = 14

function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

/** Changes as they may come: again, changed, gone, back. */
function* randomChanges(random: Random, estate: { rights: Map<string, HeldRight>; ways: Map<string, HeldWay> }) {
  const principals = 3 + random(MAX_PRINCIPALS - 2)
  const holders = new Map<string, string>()
  for (let round = 0; round < 60; round++) {
    const number = random(40)
    if (random(6) === 0) {
      const gone = [...estate.rights.keys(), ...estate.ways.keys()][random(40)]
      if (gone === undefined) continue
      estate.rights.delete(gone)
      estate.ways.delete(gone)
      yield { gone } satisfies GraphChange
    } else if (random(3) === 0) {
      const way = randomWay(random, number, principals)
      estate.ways.set(way.id, way)
      yield { put: 'way', way } satisfies GraphChange
    } else {
      const made = randomRight(random, number, principals)
      // a right belongs to one principal for ever
      const right = { ...made, principalId: holders.get(made.id) ?? made.principalId }
      holders.set(right.id, right.principalId)
      estate.rights.set(right.id, right)
      yield { put: 'right', right } satisfies GraphChange
    }
  }
}

const answersOf = (graph: AccessGraph, asked: Parameters<typeof whoCan>[1]): Map<string, string> =>
  new Map(whoCan(graph, asked, ALL).map(({ id, covered, right }) => [id, `${covered} ${right.steps.length}`]))

void suite('the graph', () => {
  void test('who can do something is what plain search finds, by as few steps, over random estates and changes', () => {
    const random = randomFrom(SEED)
    let [found, through] = [0, 0]
    for (let number = 0; number < ESTATES; number++) {
      const estate = { rights: new Map<string, HeldRight>(), ways: new Map<string, HeldWay>() }
      const graph = graphOf(randomChanges(random, estate))
      for (let asked = 0; asked < 5; asked++) {
        const at = { ...question(random), now: random(20), escalations: random(2) === 0 }
        const answers = answersOf(graph, at)
        assert.deepEqual(
          Object.fromEntries(answers),
          Object.fromEntries(whoCanPlainly(estate, at)),
          `seed ${SEED}, estate ${number}: ${JSON.stringify(at)}`,
        )
        found += answers.size
        through += [...answers.values()].filter((answer) => !answer.endsWith(' 0')).length
      }
    }
    assert.ok(found > ESTATES && through > ESTATES, `seed ${SEED}: ${found} found, ${through} through others`)
  })

  void test('a graph that was changed answers as one that is built anew', () => {
    const random = randomFrom(SEED + 1)
    for (let number = 0; number < ESTATES; number++) {
      const estate = { rights: new Map<string, HeldRight>(), ways: new Map<string, HeldWay>() }
      const changed = graphOf(randomChanges(random, estate))
      const anew = graphOf(everything(estate))
      assert.equal(changed.edges, anew.edges)
      const at = { now: random(20), escalations: true }
      for (let name = 0; name < MAX_PRINCIPALS; name++) {
        const asked = { principalId: principal(name), ...at }
        const idsOf = (graph: AccessGraph): unknown => [
          effectiveRights(graph, asked, ALL)
            .map(({ id, steps }) => `${id} ${steps.length}`)
            .sort(),
          reach(graph, asked, ALL)
            .map(({ steps }) => `${steps.at(-1)?.principalId ?? steps.at(-1)?.how ?? ''} ${steps.length}`)
            .sort(),
        ]
        assert.deepEqual(idsOf(changed), idsOf(anew), `seed ${SEED}, estate ${number}`)
      }
    }
  })

  void test('who can, and what a principal may, agree', () => {
    const random = randomFrom(SEED + 2)
    for (let number = 0; number < ESTATES; number++) {
      const estate = { rights: new Map<string, HeldRight>(), ways: new Map<string, HeldWay>() }
      const graph = graphOf(randomChanges(random, estate))
      const at = { ...question(random), now: random(20) }
      for (const { id, right } of whoCan(graph, at, ALL)) {
        const held = effectiveRights(graph, { principalId: id, now: at.now }, ALL)
        const same = held.find((other) => other.id === right.id)
        assert.ok(same !== undefined && same.steps.length <= right.steps.length, `seed ${SEED}, estate ${number}`)
      }
    }
  })

  void test('who has a right that is denied, and a grant, can by the grant', () => {
    const held = { principalId: principal(1), actions: ['aws:s3:GetObject'], resources: ['arn:aws:s3:::a/x'] }
    const words = { effect: 'allow', system: 'aws', permission: 'p', level: 'read', path: [] } as const
    const put = (id: string, more: Partial<HeldRight> = {}): GraphChange => ({
      put: 'right',
      right: { ...held, ...words, id, ...more },
    })
    const [right, denial, grant] = [deriveId('entitlement', '1'), deriveId('entitlement', '2'), deriveId('grant', '3')]
    const longer = put(grant, { from: 0, path: ['by a longer way'] })
    const asked = { action: 'aws:s3:GetObject', resource: 'arn:aws:s3:::a/x', now: 7 }
    const told = (...changes: GraphChange[]): string[] =>
      whoCan(graphOf(changes), asked, ALL).map(({ covered, right: by }) => `${covered} ${by.id}`)
    const denied = [put(right), put(denial, { effect: 'deny' })]
    assert.deepEqual(told(put(right), longer), [`yes ${right}`])
    assert.deepEqual(told(...denied), [])
    assert.deepEqual(told(...denied, longer), [`yes ${grant}`])
  })

  void test('pages put together are the whole, and what is gone meanwhile is said', () => {
    const random = randomFrom(SEED + 3)
    const estate = { rights: new Map<string, HeldRight>(), ways: new Map<string, HeldWay>() }
    const graph = graphOf(randomChanges(random, estate))
    const asked = { action: 'aws:s3:GetObject', resource: 'arn:aws:s3:::a/x', now: 7, escalations: true }
    const whole = whoCan(graph, asked, ALL).map(({ id }) => id)
    const paged: string[] = []
    for (let after: string | undefined; ; after = paged.at(-1)) {
      const page = whoCan(graph, asked, { limit: 2, ...(after !== undefined && { after }) })
      paged.push(...page.map(({ id }) => id))
      if (page.length < 2) break
    }
    assert.deepEqual(paged, whole)
    assert.throws(() => whoCan(graph, asked, { limit: 2, after: principal('nobody') }), Fault)
  })
})

function* everything({ rights, ways }: Estate): Generator<GraphChange> {
  for (const right of rights.values()) yield { put: 'right', right }
  for (const way of ways.values()) yield { put: 'way', way }
}
