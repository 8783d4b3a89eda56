import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from '#kernel'
import type { Id, TeamFact } from '#kernel'
import type { LayerDatabase } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import { activationGaps } from '../principal/activation.ts'
import { assignOwner } from '../principal/assign-owner.ts'
import { registerPrincipal } from '../principal/register.ts'
import type { PersonRecord, TeamRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { OFFER, PERSON, PRINCIPAL, TEAM } from '../record/tables.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { feedInTest, personFacts } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { FIRST_ADMINISTRATORS } from './adopt.ts'
import { feedRows } from './feed-rows.ts'
import { humanIdOf, humanRef, personIdOf } from './human-principal.ts'
import { activeManagerOf, managerCircles } from './managers.ts'
import type { PersonNode } from './managers.ts'
import {
  actInTest,
  AT,
  all,
  entriesOf,
  insertPrincipals,
  layerInTest,
  principalInTest,
  versionsWithoutEntry,
} from './roll-in-test.ts'

const LATER = '2026-07-02T08:00:00.000Z'

test('circles of managers are found as a walk from everybody finds them', () => {
  const feed = fc.array(fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }), { maxLength: 12 })
  fc.assert(
    fc.property(feed, (managers) => {
      const people = new Map(
        managers.map((manager, at) => [`${at}`, manager === undefined ? {} : { managerFeedId: `${manager}` }]),
      )
      const up = (id: string): string | undefined => people.get(id)?.managerFeedId
      const inCircle = [...people.keys()].filter((start) => {
        let at = up(start)
        for (let step = 0; step < people.size && at !== undefined && at !== start; step++) at = up(at)
        return at === start
      })
      const circles = managerCircles(people)
      assert.deepEqual(circles.flat().sort(), inCircle.sort())
      for (const circle of circles) {
        for (const [at, id] of circle.entries()) assert.equal(up(id), circle[(at + 1) % circle.length])
      }
    }),
  )
})

test('the walk up the managers always ends, and never at one who cannot accept', () => {
  const status = fc.constantFrom('active', 'leaver', 'on_leave', 'unknown')
  const nodes = fc.array(fc.record({ status, manager: fc.option(fc.integer({ min: 0, max: 9 })) }), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(nodes, (given) => {
      const people = new Map<string, PersonNode>(
        given.map(({ status: is, manager }, at) => [
          `${at}`,
          {
            id: personIdOf(`${at}`),
            feedId: `${at}`,
            status: is,
            ...(manager === null ? {} : { managerFeedId: `${manager}` }),
          },
        ]),
      )
      for (const person of people.values()) {
        const found = activeManagerOf(person, people)
        if ('id' in found) assert.equal([...people.values()].find(({ id }) => id === found.id)?.status, 'active')
        if ('id' in found) assert.notEqual(found.id, person.id)
      }
    }),
  )
})

test('any row whatever is either in the feed or a problem with its line', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('', ' ', 'a', '\u0000', '\ud800', 'x'.repeat(5000)),
  )
  const rows = fc.array(fc.record({ id: text, name: text, emails: fc.array(text), managerId: text, teamId: text }), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(rows, (given) => {
      const { people, problems } = feedRows({ source: 's', people: personFacts(given), teams: [], complete: true }, AT)
      const ids = new Set(given.map(({ id }) => id.trim().toWellFormed()))
      for (const [feedId, row] of people) {
        assert.ok(ids.has(feedId) && feedId.length <= 200 && row.name.length <= 200 && row.name !== '')
        assert.ok(row.emails.every((email) => email.length <= 320 && email.isWellFormed()))
      }
      const lost = given.filter((row, at) => {
        const id = row.id.trim().toWellFormed()
        return people.get(id)?.place.startLine !== at + 2
      })
      assert.ok(problems.length >= lost.length)
      assert.ok(problems.every(({ startLine, message }) => startLine !== undefined && message.length < 500))
    }),
  )
})

