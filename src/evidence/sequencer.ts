// Gives committed entries their place in one gap-free order. One process is elected by an advisory lock; it works in batches.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql, Tx } from '#db'

/** Any number that no other advisory lock of Reeve uses. */
const SEQUENCER_LOCK = 7_269_733_301
/** How many entries one pass places. */
export const BATCH = 5000

/** What one pass did: `elsewhere` when another process is the sequencer at this moment. */
export interface SequencerPass {
  readonly sequenced: number
  readonly elsewhere: boolean
}

/**
 * One pass: places at most one batch. The lock is held by the transaction itself, so a process that lost its connection
 * has also lost the right to write. Order: by the transaction that wrote them, then as written. An entry never gets a
 * place before it is committed, and never two.
 *
 * INVARIANT: everything that this cluster wrote by a transaction below `watermark.transaction` has its place.
 */
export async function sequenceOnce(evidence: LayerDatabase, at: Instant): Promise<SequencerPass> {
  return await evidence.transaction(async (tx) => {
    const [held] = await tx.query<{ got: boolean }>(sql`select pg_try_advisory_xact_lock(${SEQUENCER_LOCK}) as got`)
    if (held?.got !== true) return { sequenced: 0, elsewhere: true }
    const unplaced = await mayBeUnplaced(tx)
    // The snapshot's xmin first: what commits between it and the reading is met again in the next pass, never passed over.
    const [snapshot] = await tx.query<{ xmin: string; cluster: string }>(
      sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, ${CLUSTER} as cluster`,
    )
    const sequenced = await place(tx, at, unplaced, sql`${BATCH}`)
    if (snapshot !== undefined && sequenced < BATCH) await moveWatermark(tx, snapshot)
    return { sequenced, elsewhere: false }
  })
}

/**
 * For a restore: whatever the backup holds without a place stands before what is written from now on. Transactions of another
 * cluster are numbered otherwise than those of this one, and behind a later entry what is older would look backdated.
 */
export async function placeRestored(tx: Tx, at: Instant): Promise<void> {
  await place(tx, at, sql`true`, sql`all`)
}

async function place(tx: Tx, at: Instant, unplaced: Sql, most: Sql): Promise<number> {
  return await tx.execute(sql`
    insert into evidence.sequence (seq, entry_id, sequenced_at)
    select (select coalesce(max(seq) + 1, 0) from evidence.sequence)
           + row_number() over (order by waiting.transaction, waiting.ordinal) - 1,
           waiting.id, ${at}
    from (
      select e.id, e.transaction, e.ordinal from evidence.entry e
      where ${unplaced}
        and not exists (select from evidence.sequence s where s.entry_id = e.id)
      order by e.transaction, e.ordinal limit ${most}
    ) waiting`)
}

// a restored database lives in another cluster, where transaction numbers begin anew
const CLUSTER = sql`(select system_identifier::text || '/' || current_database() from pg_control_system())`

/**
 * Which entries may be without a place. Without a watermark of this cluster: any. With one: what this cluster wrote since,
 * so that entries restored from another, whose transactions are numbered far ahead, are not compared in every pass.
 */
export async function mayBeUnplaced(tx: Tx): Promise<Sql> {
  const [row] = await tx.query<{ transaction: string }>(
    sql`select transaction::text from evidence.watermark where cluster = ${CLUSTER}`,
  )
  if (row === undefined) return sql`true`
  return sql`e.transaction >= ${row.transaction}::xid8 and e.transaction < pg_snapshot_xmax(pg_current_snapshot())`
}

async function moveWatermark(tx: Tx, { xmin, cluster }: { xmin: string; cluster: string }): Promise<void> {
  await tx.execute(sql`
    insert into evidence.watermark (transaction, cluster) values (${xmin}::xid8, ${cluster})
    on conflict (one) do update set transaction = excluded.transaction, cluster = excluded.cluster
    where evidence.watermark.transaction <> excluded.transaction or evidence.watermark.cluster <> excluded.cluster`)
}

/**
 * Whether every entry has its place and is under a checkpoint, of `size` leaves. One statement, for whoever asks several times a
 * second; false also where it cannot tell, so the answer to it is a whole pass.
 */
export async function isAllSigned(evidence: LayerDatabase, size: number): Promise<boolean> {
  const [row] = await evidence.prepared<{ done: boolean }>('all_signed', ALL_SIGNED, [size])
  return row?.done === true
}

const ALL_SIGNED = `
  select exists (
      select from evidence.watermark w
      where w.cluster = (select system_identifier::text || '/' || current_database() from pg_control_system())
        and not exists (
          select from evidence.entry e
          where e.transaction >= w.transaction and e.transaction < pg_snapshot_xmax(pg_current_snapshot())
            and not exists (select from evidence.sequence s where s.entry_id = e.id)))
    and (select coalesce(max(seq) + 1, 0) from evidence.sequence) = $1
    and (select max(size) from evidence.checkpoint) = $1 as done`
