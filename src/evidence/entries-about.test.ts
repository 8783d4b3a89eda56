import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { entriesAbout } from './entries-about.ts'
import { appendEntries } from './port.ts'

describe('entries about some records', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  before(async () => {
    db = await testDatabase()
  })
  after(() => db.close())

  test('are read to the last, however many pages they are, and each once', async () => {
    const [plan, other] = [newId('plan'), newId('plan')]
    // three of one instant, so that pages end within it
    const day = (number: number): Instant => `2026-01-0${number}T00:00:00.000Z` as Instant
    const days = [1, 2, 2, 2, 3, 4, 5].map(day)
    const content = { alarm: newId('alarm'), event: 'unproven', by: 'mail' }
    const taken = (at: Instant, about: string): Parameters<typeof appendEntries>[1][number] => {
      const id = newId('entry')
      return { layer: 'effect', type: 'alarm.taken', actor: 'reeve', id, at, subjects: [about], content }
    }
    const written = days.map((at) => taken(at, plan))
    await db.database.layer('effect').transaction(async (tx) => {
      await appendEntries(tx, [...written, taken(day(2), other)])
    })
    const wanted = written.map(({ id }) => id).reverse()
    for (const page of [1, 2, 3, 7, 100]) {
      const read = await Array.fromAsync(entriesAbout(db.database.layer('evidence'), [plan], ['alarm.taken'], page))
      const ids = read.map(({ id }) => id)
      assert.deepEqual(ids, wanted, `pages of ${page}`)
    }
  })
})
