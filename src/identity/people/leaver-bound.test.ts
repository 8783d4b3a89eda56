// The bound on leavers holds over a day and over all feeds.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Id } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PersonRecord } from '../record/people-records.ts'
import { PERSON } from '../record/tables.ts'
import { FIRST_ADMINISTRATORS } from './adopt.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { actInTest, all, entriesOf, layerInTest } from './roll-in-test.ts'

const day = (number: number, time = '08:00:00'): string => `2026-07-${String(number).padStart(2, '0')}T${time}.000Z`

describe('leavers', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(() => of.close())
  const apply = (at: string, rows: readonly PersonWords[], more = {}) =>
    applyPeopleFeed(identity, actInTest(at), feedInTest(rows, { complete: false, ...more }))
  const crowd = (from: number, to: number, status: 'active' | 'leaver' = 'active'): PersonWords[] =>
    Array.from({ length: to - from }, (_, at) => ({ id: `p${from + at}`, status }))
  const here = async () =>
    (await all<PersonRecord>(identity, PERSON)).filter(({ data }) => data.status !== 'leaver').length

  test('in nine feeds of four are as many as in one feed of 36: a fifth of forty leaves, the rest waits', async () => {
    await apply(day(1), crowd(0, 40))
    const outcomes = []
    for (let feed = 0; feed < 9; feed++) {
      const four = crowd(feed * 4, feed * 4 + 4, 'leaver')
      outcomes.push(await apply(day(5, `0${feed}:00:00`), four))
    }
    assert.deepEqual(
      outcomes.map(({ left }) => left),
      [4, 4, 0, 0, 0, 0, 0, 0, 0],
    )
    assert.deepEqual([outcomes[2]?.held?.leavers, outcomes[2]?.held?.leftBefore, outcomes[2]?.held?.people], [4, 8, 40])
    assert.equal(await here(), 32)
  })

  test('of several sources count together, and count no more when a day has passed', async () => {
    await apply(day(1), crowd(0, 20), { source: 'a' })
    await apply(day(1), crowd(20, 40), { source: 'b' })
    assert.equal((await apply(day(5), crowd(0, 4, 'leaver'), { source: 'a' })).left, 4)
    assert.equal((await apply(day(5), crowd(20, 24, 'leaver'), { source: 'b' })).left, 4)
    assert.equal((await apply(day(5, '09:00:00'), crowd(24, 25, 'leaver'), { source: 'b' })).held?.leftBefore, 8)
    assert.equal((await apply(day(6, '09:00:00'), crowd(24, 25, 'leaver'), { source: 'b' })).left, 1)
  })

  test('are measured by who was there when the day began: joiners of the same day let nobody through', async () => {
    await apply(day(1), crowd(0, 20))
    await apply(day(5), crowd(100, 400))
    assert.equal((await apply(day(5, '10:00:00'), crowd(0, 10, 'leaver'))).held?.people, 20)
    // in the first day of a roll there is nobody else to measure by, whoever was entered by hand
    await apply(day(5, '11:00:00'), crowd(0, 1), { source: FIRST_ADMINISTRATORS })
  })

  test('that are held stay held, though the source sends a crowd in between that names none of them', async () => {
    await apply(day(1), crowd(0, 40))
    const leaving = crowd(0, 36, 'leaver')
    assert.equal((await apply(day(1, '09:00:00'), leaving)).held?.people, 40)
    assert.equal((await apply(day(1, '10:00:00'), crowd(1000, 1400))).held, undefined)
    const again = await apply(day(1, '11:00:00'), leaving)
    assert.deepEqual([again.left, again.held?.people], [0, 40])
    // the source takes it back for some: those are held no more, and the others stay
    await apply(day(1, '12:00:00'), crowd(0, 34))
    assert.equal((await apply(day(1, '13:00:00'), crowd(34, 36, 'leaver'))).left, 2)
  })

  test('are measured for a day by how many there were, though the source took back what was held and sent a crowd', async () => {
    await apply(day(1), crowd(0, 40))
    const leaving = crowd(0, 36, 'leaver')
    assert.equal((await apply(day(1, '09:00:00'), leaving)).held?.people, 40)
    await apply(day(1, '10:00:00'), crowd(1000, 1400))
    await apply(day(1, '11:00:00'), crowd(0, 36))
    const again = await apply(day(1, '12:00:00'), leaving)
    assert.deepEqual([again.left, again.held?.people], [0, 40])
    assert.equal((await apply(day(1, '13:00:00'), leaving, { confirmLeavers: true })).left, 36)
  })

  test('who administer the roll are taken away by no machine, and the others of its feed leave', async () => {
    await apply(day(1), crowd(0, 40))
    const known = await all<PersonRecord>(identity, PERSON)
    const admin = known.find(({ data }) => data.feedId === 'p0')?.id as Id<'person'>
    identity = { ...identity, administrators: () => Promise.resolve([admin]) }
    const leaving = crowd(0, 2, 'leaver')
    const held = await apply(day(5), leaving, { byMachine: true })
    assert.deepEqual([held.left, held.held?.personIds], [1, [admin]])
    assert.equal((await apply(day(5, '09:00:00'), leaving)).left, 1)
  })

  test('of the first day are measured by those of the day, and who had left before it did not leave', async () => {
    await apply(day(1), [{ id: 'admin' }], { source: FIRST_ADMINISTRATORS })
    const first = await apply(day(5), [...crowd(0, 40), ...crowd(40, 100, 'leaver')])
    assert.deepEqual([first.joined, first.held], [100, undefined])
    assert.equal((await apply(day(5, '09:00:00'), crowd(0, 8, 'leaver'))).left, 8)
    assert.equal((await apply(day(5, '10:00:00'), crowd(8, 9, 'leaver'))).held?.leftBefore, 8)
  })

  test('that a person confirmed leave, and the log says that somebody said so, once', async () => {
    await apply(day(1), crowd(0, 20))
    const outcome = await applyPeopleFeed(
      identity,
      actInTest(day(5)),
      feedInTest(crowd(0, 12, 'leaver'), { complete: false, confirmLeavers: true }),
      5,
    )
    assert.deepEqual([outcome.left, outcome.held], [12, undefined])
    const confirmed = (await entriesOf(of)).filter(({ type }) => type === 'people_feed.confirmed')
    assert.deepEqual(
      confirmed.map(({ content }) => [content['leavers'], content['people']]),
      [[12, 20]],
    )
  })
})