describe('a people feed', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const apply = (rows: readonly PersonWords[], more = {}, at = LATER) =>
    applyPeopleFeed(identity, actInTest(at), feedInTest(rows, more))
  const people = async () => new Map((await all<PersonRecord>(identity, PERSON)).map(({ data }) => [data.feedId, data]))
  const crowd = (count: number, status?: 'leaver'): PersonWords[] =>
    Array.from({ length: count }, (_, at) => ({ id: `p${at}`, ...(status === undefined ? {} : { status }) }))
  const owned = (by: string) =>
    principalInTest(`of-${by}`, {
      owner: { party: { kind: 'person', id: personIdOf(by) }, from: 'stated', reason: 'x' },
    })

  test('makes each person a principal of kind human, active without an owner, and the entry says so', async () => {
    const outcome = await apply([{ id: 'a', emails: ['A@x.example'], handles: ['a'], teamId: 't' }])
    assert.deepEqual([outcome.joined, outcome.teamsRecorded, outcome.unchanged], [1, 1, 0])
    const human = (await all<PrincipalRecord>(identity, PRINCIPAL)).find(({ id }) => id === humanIdOf('a'))
    assert.equal(human?.data.kind, 'human')
    assert.equal(human?.data.state, 'active')
    assert.equal(human.data.owner, undefined)
    assert.deepEqual(activationGaps(human.data), [])
    const [entry] = await entriesOf(of, humanIdOf('a'))
    assert.deepEqual([entry?.type, entry?.content], ['principal.registered', { kind: 'human', state: 'active' }])
    assert.equal(human?.data.personId, personIdOf('a'))
    assert.equal((await people()).get('a')?.principalId, humanIdOf('a'))
    assert.deepEqual((await people()).get('a')?.emails, ['a@x.example'])
  })

  test('that was applied changes nothing when it comes again, in whatever order', async () => {
    const rows: PersonWords[] = [
      { id: 'a', emails: ['one@x', 'two@x'], handles: ['h'], managerId: 'b', teamId: 't' },
      { id: 'b', emails: ['one@x'], status: 'on_leave' },
      { id: 'c', name: 'n'.repeat(300), status: 'leaver' },
      { id: 'd', name: '\ud800 lone', status: 'unknown' },
    ]
    const teams: TeamFact[] = [
      { type: 'team', teamId: 't', name: 'Team', leadId: 'a', provenance: { connector: 'people', file: 'teams.csv' } },
    ]
    await apply(rows, { teams })
    const before = (await entriesOf(of)).length
    const same = (outcome: {
      joined: number
      changed: number
      moved: number
      unchanged: number
      teamsChanged: number
    }) =>
      assert.deepEqual(
        [outcome.joined, outcome.changed, outcome.moved, outcome.unchanged, outcome.teamsChanged],
        [0, 0, 0, 4, 0],
      )
    same(await apply(rows, { teams }, '2026-07-03T00:00:00.000Z'))
    same(await apply(rows.toReversed(), { teams }, '2026-07-04T00:00:00.000Z'))
    assert.equal((await entriesOf(of)).length, before)
  })

  test('that marks nine in ten as leavers is held as a whole, and shown; the rest of it applies', async () => {
    await apply(crowd(20))
    const [id] = await identity.db.transaction((tx) => insertPrincipals(tx, [owned('p0')]))
    const feed = [...crowd(18, 'leaver'), { id: 'p18' }, { id: 'p19', name: 'Renamed' }, { id: 'new' }]
    const outcome = await apply(feed)
    assert.equal(outcome.held?.leavers, 18)
    assert.equal(outcome.held?.people, 20)
    assert.equal(outcome.held?.shareMax, 0.2)
    assert.deepEqual([outcome.left, outcome.joined, outcome.changed], [0, 1, 1])
    assert.equal((await people()).get('p0')?.status, 'active')
    const principal = (await all<PrincipalRecord>(identity, PRINCIPAL)).find((one) => one.id === id)
    assert.ok(principal?.data.owner)
    const held = (await entriesOf(of)).find(({ type }) => type === 'people_feed.held')
    assert.deepEqual(held?.content, {
      source: 'hr',
      leavers: 18,
      missing: 0,
      leftBefore: 0,
      people: 20,
      shareMax: 0.2,
    })
    // again: still held, and not said twice
    assert.equal((await apply(feed)).held?.leavers, 18)
    assert.equal((await entriesOf(of)).filter(({ type }) => type === 'people_feed.held').length, 1)
    const confirmed = await apply(feed, { confirmLeavers: true })
    assert.deepEqual([confirmed.left, confirmed.held], [18, undefined])
    assert.deepEqual(
      confirmed.leavers.flatMap(({ orphaned }) => orphaned.map(({ principalId }) => principalId)),
      [id],
    )
  })

  test('that is held cannot be let through by joiners, and is let go when the source takes it back', async () => {
    await apply(crowd(20))
    const joiners = Array.from({ length: 200 }, (_, at) => ({ id: `j${at}` }))
    const bad = [...crowd(10, 'leaver'), ...crowd(20).slice(10), ...joiners]
    assert.equal((await apply(bad)).held?.leavers, 10)
    assert.equal((await apply(bad)).held?.leavers, 10)
    const good = [...crowd(1, 'leaver'), ...crowd(20).slice(1), ...joiners]
    const outcome = await apply(good)
    assert.deepEqual([outcome.held, outcome.left], [undefined, 1])
  })

  test('within the bound is applied: a fifth of fifty, and four of four', async () => {
    await apply(crowd(50))
    assert.equal((await apply([...crowd(10, 'leaver'), ...crowd(50).slice(10)])).left, 10)
    const few = feedInTest([{ id: 'x' }, { id: 'y' }], { source: 'small' })
    await applyPeopleFeed(identity, actInTest(LATER), few)
    const gone = feedInTest(
      [
        { id: 'x', status: 'leaver' },
        { id: 'y', status: 'leaver' },
      ],
      { source: 'small' },
    )
    assert.equal((await applyPeopleFeed(identity, actInTest('2026-07-04T08:00:00.000Z'), gone)).left, 2)
  })

  test('says who is missing; only a complete one makes leavers of them, with why', async () => {
    await apply(crowd(10))
    const partial = await apply(crowd(10).slice(1), { complete: false })
    assert.deepEqual([partial.left, partial.missing], [0, []])
    const whole = await apply(crowd(10).slice(1))
    assert.deepEqual([whole.left, whole.missing, whole.leavers[0]?.missing], [1, [personIdOf('p0')], true])
    assert.equal((await people()).get('p0')?.status, 'leaver')
    const again = await apply(crowd(10).slice(1))
    assert.deepEqual([again.left, again.missing], [0, []])
  })

  test('in which a row was refused is not complete: who seems to be missing may be that row', async () => {
    await apply(crowd(10))
    const outcome = await apply([{ id: 'x'.repeat(300) }, ...crowd(10).slice(1)])
    assert.deepEqual([outcome.left, outcome.missing, outcome.problemCount], [0, [], 1])
  })

  test('that is empty and says that it is complete is held, however few there are', async () => {
    await apply(crowd(3))
    const outcome = await apply([])
    assert.deepEqual([outcome.held?.missing, outcome.left], [3, 0])
  })

  test('keeps the rest when rows are bad: each is a problem with its line', async () => {
    const outcome = await apply([
      { id: '' },
      { id: 'a', name: 'x'.repeat(1_000_000), emails: ['same@x'] },
      { id: 'a', name: 'twin' },
      { id: 'b', emails: ['same@x', `${'y'.repeat(400)}@x`] },
      { id: 'nul\u0000' },
      { id: 'c', managerId: 'z'.repeat(1_000_000) },
    ])
    assert.deepEqual(new Set(outcome.problems.map(({ startLine }) => startLine)), new Set([2, 3, 4, 5, 6, 7]))
    assert.equal(outcome.joined, 3)
    const roll = await people()
    assert.deepEqual([...roll.keys()].sort(), ['a', 'b', 'c'])
    assert.equal(roll.get('a')?.name.length, 200)
    assert.deepEqual([roll.get('a')?.emails, roll.get('b')?.emails], [['same@x'], []])
  })

  test('whose identifier somebody registered by hand leaves that row out and names the record', async () => {
    const taken = await registerPrincipal(identity, actInTest(), {
      kind: 'human',
      nativeType: 'person',
      system: 'people',
      externalId: 'a',
      name: 'by hand',
      refs: [humanRef('a')],
    })
    const outcome = await apply([{ id: 'a' }, { id: 'b' }])
    assert.equal(outcome.joined, 1)
    assert.match(outcome.problems[0]?.message ?? '', new RegExp(taken.id))
  })

  test('takes over who was entered before there was one, so that a first administrator can leave', async () => {
    await apply([{ id: 'admin', name: 'Entered' }], { source: FIRST_ADMINISTRATORS, complete: false })
    await apply([{ id: 'admin', name: 'Entered' }])
    assert.equal((await people()).get('admin')?.source, 'hr')
    const byHand = await apply([{ id: 'admin', name: 'Other' }], { source: FIRST_ADMINISTRATORS, complete: false })
    assert.deepEqual([byHand.changed, byHand.problemCount], [0, 1])
    assert.equal((await apply([{ id: 'admin', name: 'Entered', status: 'leaver' }])).left, 1)
  })

  test('that is broken off between two transactions goes on where it stopped, and ends as if it had not been', async () => {
    const rows: PersonWords[] = [
      { id: 'boss' },
      ...Array.from({ length: 40 }, (_, at) => ({ id: `q${at}`, managerId: 'boss', teamId: `t${at % 5}` })),
    ]
    const next = rows.map((row, at) =>
      at === 0 ? row : at <= 8 ? { ...row, status: 'leaver' as const } : { ...row, teamId: 'moved' },
    )
    await apply(rows)
    await identity.db.transaction((tx) =>
      insertPrincipals(
        tx,
        rows.map(({ id }) => owned(id)),
      ),
    )
    for (let kill = 1; ; kill++) {
      const dying = { ...identity, db: dyingAfter(identity.db, 1) }
      const broken = await applyPeopleFeed(dying, actInTest(LATER), feedInTest(next), 5).catch(
        (error: unknown) => error,
      )
      const principals = (await all<PrincipalRecord>(identity, PRINCIPAL)).map(({ data }) => data)
      const now = await people()
      // at every moment: who left owns nothing, who did not lost nothing
      for (const { name, owner } of principals.filter((one) => one.kind !== 'human')) {
        const of_ = now.get(name.slice('of-'.length))
        assert.equal(owner === undefined, of_?.status === 'leaver', name)
      }
      if (!(broken instanceof Fault)) break
      assert.ok(kill < 20)
    }
    const offers = await all(identity, OFFER)
    assert.equal(offers.length, 8)
    const end = await apply(next)
    assert.deepEqual([end.unchanged, end.remaining, end.left, end.moved], [41, 0, 0, 0])
    assert.equal((await all<TeamRecord>(identity, TEAM)).length, 6)
  })

  test('in steps tells the whole, and under one idempotency key happens once', async () => {
    await apply(crowd(30))
    const feed = feedInTest([
      ...crowd(4, 'leaver'),
      ...crowd(30)
        .slice(4)
        .map(({ id }) => ({ id, teamId: 't' })),
    ])
    const idempotency = { client: 'c', key: 'k', request: {} }
    const act = actInTest(LATER, { idempotency })
    const first = await applyPeopleFeed(identity, act, feed, 7)
    assert.deepEqual([first.left, first.moved, first.remaining, first.leavers.length], [4, 26, 0, 4])
    assert.deepEqual(await applyPeopleFeed(identity, act, feed, 7), first)
  })

  test('two at once, one after the other: nothing is doubled', async () => {
    const rows = crowd(40)
    await Promise.all([apply(rows), apply(rows), apply(rows)])
    assert.equal((await people()).size, 40)
    const ids = (await entriesOf(of)).filter(({ type }) => type === 'person.joined')
    assert.equal(ids.length, 40)
  })

  test('making somebody an owner and their leaving do not pass each other unseen', async () => {
    const assigned = new Set<string>()
    await apply(crowd(10))
    const ids = await identity.db.transaction((tx) =>
      insertPrincipals(
        tx,
        Array.from({ length: 8 }, (_, at) => principalInTest(`n${at}`)),
      ),
    )
    const owner = { kind: 'person' as const, id: personIdOf('p0') }
    const assign = (id: string) => assignOwner(identity, actInTest(LATER), { id, owner, reason: 'x' })
    const settled = await Promise.allSettled([
      ...ids.slice(0, 4).map(assign),
      apply([...crowd(1, 'leaver'), ...crowd(10).slice(1)]).then(() => undefined),
      ...ids.slice(4).map(assign),
    ])
    for (const one of settled) {
      if (one.status === 'rejected') assert.ok(one.reason instanceof Fault && one.reason.code === 'unprocessable')
      else if (one.value !== undefined) assigned.add(one.value.id)
    }
    const orphans = (await all<PrincipalRecord>(identity, PRINCIPAL)).filter(
      ({ data }) => data.orphanedAt !== undefined,
    )
    assert.deepEqual(new Set(orphans.map(({ id }) => id)), assigned)
    assert.equal((await people()).get('p0')?.status, 'leaver')
    const still = (await all<PrincipalRecord>(identity, PRINCIPAL)).filter(
      ({ data }) => data.owner?.party.id === personIdOf('p0'),
    )
    assert.deepEqual(
      still.map(({ id }) => id as Id<'principal'>),
      [],
    )
  })
})

/** A database that is gone after `count` transactions were committed. */
function dyingAfter(db: LayerDatabase, count: number): LayerDatabase {
  let left = count
  return {
    layer: db.layer,
    prepared: (name, text, values) => db.prepared(name, text, values),
    transaction: (work, options) => {
      if (left-- > 0) return db.transaction(work, options)
      throw new Fault('database_unavailable', 'killed by the test')
    },
  }
}
