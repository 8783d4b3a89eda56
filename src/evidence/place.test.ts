import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { appendEntries } from './append.ts'
import { placeAfter, placeCursor } from './place.ts'
import { listEntries } from './read.ts'
import { sequenceOnce } from './sequencer.ts'

const AT = '2026-01-01T00:00:00.000Z' as Instant

describe('where a reader goes on', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  const evidence = (): ReturnType<TestDatabase['database']['layer']> => db.database.layer('evidence')
  before(async () => {
    db = await testDatabase()
    await db.database.layer('identity').transaction(async (tx) => {
      const entry = { layer: 'identity', type: 'principal.registered', at: AT, actor: 'reeve', subjects: [] } as const
      await appendEntries(
        tx,
        [1, 2, 3].map(() => Object.assign({ id: newId('entry') }, entry)),
      )
    })
    while ((await sequenceOnce(evidence(), AT)).sequenced > 0);
  })
  after(async () => {
    await db.close()
  })

  const refused = async (cursor: string): Promise<string> => {
    const fault = await placeAfter(evidence(), cursor).then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.ok(fault instanceof Fault, cursor)
    return `${fault.code}: ${fault.detail}`
  }

  test('is the place of an entry that the log has', async () => {
    const entries = await listEntries(evidence(), { limit: 10 })
    assert.equal(await placeAfter(evidence(), undefined), -1)
    for (const entry of entries) {
      assert.equal(await placeAfter(evidence(), placeCursor(entry)), entry.seq)
      assert.equal(await placeAfter(evidence(), String(entry.seq)), entry.seq)
    }
  })

  test('is refused beyond the end, and where another entry stands: the log was restored', async () => {
    const [first, second] = await listEntries(evidence(), { limit: 10 })
    assert.match(await refused('3'), /^conflict: the log has no entry at place 3/)
    assert.match(await refused('999999999999999'), /^conflict/)
    assert.match(
      await refused(placeCursor({ seq: first?.seq ?? -1, id: second?.id ?? '' })),
      /^conflict: .*another entry/,
    )
    for (const odd of ['', 'x', '-1', '1.', '1.evt_x', ' 1', '1e3']) assert.match(await refused(odd), /^invalid/, odd)
  })
})
