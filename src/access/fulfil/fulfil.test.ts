import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { deriveId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql, violated } from '#db'
import type { Current } from '#db/history'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { facts, policies, principalId } from '../decide/state-in-test.ts'
import { DecisionState } from '../decide/index.ts'
import { partOfState } from '../feed/read-state.ts'
import { endGrant } from '../grant/end-grant.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import { narrowGrant } from '../grant/narrow-grant.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { AccessLayer } from '../observe/records.ts'
import { keepGrants } from './keeper-in-test.ts'
import { GrantKeeper } from './keep-grants.ts'
import type { GrantFulfiller } from './port.ts'
import { fulfillerInTest, targetInTest } from './target-in-test.ts'
import type { TargetInTest } from './target-in-test.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')
type Right = Parameters<GrantFulfiller['reaches']>[0]

const OPEN = 'forbid(principal, action, resource) when { context.request has never };'

describe('a grant at its target', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let access: AccessLayer
  let target: TargetInTest
  let state: DecisionState
  let seconds = 0
  const now = (): Instant => new Date(START + seconds * 1000).toISOString() as Instant
  const later = (more: number): Instant => new Date(START + (seconds + more) * 1000).toISOString() as Instant
  const act = (): Act => ({ actor: { id: deriveId('person', 'ada') }, at: now() })
  const pass = async (afterSeconds = 0): Promise<void> => {
    seconds += afterSeconds
    state.knownAt = START + seconds * 1000
    await keepGrants({ access, state: () => state, signal: new AbortController().signal })
  }
  const made = async (more: { resources?: string[]; seconds?: number; who?: string } = {}): Promise<string> => {
    const until = new Date(START + (seconds + (more.seconds ?? 3600)) * 1000).toISOString() as Instant
    const right = {
      kind: 'just_in_time',
      actions: ['pg:SELECT'],
      resources: more.resources ?? ['pg://main/shop/*'],
    } as const
    return (await grantInTest(access, act(), { principalId: principalId(more.who ?? 'app'), ...right, until })).id
  }
  const grant = async (id: string): Promise<GrantRecord> => {
    const [row] = await access.db.transaction((tx) =>
      tx.query<Current<GrantRecord>>(sql`select data from access.access_grant where id = ${id}`),
    )
    if (row === undefined) throw new Error('it was made')
    return row.data
  }
  const entries = async (id: string): Promise<string[]> =>
    (
      await base.database
        .layer('evidence')
        .transaction((tx) =>
          tx.query<{ type: string }>(sql`select type from evidence.entry where ${id} = any(subjects) order by ordinal`),
        )
    ).map(({ type }) => type)
  /** As a decision point is told of it. */
  const inForce = async (id: string): Promise<boolean> => {
    const [change] = await Array.fromAsync(
      partOfState({ identity: undefined as never, access: access.db }, 'grant', [id]),
    )
    if (change?.kind !== 'grant') throw new Error('it is told')
    const { from, until, ended } = change.grant
    return from <= Date.parse(now()) && !ended && (until ?? Infinity) > Date.parse(now())
  }

  before(async () => {
    base = await testDatabase()
    target = await targetInTest()
    access = { db: base.database.layer('access'), clock: now, fulfillers: [fulfillerInTest(target.url)] }
    state = new DecisionState()
    state.putPrincipal(facts('app'))
    state.putPolicies(await policies(state, OPEN))
  })
  after(async () => {
    await target.stop()
    await base.close()
  })
  afterEach(() => {
    target.always = undefined
    target.faults.length = 0
  })

  test('tells what each attempt at its end saw of what it left, in its record and in its entry', async () => {
    const answers: Awaited<ReturnType<GrantFulfiller['end']>>[] = [
      { done: false, reason: 'one database is away', left: ['table a: keeper owns it now'] },
      { done: false, reason: 'still away' },
      { done: true, left: ['table b: keeper owns it now', 'table a: keeper owns it now'] },
    ]
    const usual = access.fulfillers ?? []
    const telling = usual.map((one) => ({
      ...one,
      end: async (...asked: Parameters<GrantFulfiller['end']>) => {
        await one.end(...asked)
        return answers.shift() ?? { done: true as const }
      },
    }))
    access = { ...access, fulfillers: telling }
    const id = await made()
    await pass()
    await endGrant(access, act(), { id, because: 'done' })
    const seen: unknown[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      await pass(60)
      const { state: at, fulfilment } = await grant(id)
      seen.push([at, fulfilment?.left?.length])
    }
    access = { ...access, fulfillers: usual }
    assert.deepEqual(seen, [
      ['ending', 1],
      ['ending', 1],
      ['ended', 2],
    ])
    const [entry] = await base.database
      .layer('evidence')
      .transaction((tx) =>
        tx.query<{ left: string[] }>(
          sql`select content -> 'left' as left from evidence.entry where ${id} = any(subjects) and type = 'grant.ended'`,
        ),
      )
    assert.deepEqual(entry?.left, ['table a: keeper owns it now', 'table b: keeper owns it now'])
  })

  test('is narrowed there: out of force until its target has been told, then less in both places', async () => {
    const less = { resources: ['pg://main/shop/public.orders'] }
    const id = await made()
    await pass()
    await narrowGrant(access, act(), { id, because: 'less', ...less })
    assert.deepEqual([(await grant(id)).state, await inForce(id)], ['provisioning', false])
    const told = target.rights.get(id)?.fence ?? 0
    await pass()
    assert.deepEqual([(await grant(id)).state, await inForce(id)], ['active', true])
    const there = target.rights.get(id)
    assert.deepEqual([there?.held, there?.grant.resources], [true, less.resources])
    assert.ok((there?.fence ?? 0) > told, 'a call of before that arrives late counts for nothing')
    const [type, ...more] = (await entries(id)).slice(-2)
    assert.deepEqual([type, more], ['grant.narrowed', ['grant.activated']])
    await narrowGrant(access, act(), { id, because: 'for less long', until: later(60) })
    await pass()
    await pass(61)
    assert.deepEqual([(await grant(id)).state, target.rights.get(id)?.held], ['ended', false])
    await assert.rejects(narrowGrant(access, act(), { id, because: 'less', ...less }), { code: 'conflict' })
  })

  test('what is narrowed before its target has it, or while that is told, arrives there narrowed', async () => {
    const less = { resources: ['pg://main/shop/public.orders'] }
    const early = await made()
    await narrowGrant(access, act(), { id: early, because: 'less', ...less })
    assert.equal((await grant(early)).state, 'approved')
    await pass()
    assert.deepEqual(target.rights.get(early)?.grant.resources, less.resources)
    const meanwhile = await made()
    let narrowed: Promise<unknown> = Promise.resolve()
    target.faults.push({
      after: () => {
        narrowed = narrowGrant(access, act(), { id: meanwhile, because: 'less', ...less })
      },
    })
    await pass()
    await narrowed
    await pass()
    assert.equal((await grant(meanwhile)).state, 'active')
    assert.deepEqual(target.rights.get(meanwhile)?.grant.resources, less.resources)
  })

  test('where its target can not narrow it, it ends: nobody keeps more than the record says', async () => {
    const id = await made()
    await pass()
    await narrowGrant(access, act(), { id, because: 'less', actions: ['pg:SELECT'], until: later(600) })
    target.faults.push('refuses', 'refuses', 'refuses', 'refuses', 'refuses')
    for (let attempt = 0; attempt < 6; attempt++) await pass(60)
    assert.deepEqual([(await grant(id)).state, target.rights.get(id)?.held], ['ended', false])
  })

  test('is given there before it is in force here, and seen to be refused there before it has ended', async () => {
    const id = await made()
    assert.deepEqual([(await grant(id)).state, await inForce(id)], ['approved', false])
    await pass()
    const { state: then, fulfilment, requestId } = await grant(id)
    assert.deepEqual([then, await inForce(id)], ['active', true])
    assert.deepEqual(target.rights.get(id)?.held, true)
    const told = target.rights.get(id)?.grant
    assert.deepEqual([told?.requestId, told?.decisionId], [requestId, fulfilment?.decisionId])
    assert.match(fulfilment?.decisionId ?? '', /^dec_/)
    await pass(3600)
    const over = await grant(id)
    assert.equal(over.state, 'ended')
    assert.equal(over.fulfilment?.answer, 'permission denied (42501)')
    assert.equal(target.rights.get(id)?.held, false)
    assert.deepEqual(await entries(id), [
      'grant.made',
      'grant.provisioning',
      'grant.activated',
      'grant.ending',
      'grant.ended',
    ])
  })

  test('a right at no target is in force at once, and its record ends with its time', async () => {
    const id = await made({ resources: ['k8s://prod/*'] })
    assert.equal((await grant(id)).state, 'active')
    await pass(3600)
    assert.equal((await grant(id)).state, 'ended')
    assert.equal(
      target.calls.some((call) => call.includes(id)),
      false,
    )
  })

  test('whoever may not be trusted any more when it begins gets nothing', async () => {
    const id = await made({ who: 'held' })
    state.putPrincipal(facts('held', { state: 'quarantined' }))
    await pass()
    const { state: then, ended } = await grant(id)
    assert.deepEqual([then, ended?.because.split(':')[0]], ['ended', 'quarantined'])
    assert.equal(target.rights.has(id), false)
  })

  test('a policy of today counts, not only that of the day on which it was asked for', async () => {
    const id = await made()
    state.putPolicies(await policies(state, 'forbid(principal, action == Action::"pg:SELECT", resource);', 'pol_2'))
    await pass()
    state.putPolicies(await policies(state, OPEN, 'pol_3'))
    assert.deepEqual([(await grant(id)).state, target.rights.has(id)], ['ended', false])
  })

  test('whoever is held while it is in force has it no longer at the target', async () => {
    state.putPrincipal(facts('shaky'))
    const id = await made({ who: 'shaky' })
    await pass()
    assert.equal(target.rights.get(id)?.held, true)
    state.putPrincipal(facts('shaky', { state: 'quarantined', version: 2 }))
    await pass()
    assert.deepEqual([(await grant(id)).state, target.rights.get(id)?.held], ['ended', false])
  })

  test('a target that is down is asked again, ever later, and what it never gave is taken away', async () => {
    target.always = 'down'
    const id = await made()
    await pass()
    assert.equal((await grant(id)).state, 'provisioning')
    assert.match((await grant(id)).fulfilment?.reason ?? '', /could not be asked/)
    for (const wait of [1, 2, 4, 8]) await pass(wait)
    const { state: then, ended } = await grant(id)
    assert.equal(then, 'ending')
    assert.match(ended?.because ?? '', /could not be given/)
    target.always = undefined
    await pass(1)
    assert.equal((await grant(id)).state, 'ended')
  })

  test('a clock that is set back keeps nothing waiting that is under way, and nothing is tried without pause', async () => {
    const [ending, beginning, left] = [await made({ seconds: 60 }), await made({ seconds: 7200 }), await made()]
    target.faults.push(undefined, 'down')
    await pass()
    const states = async (): Promise<string[]> =>
      await Promise.all([ending, beginning, left].map(async (id) => (await grant(id)).state))
    assert.deepEqual((await states()).toSorted(), ['active', 'active', 'provisioning'])
    target.always = 'refuses'
    await endGrant(access, act(), { id: left, because: 'done' })
    await pass(60)
    assert.deepEqual((await states())[0], 'ending')
    for (const wait of [1, 2, 4, 8]) await pass(wait)
    assert.deepEqual((await states())[2], 'unproven')
    const asked = target.calls.length
    await pass(-31 * 24 * 3600)
    assert.equal(target.calls.filter((call) => call.endsWith(left)).length > 0, true)
    assert.ok(target.calls.length > asked, 'each is looked at once')
    const once = target.calls.length
    await pass()
    assert.equal(target.calls.length, once, 'and then when it is due by this clock')
    target.always = undefined
    await pass(3600)
    assert.deepEqual([(await states())[0], (await states())[2]], ['ended', 'ended'])
    seconds += 31 * 24 * 3600
    await pass()
  })

  test('a target that hangs keeps the end of no grant at another waiting', async () => {
    let hung = 0
    const hangs = async (): Promise<never> => {
      hung++
      return await new Promise<never>(() => undefined)
    }
    const other: GrantFulfiller = {
      name: 'other',
      reaches: ({ resources }) => resources.includes('pg://hung/*'),
      activate: hangs,
      end: hangs,
      verify: hangs,
    }
    const here = fulfillerInTest(target.url)
    const both = { ...access, fulfillers: [{ ...here, reaches: (right: Right) => !other.reaches(right) }, other] }
    const keeper = new GrantKeeper(200)
    const stopping = new AbortController()
    const once = async (): Promise<string> => {
      state.knownAt = START + seconds * 1000
      return await keeper.pass({ access: both, state: () => state, signal: stopping.signal })
    }
    const right = { principalId: principalId('app'), kind: 'just_in_time', actions: ['pg:SELECT'] } as const
    for (const hour of [1, 2, 3])
      await grantInTest(both, act(), { ...right, resources: ['pg://hung/*'], until: later(hour * 3600) })
    const { id } = await grantInTest(both, act(), { ...right, resources: ['pg://main/*'], until: later(60) })
    await once()
    assert.deepEqual([(await grant(id)).state, hung], ['active', 3])
    seconds += 60
    await once()
    assert.deepEqual([(await grant(id)).state, hung], ['ended', 3], 'what is under way is not begun again')
    stopping.abort()
    await keeper.settled()
  })

  test('a target that says it ended and still lets in is unproven, with what it said; nothing is in force here', async () => {
    const id = await made()
    await pass()
    target.always = 'keeps it'
    await endGrant(access, act(), { id, because: 'done' })
    assert.equal((await grant(id)).state, 'ending')
    for (const wait of [0, 1, 2, 4, 8]) await pass(wait)
    const left = await grant(id)
    assert.deepEqual([left.state, left.fulfilment?.reason], ['unproven', 'the right still holds'])
    assert.equal(await inForce(id), false)
    assert.ok((await entries(id)).includes('grant.unproven'))
    target.always = undefined
    await pass(3600)
    assert.equal((await grant(id)).state, 'ended')
  })

  test('an end that is asked for once more tries what is unproven at once', async () => {
    const id = await made()
    await pass()
    target.always = 'refuses'
    await endGrant(access, act(), { id, because: 'done' })
    for (const wait of [0, 1, 2, 4, 8]) await pass(wait)
    assert.equal((await grant(id)).state, 'unproven')
    target.always = undefined
    await endGrant(access, act(), { id, because: 'the target was mended' })
    await pass()
    const { state: then, ended } = await grant(id)
    assert.deepEqual([then, ended?.because], ['ended', 'done'])
  })

  test('one that is ended before it began is never told to its target', async () => {
    const id = await made()
    await endGrant(access, act(), { id, because: 'not needed' })
    await pass()
    assert.deepEqual([(await grant(id)).state, target.rights.has(id)], ['ended', false])
  })

  test('one that is ended while its target is told ends there too', async () => {
    const id = await made()
    let ended: Promise<unknown> | undefined
    target.faults.push({ after: () => void (ended = endGrant(access, act(), { id, because: 'changed my mind' })) })
    await pass()
    await ended
    for (let passes = 0; passes < 3; passes++) await pass(1)
    assert.deepEqual([(await grant(id)).state, target.rights.get(id)?.held], ['ended', false])
  })

  test('PostgreSQL refuses steps that there are not, and an end that nobody saw', async () => {
    const id = await made()
    await pass()
    const set = (path: string, value: string): Promise<unknown> =>
      access.db.transaction((tx) =>
        tx.execute(sql`update access.access_grant
          set data = jsonb_set(data, ${path}::text[], ${JSON.stringify(value)}::jsonb) where id = ${id}`),
      )
    const refused = (constraint: string) => (error: unknown) => violated(error)?.constraint === constraint
    await assert.rejects(set('{state}', 'ended'), refused('access_grant_step'))
    await assert.rejects(set('{state}', 'approved'), refused('access_grant_step'))
    await assert.rejects(set('{fulfilment,by}', 'another'), refused('access_grant_step'))
    await set('{state}', 'ending')
    await assert.rejects(set('{state}', 'ended'), refused('access_grant_seen_ended'))
  })

  test('a right that lies at two targets is not asked for at once', async () => {
    const two = {
      ...access,
      fulfillers: [fulfillerInTest(target.url), { ...fulfillerInTest(target.url), name: 'other' }],
    }
    const right = { principalId: principalId('app'), actions: ['pg:SELECT'], resources: ['pg://main/*'] }
    await assert.rejects(grantInTest(two, act(), right), /several targets/)
  })

  test('five hundred and more end in one pass after another, and what cannot be decided is not asked about without pause', async () => {
    const ids = await Promise.all(Array.from({ length: 510 }, async () => await made({ seconds: 60 })))
    const once = async (): Promise<string> =>
      await keepGrants({ access, state: () => state, signal: new AbortController().signal })
    state.knownAt = -Infinity
    assert.equal(await once(), 'done', 'nothing is known: later')
    state.knownAt = START + seconds * 1000
    assert.equal(await once(), 'more')
    while ((await once()) === 'more');
    assert.equal(ids.filter((id) => target.rights.get(id)?.held === true).length, ids.length)
    await pass(60)
    while ((await once()) === 'more');
    assert.equal(ids.filter((id) => target.rights.get(id)?.held !== false).length, 0)
  })
})
