// Random changes of whatever the log is made of and whatever hangs on it: none is accepted. What is to be changed is asked of
// PostgreSQL's catalogue and of the folders.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { COLUMNS_NOT_COVERED } from '../../src/start/told-tables.ts'
import { BundleCopies, refused } from './bundle-copies.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { drawFrom, seedOfRun } from './draw.ts'
import { evidenceEstate } from './estate.ts'
import type { Estate } from './estate.ts'
import { fillEveryTable } from './every-table.ts'
import { cosignEverything, witnessKeys } from './honest-witness.ts'
import { mutateFile } from './mutate-file.ts'
import { mutateRow, tablesOf, takeAwayGuards } from './mutate-rows.ts'

const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const MUTATIONS = Number(process.env['REEVE_MUTATIONS'] ?? (EXHAUSTIVE ? 10_000 : 25))
/** Of a hundred changes so many are of files. */
const OF_FILES = 20

async function filesIn(folder: string): Promise<string[]> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true })
  return items.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name))
}

describe('random changes', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let copies: BundleCopies
  let bundle: string
  before(async () => {
    estate = await evidenceEstate()
    await fillEveryTable(estate)
    await cosignEverything(estate)
    bundle = (await estate.bundle('bundle', { witnesses: witnessKeys })).out
    copies = await BundleCopies.make()
    // nobody is connected to what is cloned
    await estate.db.database.close()
  })
  after(async () => {
    await copies.close()
    await estate.close()
  })

  async function withCopy(work: (copy: Copy) => Promise<void>): Promise<void> {
    const copy = await copyOf(estate)
    try {
      await work(copy)
    } finally {
      await copy.close()
    }
  }

  test('every table that is to hang on the log has rows here, and no exception is of a column that went', async () => {
    await withCopy(async (copy) => {
      const tables = await tablesOf(copy)
      const empty: string[] = []
      for (const { name } of tables)
        if ((await copy.query(`select from ${name} limit 1`)).length === 0) empty.push(name)
      assert.deepEqual(empty, [])
      const stored = new Set(
        tables.flatMap(({ name, stored: columns }) =>
          ['row', ...columns].map((one) => `${name}${one === 'row' ? ', row' : `.${one}`}`),
        ),
      )
      assert.deepEqual(
        Object.keys(COLUMNS_NOT_COVERED).filter((name) => !stored.has(name)),
        [],
      )
    })
  })

  test(`${MUTATIONS} of a value, a row, or a byte of a tile: none is accepted`, async () => {
    await withCopy(async (copy) => {
      const seed = seedOfRun()
      const draw = drawFrom(seed)
      const files = await filesIn(copy.tiles)
      await takeAwayGuards(copy)
      const tables = (await tablesOf(copy)).filter(({ columns }) => columns.length > 0)
      const accepted: string[] = []
      for (let count = 0; count < MUTATIONS;) {
        const table = tables[draw(tables.length)] ?? assert.fail('there are tables')
        const made = draw(100) < OF_FILES ? await mutateFile(files, draw) : await mutateRow(copy, table, draw)
        if (made === undefined) continue
        const [what, undo] = made
        const failed = await copy.failed({ state: true, witnessKeys })
        if (failed.length === 0) accepted.push(`${what} (change ${count})`)
        await undo()
        count += 1
      }
      assert.deepEqual(await copy.failed({ state: true, witnessKeys }), [], 'all was put back')
      assert.deepEqual(accepted, [], `accepted, with REEVE_SEED=${seed}`)
    })
  })

  test(`${MUTATIONS} of a byte of a bundle: none is accepted`, async () => {
    const seed = seedOfRun()
    const draw = drawFrom(seed)
    const folder = await copies.of(bundle)
    const files = await filesIn(folder)
    const accepted: string[] = []
    for (let count = 0; count < MUTATIONS;) {
      const made = await mutateFile(files, draw)
      if (made === undefined) continue
      const [what, undo] = made
      if ((await refused(folder, { witnessKeys })) === undefined) accepted.push(`${what} (change ${count})`)
      await undo()
      count += 1
    }
    assert.equal(await refused(folder, { witnessKeys }), undefined, 'all was put back')
    assert.deepEqual(accepted, [], `accepted, with REEVE_SEED=${seed}`)
  })
})
