// What a complete read of a source no longer has. Nothing is deleted: the presence ends, and where every source lost the
// record, it says since when.
import type { Tx } from '#db'
import { BATCH, sql } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { RecordChange } from '#evidence/port'
import { changedFields } from './changed-fields.ts'
import type { ObservedKind, ObservedRecord, SourceRun } from './observed.ts'
import { presencesOf } from './presence.ts'

type Transaction = <R>(work: (tx: Tx) => Promise<R>) => Promise<R>

/** Returns how many records every source has lost. Only after a read that is complete, when everything met is in `run.seen`. */
export async function markGone<D extends ObservedRecord>(
  transaction: Transaction,
  kind: ObservedKind<D>,
  run: SourceRun,
): Promise<{ readonly gone: number; readonly changed: readonly string[] }> {
  let after = ''
  let gone = 0
  const changed: string[] = []
  for (;;) {
    const page = await transaction(async (tx) => {
      const rows = await tx.query<{ id: string }>(sql`
        select record_id as id from identity.presence
        where source_id = ${run.sourceId} and record_id > ${after} and gone_at is null
          and starts_with(record_id, ${PREFIX[kind.noun]})
        order by record_id limit ${BATCH * 5}`)
      const missing = rows.map(({ id }) => id).filter((id) => !run.seen.has(id))
      const lost = missing.length === 0 ? [] : await endPresences(tx, kind, run, missing)
      return { last: rows.at(-1)?.id, lost }
    })
    gone += page.lost.length
    changed.push(...page.lost)
    if (page.last === undefined) return { gone, changed }
    after = page.last
  }
}

const PREFIX = { principal: 'prn_', credential: 'cred_' } as const

async function endPresences<D extends ObservedRecord>(
  tx: Tx,
  kind: ObservedKind<D>,
  run: SourceRun,
  ids: readonly string[],
): Promise<string[]> {
  const { sourceId, act } = run
  const held = await readCurrent<D>(tx, kind.table, ids, { lock: !run.dryRun })
  const presences = await presencesOf(tx, ids)
  const changes: RecordChange<D>[] = []
  const lost: string[] = []
  for (const [id, current] of held) {
    // what was joined into another record is seen there from now on, which is no news of its own
    if ('mergedInto' in current.data) continue
    const elsewhere = presences.get(id)?.some((other) => other.sourceId !== sourceId && other.goneAt === null) ?? false
    const now = kind.complete(kind.forget(current.data, sourceId))
    const data = elsewhere || current.data.goneAt !== undefined ? now : { ...now, goneAt: act.at }
    if (!elsewhere && current.data.goneAt === undefined) lost.push(id)
    const fields = changedFields(current.data, data)
    if (fields.length === 0) continue
    const type = `${kind.noun}.${elsewhere ? 'updated' : 'gone'}`
    changes.push({ current, patch: () => data, words: { type, content: { source: sourceId, fields } } })
  }
  if (run.dryRun) return lost
  if (changes.length > 0) await changeWithEntries(tx, kind.table, act, changes)
  await tx.execute(sql`
    update identity.presence set gone_at = ${act.at}, defines = false
    where source_id = ${sourceId} and record_id = any(${ids}) and gone_at is null`)
  return lost
}
