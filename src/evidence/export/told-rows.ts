// Rows without versions for a bundle: what the log was told of each, and the hashes that each such entry is over.
import { canonicalJson, Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { BundleFolder } from './bundle-folder.ts'
import type { LogRange } from './log-range.ts'

/** What evidence asks of a layer for the rows of one table: each as its hash is of, by its key. */
export interface ToldTableSource {
  readonly name: string
  rows(): AsyncIterable<readonly { readonly key: string; readonly said: string }[]>
}

/** Of a row: what its hash is of, and the salt before it (hex). */
export interface ToldRow {
  readonly salt: string
  readonly said: string
}

/** By id. Throws Fault('conflict') for a row that was written since the log was read: `shown` says whether it matters. */
export async function toldRowsOf(
  evidence: LayerDatabase,
  source: ToldTableSource,
  { size }: LogRange,
  shown: (id: string) => boolean,
): Promise<ReadonlyMap<string, ToldRow>> {
  const said = new Map<string, string>()
  for await (const batch of source.rows()) for (const row of batch) said.set(row.key, row.said)
  const newest = await evidence.transaction(
    async (tx) =>
      await tx.query<{ key: string; salt: string | null; seq: number | null }>(sql`
        select distinct on (c.key) c.key, encode(c.salt, 'hex') as salt, s.seq
        from evidence.row_change c left join evidence.sequence s on s.entry_id = c.entry_id
        where c.table_name = ${source.name} and c.key is not null order by c.key, c.ordinal desc`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  const rows = new Map<string, ToldRow>()
  for (const { key, salt, seq } of newest) {
    const id = idOf(key)
    const text = said.get(key)
    if (text === undefined || salt === null || !shown(id)) continue
    if (seq === null || seq >= size)
      throw new Fault('conflict', `\`${source.name}\` was written while the bundle was made: make it again`)
    rows.set(id, { salt, said: text })
  }
  return rows
}

const idOf = (key: string): string => String((JSON.parse(key) as readonly unknown[])[0])

const BATCH = 5000

/** `log/rows.ndjson`: of each entry about rows of these tables the hashes that it is over, in their order. */
export async function writeRowHashes(
  bundle: BundleFolder,
  evidence: LayerDatabase,
  { size }: LogRange,
  tables: readonly string[],
): Promise<void> {
  const file = await bundle.open('log/rows.ndjson')
  for (let after = -1; ;) {
    const entries = await evidence.transaction(
      async (tx) =>
        await tx.query<{ seq: number; entry: string; hashes: readonly string[] }>(sql`
          select s.seq, s.entry_id as entry, array_agg(encode(c.hash, 'hex') order by c.ordinal) as hashes
          from evidence.sequence s join evidence.entry e on e.id = s.entry_id and e.type = 'rows.changed'
            join evidence.row_change c on c.entry_id = s.entry_id
          where s.seq > ${after} and s.seq < ${size} and c.table_name = any(${[...tables]}::text[])
          group by s.seq, s.entry_id order by s.seq limit ${BATCH}`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    for (const { entry, hashes } of entries) await file.add(`${canonicalJson({ entry, hashes: [...hashes] })}\n`)
    const last = entries.at(-1)
    if (last === undefined || entries.length < BATCH) break
    after = last.seq
  }
  await file.close()
}
