import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { assert as check, asyncProperty, jsonValue, string } from 'fast-check'
import { Fault, newId } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../database-in-test.ts'
import type { TestDatabase } from '../database-in-test.ts'
import { sql } from '../sql.ts'
import type { LayerDatabase } from '../transaction.ts'
import { readAsOf, readCurrent, readHistory, readVersions } from './read.ts'
import { versionHash } from './record-table.ts'
import type { ChangeMark, Current, RecordTable } from './record-table.ts'
import { changeRecords, createRecords } from './write.ts'
import type { Change } from './write.ts'

/** The simplest record table of all. */
const TABLE: RecordTable = { schema: 'identity', table: 'vendor' }

interface Data {
  readonly name: string
  readonly state: 'active'
  readonly note?: unknown
  readonly more?: unknown
}

const at = (text: string): Instant => `2026-${text}T00:00:00.000Z` as Instant
const mark = (text: string): ChangeMark => ({ entryId: newId('entry'), actor: 'reeve', at: at(text) })
const isFault =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === code

describe('writing versions', { skip: databaseUnavailable() }, () => {
  let database: TestDatabase
  let identity: LayerDatabase
  let count = 0
  before(async () => {
    database = await testDatabase()
    identity = database.database.layer('identity')
  })
  after(() => database.close())

  async function create(day = '01-01', given: Partial<Data> = {}): Promise<Current<Data>> {
    const data: Data = { name: `vendor ${count++}`, state: 'active', ...given }
    const [made] = await identity.transaction(
      async (tx) => await createRecords<Data>(tx, TABLE, [{ id: newId('vendor'), data, mark: mark(day) }]),
    )
    return made ?? assert.fail('one record was made')
  }

  async function change(
    current: Current<Data>,
    day: string,
    patch: Partial<Data>,
    stretch: Pick<Change<Data>, 'validFrom' | 'validTo'> = {},
  ): Promise<Current<Data>> {
    const [made] = await identity.transaction(
      async (tx) =>
        await changeRecords<Data>(tx, TABLE, [
          { current, mark: mark(day), patch: (data) => ({ ...data, ...patch }), ...stretch },
        ]),
    )
    return made ?? assert.fail('one version was made')
  }

  const was = async (id: string, asOf: Instant, asKnownAt = at('12-31')): Promise<Data | undefined> =>
    (await identity.transaction(async (tx) => await readAsOf<Data>(tx, TABLE, [id], { asOf, asKnownAt }))).get(id)?.data

  test('a correction inside the open stretch survives a later change that begins before it', async () => {
    const first = await create()
    const corrected = await change(
      first,
      '06-01',
      { note: 'corrected' },
      { validFrom: at('02-01'), validTo: at('03-01') },
    )
    assert.equal(corrected.validFrom, at('03-01'), 'the open stretch begins where the correction ends')
    assert.equal(corrected.data.note, undefined, 'the present is as it was')
    const back = await change(corrected, '06-02', { more: 1 }, { validFrom: at('01-15') })
    assert.deepEqual(await was(back.id, at('02-15')), { ...first.data, note: 'corrected', more: 1 })
    assert.deepEqual(await was(back.id, at('03-15')), { ...first.data, more: 1 })
    assert.deepEqual(await was(back.id, at('02-15'), at('06-01')), { ...first.data, note: 'corrected' })
  })

  test('a clock that goes backwards records nothing before what it follows', async () => {
    const first = await create('05-10')
    const second = await change(first, '05-01', { note: 'later' })
    assert.equal(second.recordedAt, at('05-10'))
    assert.equal(second.validFrom, at('05-10'))
    assert.deepEqual(await was(first.id, at('05-10'), at('05-10')), second.data)
    assert.equal(await was(first.id, at('05-05')), undefined)
  })

  test('what lies in the future, before the beginning, or nowhere is refused and leaves nothing', async () => {
    const first = await create('05-01')
    const refused = [
      { validFrom: at('06-02') },
      { validFrom: at('05-02'), validTo: at('06-02') },
      { validFrom: at('04-30') },
      { validFrom: at('04-01'), validTo: at('04-30') },
      { validFrom: at('05-10'), validTo: at('05-10') },
      { validFrom: at('05-10'), validTo: at('05-09') },
    ]
    for (const stretch of refused) {
      await assert.rejects(
        change(first, '06-01', { note: 1 }, stretch),
        isFault('unprocessable'),
        JSON.stringify(stretch),
      )
    }
    const versions = await identity.transaction(async (tx) => await readVersions(tx, TABLE, first.id))
    assert.equal(versions.length, 1)
  })

  test('of two changes that both saw one version, one wins and the other is told', async () => {
    const first = await create()
    const outcomes = await Promise.allSettled([
      change(first, '02-01', { note: 'a' }),
      change(first, '02-01', { note: 'b' }),
    ])
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    await assert.rejects(change(first, '03-01', { note: 'c' }))
    const versions = await identity.transaction(async (tx) => await readVersions(tx, TABLE, first.id))
    assert.equal(versions.length, 2)
  })

  test('an id is never used again', async () => {
    const first = await create()
    await assert.rejects(
      identity.transaction(
        async (tx) =>
          await createRecords<Data>(tx, TABLE, [
            { id: first.id, data: { ...first.data, name: `another ${count++}` }, mark: mark('02-01') },
          ]),
      ),
      /duplicate key/,
    )
  })

  test('a thousand changes in one call are a thousand versions', async () => {
    const made = await identity.transaction(
      async (tx) =>
        await createRecords<Data>(
          tx,
          TABLE,
          Array.from({ length: 1000 }, () => ({
            id: newId('vendor'),
            data: { name: `bulk ${count++}`, state: 'active' },
            mark: mark('01-01'),
          })),
        ),
    )
    const changed = await identity.transaction(
      async (tx) =>
        await changeRecords<Data>(
          tx,
          TABLE,
          made.map((current) => ({ current, patch: (data) => ({ ...data, note: 1 }), mark: mark('02-01') })),
        ),
    )
    assert.equal(changed.filter(({ version }) => version === 2).length, 1000)
  })

  test('names with half a surrogate pair, with U+0000 or of 1 MB are stored, and read back as they were hashed', async () => {
    for (const name of ['half \uD83D', '\uDC00 low', 'nul \u0000 inside', 'n'.repeat(1_000_000), '💥'.repeat(3000)]) {
      const made = await create('01-01', { name: `${count++} ${name}` })
      const read = await identity.transaction(async (tx) => await readCurrent<Data>(tx, TABLE, [made.id]))
      assert.deepEqual(read.get(made.id), made)
      assert.equal(made.data.name.length, name.length + made.data.name.indexOf(' ') + 1)
      assert.ok(made.data.name.isWellFormed())
    }
  })

  test('the hash of a version can be worked out again from what is stored, whatever it holds', async () => {
    await check(
      asyncProperty(jsonValue(), string({ unit: 'binary' }), async (note, more) => {
        const made = await change(await create('01-01', { note }), '02-01', { more, note: [note] })
        const stored = await identity.transaction(
          async (tx) => await readHistory<Data>(tx, TABLE, made.id, { versions: 10 }),
        )
        assert.equal(stored.length, 2)
        const salts = await identity.transaction(
          async (tx) =>
            await tx.query<{ salt: string }>(sql`
              select encode(salt, 'hex') as salt from identity.version where record_id = ${made.id} order by version desc`),
        )
        for (const [index, { version, recordedAt, hash, ...stretch }] of stored.entries()) {
          assert.equal(hash, versionHash(made.id, version, recordedAt, [stretch], salts[index]?.salt))
        }
        assert.equal(stored[0]?.hash, made.hash)
      }),
      { numRuns: 60 },
    )
  })
})
