import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { openDatabase } from './connect.ts'
import { copyChunks, storableJson } from './copy.ts'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { LAYER_NAMES } from './layer.ts'
import { sql } from './sql.ts'
import type { CopyValue, Database } from './transaction.ts'

const isInvalid = (error: unknown): boolean => error instanceof Fault && error.code === 'invalid'

describe('copyIn', { skip: databaseUnavailable() }, () => {
  let own: TestDatabase
  let database: Database
  before(async () => {
    own = await testDatabase()
    const client = new Client(own.superuser)
    await client.connect()
    await client.query(`
      create table identity.copied ("at" integer, "a text" text, document jsonb, bytes bytea, flag boolean, big int8,
        instant timestamptz(3), number float8);
      grant select, insert, delete on identity.copied to reeve_identity`)
    await client.end()
    database = openDatabase(
      Object.fromEntries(LAYER_NAMES.map((layer) => [layer, own.connectionFor(layer)])) as Parameters<
        typeof openDatabase
      >[0],
    )
  })
  after(async () => {
    await database.close()
    await own.close()
  })
  const columns = ['at', 'a text', 'document', 'bytes', 'flag', 'big', 'instant', 'number']
  const roundTrip = (rows: readonly (readonly CopyValue[])[]): Promise<Record<string, unknown>[]> =>
    database.layer('identity').transaction(async (tx) => {
      await tx.execute(sql`delete from identity.copied`)
      assert.equal(await tx.copyIn('identity.copied', columns, rows), rows.length)
      return tx.query(sql`select *, big::text as big_text from identity.copied order by at`)
    })

  test('what goes in comes out, whatever characters are in it', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '\\N\t\n\r\\.'))
    const row = fc.record({
      text: fc.option(text),
      document: fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)))),
      bytes: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
      flag: fc.option(fc.boolean()),
      big: fc.option(fc.bigInt(-(2n ** 53n) + 1n, 2n ** 53n - 1n)),
      number: fc.option(fc.double({ noDefaultInfinity: true, noNaN: true })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const at = new Date('2026-01-31T08:00:00.123Z')
        const found = await roundTrip(
          rows.map((one, index) => [index, one.text, one.document, one.bytes, one.flag, one.big, at, one.number]),
        )
        for (const [index, one] of rows.entries()) {
          assert.equal(found[index]?.['a text'], one.text)
          assert.deepEqual(found[index]?.['document'], one.document === null ? null : { ...one.document })
          assert.deepEqual(found[index]?.['bytes'], one.bytes)
          assert.equal(found[index]?.['flag'], one.flag)
          assert.equal(found[index]?.['big_text'], one.big === null ? null : String(one.big))
          assert.equal(found[index]?.['number'], one.number === null ? null : one.number + 0)
          assert.equal(found[index]?.['instant'], at.toISOString())
        }
      }),
      { numRuns: 60 },
    )
  })

  test('U+0000 is refused as the caller’s mistake in text, replaced in JSON, and the connection stays usable', async () => {
    await assert.rejects(
      database.layer('identity').transaction((tx) =>
        tx.copyIn(
          'identity.copied',
          ['at', 'a text', 'document'],
          [
            [0, 'x', {}],
            [1, 'a\0b', null],
          ],
        ),
      ),
      isInvalid,
    )
    assert.equal(storableJson({ a: ['\0'], '\0': 1 }), '{"a":["\uFFFD"],"\uFFFD":1}')
    await assert.rejects(
      database.layer('identity').transaction((tx) => tx.query(sql`select ${'a\0b'}::text`)),
      isInvalid,
    )
    await assert.rejects(
      database.layer('identity').transaction((tx) => tx.query(sql`select ${{ a: '\0' }}::jsonb`)),
      isInvalid,
    )
    assert.equal((await roundTrip([])).length, 0)
  })

  test('unpaired surrogates, which nothing can store, become U+FFFD', async () => {
    const rows = await roundTrip([[1, 'a\ud800b', { c: '\udc00' }, null, null, null, null, null]])
    assert.deepEqual([rows[0]?.['a text'], rows[0]?.['document']], ['a\ufffdb', { c: '\ufffd' }])
  })

  test('a row that breaks a rule leaves nothing behind', async () => {
    await roundTrip([])
    await assert.rejects(roundTrip([[1, 'x', '{', null, null, null, null, null]]), /invalid input syntax/)
    await assert.rejects(
      database.layer('identity').transaction((tx) => tx.copyIn('identity.copied', ['at'], [[1, 2]])),
      /has 2 values, not 1/,
    )
    await assert.rejects(
      database.layer('access').transaction((tx) => tx.copyIn('identity.copied', ['at'], [[1]])),
      /permission denied/,
    )
    const rows = await database.layer('identity').transaction((tx) => tx.query(sql`select from identity.copied`))
    assert.equal(rows.length, 0)
  })

  test('names stay names, whatever is in them', async () => {
    for (const [table, column] of [
      ['identity.copied', 'at) from stdin; delete from identity.copied; --'],
      ['identity.copied" (at) from stdin; --', 'at'],
    ] as const)
      await assert.rejects(
        database.layer('identity').transaction((tx) => tx.copyIn(table, [column], [[1]])),
        /does not exist/,
      )
  })
})

test('chunks end with whole rows', () => {
  const rows = Array.from({ length: 5000 }, (_, at) => [at, 'é'.repeat(at % 50), { at }])
  const chunks = [...copyChunks(rows, 3)]
  assert.ok(chunks.length > 3)
  for (const chunk of chunks) assert.equal(chunk.at(-1), 10)
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n')
  assert.equal(lines.length, 5000)
  assert.equal(lines[51], '51\té\t{"at":51}')
})

test('JSON that is fine is left as it is', () => {
  assert.equal(
    storableJson({ a: '\\u0000 in letters', at: new Date(0) }),
    JSON.stringify({ a: '\\u0000 in letters', at: new Date(0) }),
  )
  assert.equal(storableJson({ a: '😀' }), '{"a":"😀"}')
})
