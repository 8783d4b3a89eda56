import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Json } from '#kernel'
import type { DecisionState, PrincipalFacts } from '../decide/index.ts'
import { facts, grant, HOUR, NOON, stateWith } from '../decide/state-in-test.ts'
import { evaluate, search, searchOf } from './index.ts'
import type { EvaluationAnswer, SearchAnswer, SearchKind } from './index.ts'

const ACTIONS = ['read', 'write', 'delete', 'pg:SELECT', 'approve']
const TYPES = ['record', 'table']
const POLICIES = `
@id("own") permit (principal, action == Action::"read", resource)
when { principal.hasTag("team") && resource has team && resource.team == principal.getTag("team") };
@id("named") permit (principal, action == Action::"approve", resource == Resource::"record://r-policy");
@id("archived") forbid (principal, action == Action::"write", resource) when { resource has archived && resource.archived };
@id("ip") forbid (principal, action, resource) when { context.request has ip && context.request.ip == "10.0.0.9" };
`

type Random = (below: number) => number

function sequence(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)] as T

async function estate(random: Random): Promise<DecisionState> {
  const kinds = ['human', 'workload', 'api_client'] as const
  const principals = Array.from({ length: 30 }, (_, number): PrincipalFacts => {
    // some names are had twice, in different systems
    const name = number < 26 ? `p${number}` : `p${number - 26}`
    return {
      ...facts(`${number}`, {
        kind: pick(kinds, random),
        system: pick(['people', 'kubernetes', 'aws'] as const, random),
      }),
      externalId: name,
      state: random(5) === 0 ? 'quarantined' : 'active',
      ...(random(2) === 0 && { labels: { team: `t${random(3)}` } }),
    }
  })
  const resources = [
    ...Array.from({ length: 8 }, (_, number) => `record://r${number}`),
    'table://a',
    'pg://m/s/t',
    'record://*',
  ]
  const grants = Array.from({ length: 60 }, (_, number) =>
    grant(`grt_${number}`, String(random(30)), {
      actions: [pick([...ACTIONS, 'pg:*'], random)],
      resources: [pick(resources, random)],
      until: NOON + (random(4) === 0 ? -1 : HOUR),
    }),
  )
  const state = await stateWith(principals, grants, POLICIES)
  for (let number = 0; number < 6; number++) {
    const properties: Record<string, Json> = { team: `t${random(3)}`, archived: random(2) === 0 }
    state.putResource({ type: pick(TYPES, random), id: `r${number}`, properties })
  }
  return state
}

const allowed = (state: DecisionState, body: object): boolean =>
  (evaluate({ state: () => state, now: () => NOON }, body as Record<string, unknown>) as EvaluationAnswer).decision

/** Every page of it. */
function all(state: DecisionState, kind: SearchKind, body: object, limit: number): SearchAnswer['results'][number][] {
  const found: SearchAnswer['results'][number][] = []
  for (let token = ''; ;) {
    const steps = search(state, searchOf(kind, { ...body, page: { limit, token } }), NOON)
    let step = steps.next()
    while (step.done !== true) step = steps.next()
    assert.ok(step.value.results.length <= limit)
    found.push(...step.value.results)
    token = step.value.page.next_token
    if (token === '') return found
  }
}

const sorted = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).toSorted()

void suite('search', () => {
  void test('finds exactly what evaluation allows, for every pair of a random estate, page by page', async () => {
    const seed = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000)
    const random = sequence(seed)
    const state = await estate(random)
    const known = [...state.principalsAfter('')].map((id) => state.principal(id) as PrincipalFacts)
    assert.equal(known.length, 30)
    const resources = [...state.resourcesAfter('')].map(({ type, id }) => ({ type, id }))
    assert.ok(resources.length > 10 && resources.some(({ id }) => id === 'r-policy'))
    const context = random(2) === 0 ? { ip: '10.0.0.8' } : {}
    let found = 0
    for (const type of ['human', 'user', 'workload', 'kubernetes', 'principal']) {
      const answering = known.filter(({ kind, system }) =>
        [kind, system, 'principal', kind === 'human' ? 'user' : ''].includes(type),
      )
      for (const action of ACTIONS) {
        for (const resource of resources) {
          const asked = { action: { name: action }, resource, context }
          const expected = answering
            .map(({ id, externalId }) => {
              const named = answering.filter((other) => other.externalId === externalId).length === 1
              return { type, id: named ? externalId : id }
            })
            .filter((subject) => allowed(state, { ...asked, subject }))
          const results = all(state, 'subject', { ...asked, subject: { type } }, 1 + random(5))
          assert.deepEqual(sorted(results), sorted(expected), `seed ${seed}`)
          found += results.length
        }
      }
    }
    for (const { id } of known) {
      const subject = { type: 'principal', id }
      for (const type of new Set(resources.map((resource) => resource.type))) {
        const asked = { subject, action: { name: pick(ACTIONS, random) }, context }
        const expected = resources.filter(
          (resource) => resource.type === type && allowed(state, { ...asked, resource }),
        )
        const results = all(state, 'resource', { ...asked, resource: { type } }, 1 + random(5))
        assert.deepEqual(sorted(results), sorted(expected), `seed ${seed}`)
      }
      for (const resource of resources) {
        const asked = { subject, resource, context }
        const expected = ACTIONS.filter((name) => allowed(state, { ...asked, action: { name } })).map((name) => ({
          name,
        }))
        assert.deepEqual(sorted(all(state, 'action', asked, 1 + random(3))), sorted(expected), `seed ${seed}`)
      }
    }
    assert.ok(found > 50, `seed ${seed}: ${found} found says nothing`)
  })

  void test('a page goes on where the one before ended, whatever was added meanwhile', async () => {
    const names = Array.from({ length: 20 }, (_, number) => `p${number}`)
    const state = await stateWith(
      names.slice(0, 15).map((name) => facts(name)),
      names.map((name) => grant(`grt_${name}`, name)),
    )
    const body = {
      subject: { type: 'kubernetes' },
      action: { name: 'pg:SELECT' },
      resource: { type: 'table', id: 'pg://main/shop/public.orders' },
    }
    const page = (token: string): SearchAnswer =>
      search(state, searchOf('subject', { ...body, page: { limit: 8, token } }), NOON).next().value as SearchAnswer
    const first = page('')
    for (const name of names.slice(15)) state.putPrincipal(facts(name))
    const ids = [...first.results, ...all(state, 'subject', { ...body }, 8)].map((one) => JSON.stringify(one))
    const rest: string[] = []
    for (let { next_token: token } = first.page; token !== '';) {
      const next = page(token)
      rest.push(...next.results.map((one) => JSON.stringify(one)))
      token = next.page.next_token
    }
    const seen = [...first.results.map((one) => JSON.stringify(one)), ...rest]
    assert.equal(new Set(seen).size, seen.length, 'nobody twice')
    const early = names.slice(0, 15).map((id) => JSON.stringify({ type: 'kubernetes', id }))
    assert.deepEqual(
      early.filter((one) => !seen.includes(one)),
      [],
      'nobody left out',
    )
    assert.equal(new Set(ids).size, 20)
  })
})
