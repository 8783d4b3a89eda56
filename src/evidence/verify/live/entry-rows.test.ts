import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newId } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../../db/database-in-test.ts'
import type { TestDatabase } from '../../../db/database-in-test.ts'
import { appendEntries } from '../../append.ts'
import { entryLeaf } from '../../entry.ts'
import { listEntries } from '../../read.ts'
import { sequenceOnce } from '../../sequencer.ts'
import { BATCH, entryRows } from './entry-rows.ts'
import type { EntryRow } from './entry-rows.ts'
import { rowsInThreads } from './entry-threads.ts'

const ODD = [
  'plain',
  '"quoted" \\ / \b\f\n\r\t\u0001\u001f',
  'Ünïcödé 日本語 🙂',
  '\u2028\u2029\u007f\u0080',
  '</script>',
  '',
]

describe('entries as the verifier reads them', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  const at = '2026-03-01T12:00:00.007Z' as Instant
  before(async () => {
    base = await testDatabase()
    await base.database.layer('identity').transaction(async (tx) => {
      const odd = ODD.map((text, number) => ({
        id: newId('entry'),
        layer: 'identity' as const,
        type: 'principal.updated',
        at,
        actor: text,
        ...(number % 2 === 0 ? { onBehalfOf: text } : { follows: [text, 'tok_x'], reason: `because ${text}` }),
        subjects: number === 0 ? [] : [text, text],
        content: { [text]: [text, 1.5, null, true] },
      }))
      const many = Array.from({ length: BATCH * 3 + 7 }, (_, number) => ({
        id: newId('entry'),
        layer: 'identity' as const,
        type: 'principal.updated',
        at,
        actor: `psn_${number}`,
        subjects: [],
        content: { number },
      }))
      await appendEntries(tx, [...odd, ...many])
    })
    while ((await sequenceOnce(base.database.layer('evidence'), at)).sequenced > 0);
  })
  after(() => base.close())

  const all = async (batches: AsyncIterable<readonly EntryRow[]>): Promise<EntryRow[]> =>
    (await Array.fromAsync(batches)).flat()

  test('whatever is written into an entry, PostgreSQL puts the leaf together that was signed', async () => {
    const evidence = base.database.layer('evidence')
    const stored = await listEntries(evidence, { limit: ODD.length })
    const read = (await all(entryRows(evidence, ODD.length))).map(({ leaf, problem }) => [leaf.toString(), problem])
    assert.deepEqual(
      read,
      stored.map((entry) => [entryLeaf(entry).toString(), undefined]),
    )
  })

  test('several threads give the same rows in the same order as one', async () => {
    const evidence = base.database.layer('evidence')
    const [counted] = await evidence.transaction((tx) =>
      tx.query<{ end: number }>(sql`select count(*) as end from evidence.sequence`),
    )
    const end = counted?.end ?? 0
    assert.equal(end, ODD.length + BATCH * 3 + 7)
    const one = await all(entryRows(evidence, end))
    assert.deepEqual(await all(rowsInThreads(base.connectionFor('evidence'), end)), one)
  })
})
