// A log of any size, made by the database itself: entries of changes of records, each with a reason and content by hash.
import { Client } from 'pg'
import type { Connection } from '#db'

const CHUNK = 200_000
/** As `newId('entry')` makes them: first what grows with the time, then what is random. */
const ID = "'evt_' || lpad(to_hex(n), 10, '0') || left(md5(n::text), 16)"

/** Into a log that is empty again. Returns nothing but entries and their places: the tree is for the caller to grow. */
export async function seedLog(superuser: Connection, entries: number, say: (what: string) => void): Promise<void> {
  const client = new Client(superuser)
  await client.connect()
  try {
    await client.query(
      'truncate evidence.entry, evidence.sequence, evidence.checkpoint, evidence.cosignature, evidence.watermark',
    )
    // filled first and indexed then: an index over random ids costs more than the rows
    const indexes = await dropIndexes(client)
    for (let from = 0; from < entries; from += CHUNK) {
      const to = Math.min(entries, from + CHUNK) - 1
      say(`seeding entries ${from} to ${to}`)
      await client.query(`
        insert into evidence.entry (id, written_by, layer, type, at, actor, subjects, record_id, record_version,
                                    record_hash, content_hash, salt, reason, content)
        select ${ID}, 'reeve_identity', 'identity', 'principal.updated',
               timestamptz '2026-01-01' + n * interval '1 second' / 10, 'psn_' || left(md5('p' || n % 500), 26),
               array[record, 'psn_' || left(md5('o' || n % 5000), 26)], record, 1 + n / 1000000,
               sha256(('record' || n)::bytea), sha256(salt || said::bytea), salt, 'ticket ' || n,
               jsonb_build_object('changed', jsonb_build_array('owner', 'purpose'), 'n', n)
        from (
          select n, decode(md5('salt' || n), 'hex') as salt, 'prn_' || left(md5('r' || n % 1000000), 26) as record,
                 '{"content":{"changed":["owner","purpose"],"n":' || n || '},"reason":"ticket ' || n || '"}' as said
          from generate_series(${from}, ${to}) as n
        ) as numbered`)
      await client.query(`
        insert into evidence.sequence (seq, entry_id, sequenced_at)
        select n, ${ID}, '2026-03-01' from generate_series(${from}, ${to}) as n`)
    }
    say('making the indexes again')
    for (const index of indexes) await client.query(index)
    await client.query('vacuum (analyze) evidence.entry, evidence.sequence')
  } finally {
    await client.end()
  }
}

/** Answers the statements that make them again. */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; make: string }>(`
    select coalesce('alter table ' || i.indrelid::regclass || ' drop constraint ' || quote_ident(c.conname),
                    'drop index ' || i.indexrelid::regclass) as drop,
           coalesce('alter table ' || i.indrelid::regclass || ' add constraint ' || quote_ident(c.conname) || ' '
                    || pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)) as make
    from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
    where i.indrelid in ('evidence.entry'::regclass, 'evidence.sequence'::regclass)`)
  for (const { drop } of rows) await client.query(drop)
  await client.query("set maintenance_work_mem = '256MB'")
  return rows.map(({ make }) => make)
}
