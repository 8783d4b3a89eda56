// The chain of a right, written by the real doors and read both ways.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Id } from '#kernel'
import { newId } from '#kernel'
import { readChain, sequenceOnce } from '#evidence'
import { sql } from '#db'
import { writeDecisions } from '#access/decisions'
import { registerPrincipal } from '#identity/roll'
import { keepGrants } from '../../src/access/fulfil/keeper-in-test.ts'
import { fulfillerInTest, targetInTest } from '../../src/access/fulfil/target-in-test.ts'
import type { TargetInTest } from '../../src/access/fulfil/target-in-test.ts'
import { facts } from '../../src/access/decide/state-in-test.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { person } from '../../src/identity/principal/roll-in-test.ts'
import { worldInTest } from '../http/world.ts'

type World = Awaited<ReturnType<typeof worldInTest>>
interface Entry {
  readonly id: string
  readonly seq: number
  readonly type: string
  readonly follows: readonly string[]
}
interface Chain {
  readonly entry: Entry
  readonly before: readonly Entry[]
  readonly after: readonly Entry[]
  readonly more: { readonly before: boolean; readonly after: boolean }
}
const RIGHT = { actions: ['pg:SELECT'], resources: ['pg://main/shop/*'], seconds: 3600, purpose: 'a test' }
/** What every act at the API rests on besides. */
const TOKENS = /^(?:token|principal|rows|role|person)\./

