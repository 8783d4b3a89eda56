import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { lineOf } from '../decision-log/decision-line.ts'
import { recordedName } from '../decision-log/recorded-name.ts'
import { decide } from '../decide/index.ts'
import type { DecisionState, PrincipalFacts, ResidentGrant } from '../decide/index.ts'
import { resourceOf } from '../decide/resource-name.ts'
import { facts, grant, HOUR, NOON, policies, principalId, question, stateWith } from '../decide/state-in-test.ts'
import { comparePolicies, LISTED_MAX } from './compare-policies.ts'
import type { PolicyComparison } from './compare-policies.ts'

const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000_000)

/** Park and Miller. */
function randomFrom(seed: number): (below: number) => number {
  let at = (seed % 2_147_483_646) + 1
  return (below) => (at = (at * 48_271) % 2_147_483_647) % below
}

const ACTIONS = ['pg:SELECT', 'pg:DELETE', 'pg:superuser', 'mcp:call', 'aws:s3:GetObject', 'only:entitled']
const RESOURCES = ['pg://main/a/t1', 'pg://main/a/t2', 'pg://main/b/t1', 'mcp://server/tool', 'only://entitled']
const PATTERNS = ['pg:*', 'pg://main/a/*', 'pg://main/*', '*']
const OTHERS = ['other:read', 'other:write', 'other:admin', 'other:act', 'other://anything']

interface Estate {
  readonly principals: readonly PrincipalFacts[]
  readonly grants: readonly ResidentGrant[]
  readonly texts: readonly [string, string]
}

function estate(seed: number): Estate {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const names = Array.from({ length: 12 }, (_, at) => `p${at}`)
  const principals = names.map((name) =>
    facts(name, {
      state: pick(['active', 'active', 'active', 'quarantined', 'registered']),
      kind: pick(['workload', 'ai_agent', 'human']),
      environment: pick(['production', 'test']),
      owned: random(3) > 0,
      gone: random(10) === 0,
      ...(random(5) === 0 && { expiresAt: NOON - 1 }),
    }),
  )
  const grants = Array.from({ length: 30 }, (_, at) =>
    grant(`grt_${at}`, pick(names), {
      kind: pick(['standing', 'just_in_time', 'break_glass']),
      actions: [random(3) === 0 ? 'pg:*' : pick(ACTIONS.slice(0, 5))],
      resources: [random(2) === 0 ? pick(['pg://main/a/*', 'pg://main/*', '*']) : pick(RESOURCES.slice(0, 4))],
      until: NOON + (random(4) === 0 ? -1 : HOUR),
      ended: random(8) === 0,
    }),
  )
  const scope = (): string =>
    [
      random(2) === 0 ? 'principal' : `principal == Principal::"${principalId(pick(names))}"`,
      random(2) === 0 ? 'action' : `action == Action::"${pick(ACTIONS.slice(0, 5))}"`,
      random(2) === 0 ? 'resource' : `resource == Resource::"${pick(RESOURCES.slice(0, 4))}"`,
    ].join(', ')
  const conditions = [
    'true',
    'context.level == "read"',
    'principal.kind == "ai_agent"',
    'context.granted == "no"',
    '!principal.owned',
    'context.request.ticket == "1"',
    'principal.environment == "test"',
  ]
  const policy = (): string => `${pick(['permit', 'forbid'])} (${scope()}) when { ${pick(conditions)} };`
  const common = Array.from({ length: 3 }, policy)
  const text = (): string => [...common, ...Array.from({ length: 3 }, policy)].join('\n')
  return { principals, grants, texts: [text(), text()] }
}

const key = (...parts: readonly string[]): string => parts.join(' ')

/** Each right decided by itself, in two states that know nothing of each other. */
async function bruteForce({ principals, grants, texts }: Estate): Promise<{ gains: string[]; loses: string[] }> {
  const [first, second] = await Promise.all(texts.map(async (text) => await stateWith(principals, grants, text)))
  const allowed = (state: DecisionState | undefined, id: string, action: string, resource: string): boolean =>
    state !== undefined &&
    decide(
      state,
      { subject: { type: 'principal', id }, action: { name: action }, resource: resourceOf(resource) },
      NOON,
    ).allowed
  const [gains, loses]: [string[], string[]] = [[], []]
  for (const { id } of principals) {
    for (const action of [...ACTIONS, 'pg:*', ...OTHERS.slice(0, 4)]) {
      for (const resource of [...RESOURCES, ...PATTERNS.slice(1), 'other://anything']) {
        const [was, is] = [allowed(first, id, action, resource), allowed(second, id, action, resource)]
        if (was !== is) (is ? gains : loses).push(key(id, action, resource))
      }
    }
  }
  return { gains: gains.sort(), loses: loses.sort() }
}

