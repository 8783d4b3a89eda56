import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { isId, newId } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'

const timeIn = (id: string): string => id.slice(0, 'evt_'.length + 10)

test('the id of a later entry sorts after that of an earlier one, and no two are one', async () => {
  const earlier = Array.from({ length: 2000 }, () => newId('entry'))
  await sleep(2)
  const later = Array.from({ length: 2000 }, () => newId('entry'))
  const [last, first] = [earlier.toSorted().at(-1) ?? '', later.toSorted()[0] ?? '']
  assert.ok(last < first, `${last} is before ${first}`)
  assert.equal(new Set([...earlier, ...later]).size, 4000)
})

describe('ids that the database gives to entries', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  before(async () => {
    base = await testDatabase()
  })
  after(() => base.close())

  test('are spelled as others, and stand in time where others do', async () => {
    const before_ = newId('entry')
    await sleep(2)
    const client = new Client(base.superuser)
    await client.connect()
    const { rows } = await client.query<{ id: string }>(
      'select evidence.fresh_entry_id() as id from generate_series(1, 500)',
    )
    await client.end()
    await sleep(2)
    const after_ = newId('entry')
    assert.equal(new Set(rows.map(({ id }) => id)).size, 500)
    for (const { id } of rows) {
      assert.ok(isId('entry', id), id)
      assert.ok(timeIn(before_) < timeIn(id) && timeIn(id) < timeIn(after_), `${before_} ${id} ${after_}`)
    }
  })
})
