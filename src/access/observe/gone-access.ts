// Accounts, rights and ways that a complete read of a source no longer has: marked with the date, never deleted.
import { BATCH, sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { RecordTable } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { AccessRun } from './observe-access.ts'
import { ACCOUNT, ENTITLEMENT, WAY } from './records.ts'
import type { AccessLayer, ObservedRecord } from './records.ts'

/** Only after a read that is complete, when everything met is in `run.seen`. */
export async function markGoneAccess(
  access: AccessLayer,
  run: AccessRun,
): Promise<{ readonly accounts: number; readonly entitlements: number; readonly ways: number }> {
  return {
    accounts: await markGone(access, run, ACCOUNT, 'acc_'),
    entitlements: await markGone(access, run, ENTITLEMENT, 'ent_'),
    ways: await markGone(access, run, WAY, 'way_'),
  }
}

async function markGone(access: AccessLayer, run: AccessRun, table: RecordTable, prefix: string): Promise<number> {
  let after = ''
  let gone = 0
  for (;;) {
    const page = await access.db.transaction(
      async (tx) => {
        const rows = await tx.query<{ id: string }>(sql`
          select record_id as id from access.presence
          where source_id = ${run.sourceId} and record_id > ${after} and gone_at is null
            and starts_with(record_id, ${prefix})
          order by record_id limit ${BATCH * 5}`)
        const missing = rows.map(({ id }) => id).filter((id) => !run.seen.has(id))
        return { last: rows.at(-1)?.id, gone: missing.length === 0 ? 0 : await end(tx, run, table, missing) }
      },
      { statementTimeoutMs: 0 },
    )
    gone += page.gone
    if (page.last === undefined) return gone
    after = page.last
  }
}

async function end(tx: Tx, run: AccessRun, table: RecordTable, ids: readonly string[]): Promise<number> {
  const { sourceId, act } = run
  const elsewhere = new Set(
    (
      await tx.query<{ id: string }>(sql`
        select record_id as id from access.presence
        where record_id = any(${ids}) and source_id <> ${sourceId} and gone_at is null`)
    ).map(({ id }) => id),
  )
  const lost = ids.filter((id) => !elsewhere.has(id))
  const held = await readCurrent<ObservedRecord>(tx, table, lost, { lock: !run.dryRun })
  const changes = [...held.values()]
    .filter(({ data }) => data.goneAt === undefined)
    .map((current) => ({
      current,
      patch: <D extends ObservedRecord>(data: D): D => ({ ...data, goneAt: act.at }),
      words: { type: `${table.table}.gone`, about: [current.data.principalId], content: { source: sourceId } },
    }))
  if (run.dryRun) return changes.length
  if (changes.length > 0) await changeWithEntries(tx, table, act, changes)
  await tx.execute(sql`
    update access.presence set gone_at = ${act.at}
    where source_id = ${sourceId} and record_id = any(${ids}) and gone_at is null`)
  return changes.length
}
