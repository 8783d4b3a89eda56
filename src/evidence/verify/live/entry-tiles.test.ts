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
import { formatBundle } from '../../tree/entry-bundle.ts'
import { GrowingTree } from '../../tree/growing-tree.ts'
import { leafHash } from '../../tree/hash.ts'
import { WIDTH } from './entry-tile.ts'
import type { EntryTile } from './entry-tile.ts'
import { BATCH, tileBatches } from './entry-tiles.ts'
import { tilesInThreads } from './entry-threads.ts'

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

  const all = async (batches: AsyncIterable<readonly EntryTile[]>): Promise<EntryTile[]> =>
    (await Array.fromAsync(batches)).flat()
  const placed = async (): Promise<number> =>
    (
      await base.database
        .layer('evidence')
        .transaction((tx) => tx.query<{ end: number }>(sql`select count(*) as end from evidence.sequence`))
    )[0]?.end ?? 0

  test('whatever is written into an entry, the verifier puts bundle, hashes and root together as they were signed', async () => {
    const evidence = base.database.layer('evidence')
    const leaves = (await listEntries(evidence, { limit: WIDTH })).map(entryLeaf)
    const [tile] = await all(tileBatches(evidence, WIDTH))
    assert.deepEqual(tile?.bundle, formatBundle(leaves))
    assert.deepEqual(tile?.hashes, Buffer.concat(leaves.map(leafHash)))
    const tree = GrowingTree.empty()
    tree.append(leaves.map(leafHash))
    assert.deepEqual(tile?.root, tree.root())
    assert.deepEqual(tile?.remarks, [])
  })

  test('several threads give the same tiles in the same order as one', async () => {
    const evidence = base.database.layer('evidence')
    const end = await placed()
    assert.equal(end, ODD.length + BATCH * 3 + 7)
    const one = await all(tileBatches(evidence, end))
    assert.deepEqual(await all(tilesInThreads(base.connectionFor('evidence'), end)), one)
    assert.deepEqual(
      one.map(({ width }) => width),
      [...Array<number>(end >> 8).fill(WIDTH), end % WIDTH],
    )
  })
})
