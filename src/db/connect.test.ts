import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import { sql } from './sql.ts'

describe('pools and transactions', { skip: databaseUnavailable() }, () => {
  let test1: TestDatabase
  before(async () => {
    test1 = await testDatabase()
  })
  after(() => test1.close())

  test('each layer connects as its own role', async () => {
    for (const layer of LAYER_NAMES) {
      const rows = await test1.database.layer(layer).transaction((tx) => tx.query(sql`select current_user as role`))
      assert.deepEqual(rows, [{ role: LAYERS[layer].role }])
    }
  })

  test('values come back as the door says', async () => {
    const rows = await test1.database.layer('identity').transaction((tx) =>
      tx.query(sql`
        select timestamptz '2026-01-31 08:00:00.123456+00' as at, 5::int8 as count, 1.50::numeric as price,
               '{"a":[1]}'::jsonb as document, array[7::int8] as counts, ${'x'}::text as text`),
    )
    assert.deepEqual(rows, [
      { at: '2026-01-31T08:00:00.123Z', count: 5, price: '1.50', document: { a: [1] }, counts: [7], text: 'x' },
    ])
  })

  test('a 64-bit integer that a number cannot hold is an error, never rounded', async () => {
    await assert.rejects(
      test1.database.layer('identity').transaction((tx) => tx.query(sql`select 9007199254740993::int8`)),
      /above 2\^53/,
    )
  })
})