describe('the chain of entries', { skip: databaseUnavailable() }, () => {
  let world: World
  let target: TargetInTest
  const registered = async (name: string): Promise<Id<'principal'>> => {
    const { roll, doors } = world.api
    const named = { kind: 'service_account', system: 'aws', externalId: name, name } as const
    const { id } = await registerPrincipal(roll.identity, roll.act('ada'), {
      ...named,
      owner: person('olga'),
      purpose: 'a test',
    })
    doors.decisions?.state().putPrincipal({ ...facts(name, { kind: 'human' }), id: id as Id<'principal'> })
    return id as Id<'principal'>
  }
  const post = async (
    token: string,
    path: string,
    body: object,
  ): Promise<{ id: string; data: Record<string, never> }> => {
    const answer = await world.api.ask('POST', path, { token, body })
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const entryOf = async (type: string, about: string): Promise<string> => {
    await sequenceOnce(world.api.doors.evidence, world.api.roll.now())
    const [row] = await world.api.doors.evidence.transaction((tx) =>
      tx.query<{ id: string }>(
        sql`select id from evidence.entry where type = ${type} and ${about} = any(subjects) order by ordinal desc limit 1`,
      ),
    )
    return row?.id ?? assert.fail(`no ${type}`)
  }
  const chainOf = async (entryId: string, limit = 100): Promise<Chain> => {
    const path = `/v1/entries/${entryId}/chain?limit=${limit}`
    const answer = await world.api.ask('GET', path, { token: world.tokens.otto })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const types = (entries: readonly Entry[]): string[] =>
    entries.map(({ type }) => type).filter((type) => !TOKENS.test(type))
  const pass = async (): Promise<void> => {
    const { doors, roll } = world.api
    const { access, decisions } = doors
    if (decisions === undefined) throw new Error('the world decides')
    decisions.state().knownAt = Date.parse(roll.now())
    await keepGrants({ access, state: decisions.state, signal: new AbortController().signal })
  }

  before(async () => {
    world = await worldInTest()
    target = await targetInTest()
    Object.assign(world.api.doors.access, { fulfillers: [fulfillerInTest(target.url)] })
  })
  after(async () => {
    await world.close()
    await target.stop()
  })

  test('leads from a request to the proof that its right has ended, and back', async () => {
    const { tokens, api } = world
    const principalId = await registered('chained')
    const asked = await post(tokens.olga, '/v1/access-requests', { principalId, ...RIGHT })
    const decided = await post(tokens.petra, `/v1/access-requests/${asked.id}/decide`, {
      verdict: 'approve',
      reason: 'ok',
    })
    const { grantId } = decided.data
    await pass()
    const line = { id: newId('decision'), at: Date.parse(api.roll.now()), principalId, action: 'pg:SELECT', grantId }
    const text = JSON.stringify({
      ...line,
      resource: 'pg://main/shop/a',
      allowed: true,
      reason: 'granted',
      highRisk: true,
    })
    await writeDecisions(api.doors.access, api.roll.act('ada'), { source: 'spl_chain', lines: [{ seq: 1, text }] })
    await post(tokens.olga, `/v1/grants/${grantId}/end`, { because: 'done' })
    await pass()

    const whole = [
      'access_request.made',
      'access_request.approved',
      'grant.made',
      'access_request.granted',
      'grant.provisioning',
      'grant.activated',
      'decision.allowed_high_risk',
      'grant.ending',
      'grant.ended',
    ]
    const first = await chainOf(await entryOf('access_request.made', asked.id))
    assert.deepEqual([first.entry.type, ...types(first.after)], whole)
    assert.deepEqual(first.more, { before: false, after: false })
    assert.deepEqual(types(first.before), [])
    assert.ok(
      first.before.some(({ type }) => type.startsWith('token.')),
      'whose token it was',
    )

    const last = await chainOf(await entryOf('grant.ended', grantId ?? ''))
    const without = whole.filter((type) => type !== 'decision.allowed_high_risk' && type !== 'grant.ended')
    assert.deepEqual(types(last.before), without, 'the end does not rest on what was decided meanwhile')
    assert.deepEqual(last.after, [])

    const decision = await chainOf(await entryOf('decision.allowed_high_risk', principalId))
    assert.deepEqual(types(decision.before), whole.slice(0, 6))
    for (const { type, follows } of [...first.after, ...first.before]) {
      if (whole.includes(type)) assert.notDeepEqual(follows, [], `${type} says what it follows from`)
    }
  })

  test('of an emergency has its use, its grant and its review', async () => {
    const { tokens, api } = world
    const principalId = await registered('breaker')
    const asked = await post(tokens.olga, '/v1/access-requests', { ...RIGHT, principalId, kind: 'break_glass' })
    const open = await api.ask('GET', '/v1/break-glass?state=open', { token: tokens.petra })
    const [use] = open.body.items
    await post(tokens.petra, `/v1/grants/${asked.data.grantId}/end`, { because: 'it is up again' })
    await post(tokens.petra, `/v1/break-glass/${use.id}/review`, { verdict: 'justified', reason: 'it was' })
    const { after: followed } = await chainOf(await entryOf('access_request.made', asked.id))
    assert.deepEqual(types(followed), [
      'break_glass.used',
      'grant.made',
      'access_request.granted',
      'grant.ended',
      'break_glass.reviewed',
    ])
    const grant = await chainOf(await entryOf('grant.made', asked.id))
    assert.deepEqual(types(grant.before), ['access_request.made', 'break_glass.used'])
    const review = await chainOf(await entryOf('break_glass.reviewed', use.id))
    assert.ok(types(review.before).includes('break_glass.used'))
  })

  test('is cut at its limit, and says on which side there is more', async () => {
    const principalId = await registered('bounded')
    const asked = await post(world.tokens.olga, '/v1/access-requests', { principalId, ...RIGHT })
    const body = { verdict: 'approve', reason: 'ok' }
    const { data } = await post(world.tokens.petra, `/v1/access-requests/${asked.id}/decide`, body)
    await pass()
    const {
      before: behind,
      after: ahead,
      entry,
      more,
    } = await chainOf(await entryOf('grant.made', data['grantId'] ?? ''), 1)
    assert.deepEqual([behind.length, ahead.length, more], [1, 1, { before: true, after: true }])
    assert.ok((behind[0]?.seq ?? Infinity) < entry.seq && entry.seq < (ahead[0]?.seq ?? -1))
  })

  test('never comes back to where it was, whatever entries say that they follow from', async () => {
    const { evidence, access } = world.api.doors
    const [a, b] = [newId('entry'), newId('entry')]
    await access.db.transaction(async (tx) => {
      for (const [id, follows] of [
        [a, [a, b]],
        [b, [a, b]],
      ] as const) {
        await tx.execute(sql`insert into evidence.entry (id, layer, type, at, actor, subjects, follows)
          values (${id}, 'access', 'token.created', ${world.api.roll.now()}, 'reeve', '{}', ${[...follows]})`)
      }
    })
    await sequenceOnce(evidence, world.api.roll.now())
    const first = await readChain(evidence, { entryId: a, limit: 10 })
    const second = await readChain(evidence, { entryId: b, limit: 10 })
    const ids = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id)
    assert.deepEqual([ids(first.before), ids(first.after)], [[], [b]])
    assert.deepEqual([ids(second.before), ids(second.after)], [[a], []])
  })

  test('is as little to see for who may not read entries as the entries are', async () => {
    const id = await entryOf(
      'access_request.made',
      (await world.api.ask('GET', '/v1/access-requests', { token: world.tokens.petra })).body.items[0].id,
    )
    const answers = [id, newId('entry')].map((entryId) =>
      world.api.ask('GET', `/v1/entries/${entryId}/chain`, { token: world.tokens.mallory }),
    )
    assert.deepEqual(
      (await Promise.all(answers)).map(({ status }) => status),
      [403, 403],
    )
    const absent = await world.api.ask('GET', `/v1/entries/${newId('entry')}/chain`, { token: world.tokens.otto })
    assert.equal(absent.status, 404)
  })
})