describe('comparing policies', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  const compared = async (state: DecisionState, text: string): Promise<PolicyComparison> => {
    const found = await comparePolicies(base.database.layer('access'), state, { after: { text } }, NOON)
    if ('problems' in found) throw new Error(JSON.stringify(found.problems))
    return found
  }
  before(async () => {
    base = await testDatabase()
    const data = { principalId: principalId('p0'), actions: ['only:entitled'], resources: ['only://entitled'] }
    await base.database.layer('access').transaction(async (tx) => {
      await tx.execute(sql`
        insert into access.entitlement (id, version, valid_from, recorded_at, hash, data)
        values ('ent_1', 1, now(), now(), '\\x00', ${JSON.stringify({ ...data, system: 'x', level: 'read' })}::jsonb)`)
    })
  })
  after(() => base.close())

  for (let at = 0; at < 4; at++) {
    test(`those who gain and lose are exactly those of brute force (REEVE_SEED=${SEED}, estate ${at})`, async () => {
      const one = estate(SEED + at * 7919)
      const state = await stateWith(one.principals, one.grants, one.texts[0])
      const inForce = state.policies
      const found = await compared(state, one.texts[1])
      const keysOf = (flips: PolicyComparison['gains']): string[] =>
        flips.map(({ tuple: { principalId: id, action, resource } }) => key(id, action, resource)).sort()
      // what random grants and policies did not name is not known, and brute force knows all names
      const expected = await bruteForce(one)
      const known = new Set(
        [
          ...state.grants.patterns(),
          ...state.grants.actionPatterns(),
          ...OTHERS,
          'only:entitled',
          'only://entitled',
        ].concat([...one.texts.join('\n').matchAll(/(?:Action|Resource)::"([^"]+)"/g)].map(([, name = '']) => name)),
      )
      const sayable = (text: string): boolean =>
        text
          .split(' ')
          .slice(1)
          .every((name) => known.has(name))
      for (const [listed, count, all] of [
        [keysOf(found.gains), found.gained, expected.gains.filter(sayable)],
        [keysOf(found.loses), found.lost, expected.loses.filter(sayable)],
      ] as const) {
        assert.equal(count, all.length)
        // at most so many are listed, and each once
        assert.equal(new Set(listed).size, Math.min(count, LISTED_MAX))
        if (count <= LISTED_MAX) assert.deepEqual(listed, all)
        else
          assert.deepEqual(
            listed.filter((right) => !all.includes(right)),
            [],
          )
      }
      assert.equal(state.policies, inForce)
    })
  }

  test('decisions that were made are made again: so many would have been denied, so many allowed', async () => {
    const state = await stateWith([facts('app'), facts('batch')], [grant('grt_1', 'app')])
    const asked = question('app')
    const { resource: orders } = lineOf({
      id: newId('decision'),
      question: asked,
      decision: decide(state, asked, NOON),
    })
    await base.database.layer('access').transaction(async (tx) => {
      for (const [name, resource, count, allowed] of [
        ['app', orders, 14, true],
        // as earlier releases wrote it
        ['batch', 'table:pg://main/shop/public.people', 2, false],
        ['batch', 'pg://main/shop/public.cards', 5, false],
        ['batch', recordedName(`pg://main/shop/${'x'.repeat(400)}`), 1, false],
      ] as const) {
        await tx.execute(sql`
          insert into access.decision_count (minute, key, principal_id, action, resource, allowed, reason, count)
          values (${new Date(NOON - 60_000)}, ${Buffer.from(name + resource)}, ${principalId(name)}, 'pg:SELECT', ${resource},
            ${allowed}, 'granted', ${count})`)
      }
    })
    const text = `forbid (principal, action, resource == Resource::"pg://main/shop/public.orders");
      permit (principal, action, resource == Resource::"pg://main/shop/public.people");`
    const { recorded } = await compared(state, text)
    assert.deepEqual([recorded.denied, recorded.allowed, recorded.replayed], [14, 2, 3])
    assert.equal(recorded.cutShort, true, 'a name that was cut is not asked again, and that is said')
    assert.deepEqual(
      recorded.wouldDeny.map(({ tuple, after: { reason } }) => [tuple.resource, tuple.count, reason]),
      [['pg://main/shop/public.orders', 14, 'policy_forbids']],
    )
    assert.deepEqual(
      recorded.wouldAllow.map(({ tuple }) => [tuple.resource, tuple.count]),
      [['pg://main/shop/public.people', 2]],
    )
  })

  test('policies that cannot be read are said with their place, and none are left behind', async () => {
    const state = await stateWith([facts('app')], [])
    const size = state.entities.size
    const broken = { text: 'permit (principal, action resource);' }
    const found = await comparePolicies(base.database.layer('access'), state, { after: broken }, NOON)
    assert.ok('problems' in found && found.problems[0]?.line === 1)
    await compared(state, 'permit (principal == Principal::"x", action, resource);')
    assert.equal(state.entities.size, size)
  })

  test('one comparison goes on at a time, and the next one after it', async () => {
    const state = await stateWith([facts('app')], [])
    const first = compared(state, 'permit (principal, action, resource);')
    await assert.rejects(
      compared(state, 'permit (principal, action, resource);'),
      (error) => error instanceof Fault && error.code === 'conflict',
    )
    assert.equal((await first).lost, 0)
    assert.ok((await compared(state, 'permit (principal, action, resource);')).gained > 0)
  })

  test('other policies that come in force meanwhile end it: no half is told of each', async () => {
    const state = await stateWith([facts('app')], [])
    const other = await policies(state, 'permit (principal, action, resource);', 'pol_2')
    const text = Array.from({ length: 300 }, (_, at) => `permit (principal, action == Action::"a${at}", resource);`)
    const names = Array.from(
      { length: 40 },
      (_, at) => `permit (principal, action, resource == Resource::"r://${at}");`,
    )
    const running = compared(state, [...text, ...names].join('\n'))
    // it reads texts and names first, then goes in slices: whichever comes next finds that they changed
    const switched = setInterval(() => {
      if (state.entities.idsOf('Action')[Symbol.iterator]().next().done !== true) state.putPolicies(other)
    }, 0)
    try {
      await assert.rejects(running, (error) => error instanceof Fault && error.code === 'conflict')
    } finally {
      clearInterval(switched)
    }
  })
})
