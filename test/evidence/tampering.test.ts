// Every way of tampering that we know, carried out on copies: seen, or said to be unseen without a witness and seen with one.
import assert from 'node:assert/strict'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { evidenceEstate } from './estate.ts'
import { cosignEverything, witnessKeys } from './honest-witness.ts'
import type { Estate } from './estate.ts'
import { TAMPER_CLASSES } from './tamper-classes.ts'

describe('tampering', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  let known: string
  const table: string[] = []
  beforeAll(async () => {
    estate = await evidenceEstate()
    known = await cosignEverything(estate)
    // nobody is connected to what is cloned
    await estate.db.database.close()
  })
  afterAll(async () => {
    console.log(table.join('\n'))
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

  test('nothing is found where nothing was touched', async () => {
    await withCopy(async (copy) => {
      assert.deepEqual(await copy.failed({ state: true, known: [known], witnessKeys }), [])
    })
  })

  for (const [number, { name, found, at, state = false, tamper }] of TAMPER_CLASSES.entries()) {
    test(`${number + 1}: ${name}`, async () => {
      await withCopy(async (copy) => {
        await tamper(copy)
        const alone = await copy.failed({ state })
        const said = alone.map(({ detail }) => detail).join('\n')
        if (found === undefined) {
          assert.equal(said, '', 'it is documented as unseen without a witness')
          const seen = await copy.failed({ known: [known], witnessKeys })
          assert.ok(seen.length > 0, 'and seen with one')
          table.push(`${number + 1}. ${name}: not without a witness; with one: ${seen[0]?.detail}`)
          return
        }
        assert.match(said, found)
        if (at !== undefined) assert.equal(Math.min(...alone.flatMap(({ range }) => range?.from ?? [])), at)
        table.push(`${number + 1}. ${name}: ${alone.find(({ detail }) => found.test(detail))?.detail ?? said}`)
      })
    })
  }
})
