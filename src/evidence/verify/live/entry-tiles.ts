// Entries as PostgreSQL has them, in the order of their places, 256 in one row: a row for each costs more than what is done
// with it. Shares no code with the log: own SQL, own leaf, own hashes.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { entryTile, WIDTH } from './entry-tile.ts'
import type { EntryTile, TileRow } from './entry-tile.ts'

/** Places of one batch. */
export const BATCH = 16 * WIDTH

/**
 * The leaf is put together by PostgreSQL: RFC 8785 of the head, with the members in their order, the one shape that there are
 * millions of. `to_json` writes texts as RFC 8785 does; `entry-tiles.test.ts` compares. No JSON that PostgreSQL writes holds
 * a line break, so line breaks stand between what belongs to different entries.
 */
const TEXT = `
  select s.seq / ${WIDTH} as index, string_agg((s.seq % ${WIDTH})::text, ',' order by s.seq) as places,
         (extract(epoch from min(e.at) filter (where e.type <> 'rows.changed')) * 1000)::float8 as "oldestAt",
         (extract(epoch from max(e.at) filter (where e.type <> 'rows.changed')) * 1000)::float8 as "newestAt",
         string_agg(coalesce(
           '{"actor":' || to_json(e.actor)::text
           || ',"at":"' || to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'
           || coalesce(',"contentHash":"' || encode(e.content_hash, 'hex') || '"', '')
           || ',"follows":' || to_json(e.follows)::text || ',"id":' || to_json(e.id)::text
           || ',"layer":' || to_json(e.layer)::text || coalesce(',"onBehalfOf":' || to_json(e.on_behalf_of)::text, '')
           || case when num_nonnulls(e.record_hash, e.record_id, e.record_version) = 0 then ''
                   -- a part of it alone is in no leaf that was signed
                   else coalesce(',"record":{"hash":"' || encode(e.record_hash, 'hex') || '","id":'
                                 || to_json(e.record_id)::text || ',"version":' || e.record_version || '}',
                                 ',"record":{}') end
           || ',"subjects":' || to_json(e.subjects)::text || ',"type":' || to_json(e.type)::text
           || ',"writtenBy":' || to_json(e.written_by::text)::text || '}', ''), E'\\n\\n' order by s.seq) as leaves,
         string_agg(coalesce(e.content::text, 'null'), E'\\n' order by s.seq) as contents,
         string_agg(coalesce(to_json(e.reason)::text, ''), E'\\n' order by s.seq) as reasons,
         string_agg(coalesce(encode(e.salt, 'hex'), '-'), ',' order by s.seq) as salts,
         string_agg(coalesce(encode(e.content_hash, 'hex'), '-'), ',' order by s.seq) as "contentHashes"
  from evidence.sequence s left join evidence.entry e on e.id = s.entry_id
  where s.seq >= $1 and s.seq < $2 group by s.seq / ${WIDTH}`

/** How many places are taken, and whether they are as many as the last one says. */
export async function placesTaken(evidence: LayerDatabase): Promise<{ readonly end: number; readonly count: number }> {
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ end: number; count: number }>(
        sql`select coalesce(max(seq) + 1, 0) as end, count(*) as count from evidence.sequence`,
      ),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return row ?? { end: 0, count: 0 }
}

/** Batches of what has a place below `end`. */
export async function* tileBatches(evidence: LayerDatabase, end: number): AsyncGenerator<readonly EntryTile[]> {
  let next = readBatch(evidence, 0, end)
  for (let from = 0; from < end; from += BATCH) {
    const tiles = await next
    // the next batch is under way while this one is looked at
    next = from + BATCH < end ? readBatch(evidence, from + BATCH, end) : Promise.resolve([])
    next.catch(() => undefined)
    yield tiles
  }
}

/** What stands at the places from `from` on, at most `BATCH` of them and none at `end` or later. */
export async function readBatch(evidence: LayerDatabase, from: number, end: number): Promise<EntryTile[]> {
  const to = Math.min(end, from + BATCH)
  const rows = await evidence.transaction(async (tx) => await tx.prepared<TileRow>('verify_tiles', TEXT, [from, to]), {
    readOnly: true,
    statementTimeoutMs: 0,
  })
  const found = new Map(rows.map((row) => [row.index, row]))
  return Array.from({ length: Math.ceil((to - from) / WIDTH) }, (_, number) => {
    const index = from / WIDTH + number
    return entryTile(index, Math.min(WIDTH, to - index * WIDTH), found.get(index))
  })
}
