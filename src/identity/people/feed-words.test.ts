// What a feed says in words and dates: who is there, who has left, and what could not be taken.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { personStatus } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PersonRecord } from '../record/people-records.ts'
import { PERSON } from '../record/tables.ts'
import { applyPeopleFeed } from './apply-feed.ts'
import { hasEnded } from './end-date.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { actInTest, all, AT, layerInTest } from './roll-in-test.ts'

const at = (day: string): Instant => (day.length === 10 ? `${day}T00:00:00.000Z` : day) as Instant

test('a word for having left is one in every feed, and no unknown word is ever active', () => {
  for (const word of ['terminated', 'Inactive', 'DISABLED', 'suspended', 'left', 'leaver']) {
    assert.deepEqual(personStatus(word), { status: 'leaver' })
  }
  assert.deepEqual(personStatus('on-leave'), { status: 'on_leave' })
  for (const word of ['seconded', 'constructor', '__proto__', 'activ']) {
    assert.deepEqual(personStatus(word), { status: 'unknown', unknownStatus: word })
  }
})

test('the last day is one of work; an instant is over at once; an end before the start is of an earlier time', () => {
  assert.equal(hasEnded({ endAt: at('2026-07-01') }, AT), false)
  assert.equal(hasEnded({ endAt: at('2026-06-30') }, AT), true)
  assert.equal(hasEnded({ endAt: at('2026-07-01T07:59:59.000Z') }, AT), true)
  assert.equal(hasEnded({ startAt: at('2026-05-01'), endAt: at('2025-01-31') }, AT), false)
  assert.equal(hasEnded({}, AT), false)
})

describe('a people feed', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(async () => {
    await of.close()
  })
  const apply = (rows: readonly PersonWords[], more = {}) =>
    applyPeopleFeed(identity, actInTest(), feedInTest(rows, { complete: false, ...more }))
  const statuses = async () =>
    Object.fromEntries((await all<PersonRecord>(identity, PERSON)).map(({ data }) => [data.feedId, data.status]))

  test('makes a leaver of who is active by its words and whose end has passed', async () => {
    await apply([{ id: 'a' }, { id: 'b' }])
    const outcome = await apply([
      { id: 'a', endAt: at('2026-01-01') },
      { id: 'b', endAt: at('2026-07-02') },
    ])
    assert.deepEqual([outcome.left, outcome.leavers[0]?.feedId], [1, 'a'])
    assert.deepEqual(await statuses(), { a: 'leaver', b: 'active' })
    assert.equal((await apply([{ id: 'a', endAt: at('2026-01-01') }])).unchanged, 1)
  })

  test('names a status that it does not know with its line, and changes no status by it', async () => {
    await apply([{ id: 'a' }])
    const outcome = await apply([
      { id: 'a', status: 'unknown', unknownStatus: 'seconded' },
      { id: 'n', status: 'unknown', unknownStatus: 'a name, in the wrong column' },
    ])
    assert.deepEqual(
      outcome.problems.map(({ startLine, rowLeftOut }) => [startLine, rowLeftOut]),
      [
        [2, undefined],
        [3, undefined],
      ],
    )
    assert.match(outcome.problems[0]?.message ?? '', /`seconded`/)
    assert.doesNotMatch(outcome.problems[1]?.message ?? '', /wrong column/)
    assert.deepEqual(await statuses(), { a: 'active', n: 'unknown' })
  })

  test('names a date that nobody starts or ends on, and keeps the row without it', async () => {
    const dates = ['0000-01-01T00:00:00.000Z', '9999-12-31T00:00:00.000Z', 'soon'].map((text) => text as Instant)
    const rows = dates.map((date, number) => ({ id: `d${number}`, startAt: date, endAt: date }))
    const outcome = await apply(rows)
    assert.deepEqual([outcome.joined, outcome.problemCount, outcome.rowsLeftOut], [3, 6, 0])
    for (const { data } of await all<PersonRecord>(identity, PERSON)) {
      assert.deepEqual([data.startAt, data.endAt, data.status], [undefined, undefined, 'active'])
    }
  })

  test('counts the leaver of another source as a row left out, and says which source may say so', async () => {
    await apply([{ id: 'a' }, { id: 'b' }])
    const outcome = await apply([{ id: 'a', status: 'leaver' }, { id: 'c' }], { source: 'people' })
    assert.deepEqual([outcome.rowsLeftOut, outcome.left, outcome.joined], [1, 0, 1])
    assert.match(outcome.problems[0]?.message ?? '', /`hr`.*NOT left.*--source hr/)
    assert.equal((await statuses())['a'], 'active')
  })
})
