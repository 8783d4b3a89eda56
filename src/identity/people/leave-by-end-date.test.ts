// A last day that passes makes a leaver, without a feed on that day.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { humanIdOf, personIdOf } from './human-principal.ts'
import { leaveByEndDate } from './leave-by-end-date.ts'
import { actInTest, all, entriesOf, insertPrincipals, layerInTest, principalInTest } from './roll-in-test.ts'

const END = '2026-07-10T00:00:00.000Z' as Instant

describe('people whose last day is known', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  const changed: string[] = []
  beforeEach(async () => {
    of = await testDatabase()
    changed.length = 0
    identity = { ...layerInTest(of), onPrincipalChanged: (ids) => void changed.push(...ids) }
  })
  afterEach(() => of.close())
  const apply = (rows: readonly PersonWords[], at?: string, more = {}) =>
    applyPeopleFeed(identity, actInTest(at), feedInTest(rows, more))
  const upkeep = (at: string) => leaveByEndDate(identity, actInTest(at, { actor: { id: 'reeve' } }))
  const crowd = (count: number, endAt?: Instant): PersonWords[] =>
    Array.from({ length: count }, (_, at) => ({ id: `p${at}`, ...(endAt === undefined ? {} : { endAt }) }))

  test('are there on that day and have left on the next: what they owned is an orphan and their manager is asked', async () => {
    await apply([{ id: 'boss' }, { id: 'a', managerId: 'boss', endAt: END }])
    const owner = { party: { kind: 'person', id: personIdOf('a') }, from: 'stated', reason: 'x' } as const
    const [owned] = await identity.db.transaction((tx) => insertPrincipals(tx, [principalInTest('job', { owner })]))
    assert.equal(await upkeep('2026-07-10T23:59:59.000Z'), undefined)
    const outcome = await upkeep('2026-07-11T00:00:00.000Z')
    assert.deepEqual(
      outcome?.leavers.map(({ feedId, orphaned }) => [feedId, orphaned]),
      [['a', [{ principalId: owned, offeredTo: personIdOf('boss') }]]],
    )
    const human = (await all<PrincipalRecord>(identity, PRINCIPAL)).find(({ id }) => id === humanIdOf('a'))
    assert.equal(human?.data.state, 'quarantined')
    assert.ok(changed.includes(humanIdOf('a')) && changed.includes(owned ?? ''))
    assert.equal(await upkeep('2026-07-12T00:00:00.000Z'), undefined)
    const again = await apply([{ id: 'boss' }, { id: 'a', managerId: 'boss', endAt: END }], '2026-07-12T00:00:00.000Z')
    assert.deepEqual([again.unchanged, again.returned], [2, 0])
  })

  test('are held when they are too many at once, said once, and leave when their feed is confirmed', async () => {
    await apply([...crowd(10, END), ...crowd(20).slice(10)])
    const at = '2026-07-12T00:00:00.000Z'
    const outcome = await upkeep(at)
    assert.deepEqual([outcome?.held?.leavers, outcome?.held?.people, outcome?.left], [10, 20, 0])
    assert.equal((await upkeep('2026-07-12T01:00:00.000Z'))?.held?.leavers, 10)
    assert.equal((await entriesOf(of)).filter(({ type }) => type === 'people_feed.held').length, 1)
    const feed = [...crowd(10, END), ...crowd(20).slice(10)]
    assert.equal((await apply(feed, '2026-07-12T02:00:00.000Z')).held?.leavers, 10)
    assert.equal((await apply(feed, '2026-07-12T03:00:00.000Z', { confirmLeavers: true })).left, 10)
    assert.equal((await upkeep('2026-07-12T04:00:00.000Z'))?.held, undefined)
  })
})
