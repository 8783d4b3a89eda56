// Reading connections and runs: pages, newest run, next run.
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Sql, Tx } from '#db'
import { CURRENT } from '#db/history'
import type { ConnectionData, ConnectionRecord, ConnectionsLayer, ConnectionState } from './connection.ts'
import { RUN } from './run.ts'
import type { Run } from './run.ts'
import { nextAt } from './schedule.ts'

export interface ConnectionView extends ConnectionRecord {
  /** The newest, whatever became of it: with what it could not read. */
  readonly lastRun: Run | null
  /** Of an enabled connection that has a schedule. */
  readonly nextRunAt: Instant | null
}

export interface Page<T, C> {
  readonly items: readonly T[]
  /** What the next page goes on after; absent on the last one. */
  readonly next?: C
}

/** By name. Removed ones only when asked for. */
export async function listConnections(
  layer: ConnectionsLayer,
  query: { readonly limit: number; readonly after?: string; readonly state?: ConnectionState },
): Promise<Page<ConnectionView, string>> {
  const { limit, after, state } = query
  const where = sql`${state === undefined ? sql`c.state <> 'removed'` : sql`c.state = ${state}`}
    ${after === undefined ? sql`` : sql`and (c.name, c.id) > (${nameIn(after)}, ${idIn(after)})`}`
  const found = await layer.db.transaction(async (tx) => await readViews(tx, layer, where, limit + 1), {
    readOnly: true,
  })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(found.length > limit && last !== undefined ? { next: `${last.id} ${last.data.name}` } : {}) }
}

const idIn = (after: string): string => after.slice(0, after.indexOf(' '))
const nameIn = (after: string): string => after.slice(after.indexOf(' ') + 1)

/** Also a removed one. Faults: not_found. */
export async function getConnection(layer: ConnectionsLayer, id: string): Promise<ConnectionView> {
  const [view] = await layer.db.transaction(async (tx) => await readViews(tx, layer, sql`c.id = ${id}`, 1), {
    readOnly: true,
  })
  if (view === undefined) throw new Fault('not_found', 'no connection has this id')
  return view
}

async function readViews(tx: Tx, layer: ConnectionsLayer, where: Sql, limit: number): Promise<ConnectionView[]> {
  const records = await tx.query<ConnectionRecord>(
    sql`select ${CURRENT} from connections.connection c where ${where} order by c.name, c.id limit ${limit}`,
  )
  const runs = await tx.query<Run>(sql`
    select newest.* from unnest(${records.map(({ id }) => id)}::text[]) as wanted (id)
    cross join lateral (
      select ${RUN} from connections.run r where r.connection_id = wanted.id order by r.queued_at desc, r.id limit 1
    ) newest`)
  const runOf = new Map(runs.map((run) => [run.connectionId, run]))
  const now = layer.clock()
  return records.map((record) =>
    Object.assign(record, { lastRun: runOf.get(record.id) ?? null, nextRunAt: nextRunOf(record.data, now) }),
  )
}

function nextRunOf({ schedule, state }: ConnectionData, now: Instant): Instant | null {
  return schedule === null || state !== 'enabled' ? null : (nextAt(schedule, now) ?? null)
}

export interface RunCursor {
  readonly queuedAt: Instant
  readonly id: string
}

/** Newest first, of one connection or of all. */
export async function listRuns(
  layer: ConnectionsLayer,
  query: { readonly limit: number; readonly after?: RunCursor; readonly connectionId?: string },
): Promise<Page<Run, RunCursor>> {
  const { limit, after, connectionId } = query
  const found = await layer.db.transaction(
    async (tx) =>
      await tx.query<Run>(sql`
        select ${RUN} from connections.run r
        where ${connectionId === undefined ? sql`true` : sql`r.connection_id = ${connectionId}`}
        ${after === undefined ? sql`` : sql`and r.queued_at <= ${after.queuedAt} and (r.queued_at < ${after.queuedAt} or r.id > ${after.id})`}
        order by r.queued_at desc, r.id limit ${limit + 1}`),
    { readOnly: true },
  )
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    ...(found.length > limit && last !== undefined ? { next: { queuedAt: last.queuedAt, id: last.id } } : {}),
  }
}

/** Faults: not_found. */
export async function getRun(layer: ConnectionsLayer, id: string): Promise<Run> {
  const [run] = await layer.db.transaction(
    async (tx) => await tx.query<Run>(sql`select ${RUN} from connections.run r where r.id = ${id}`),
    { readOnly: true },
  )
  if (run === undefined) throw new Fault('not_found', 'no run has this id')
  return run
}

/**
 * Connections that were not read completely under this fingerprint key since it is in use: as long as there are any, the
 * key before it is needed.
 */
export async function notYetReadUnder(layer: ConnectionsLayer, keyId: string): Promise<readonly string[]> {
  const rows = await layer.db.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`
        select c.id from connections.connection c
        where c.state <> 'removed'
          and exists (select from connections.run r where r.connection_id = c.id)
          and not exists (
            select from connections.run r
            where r.connection_id = c.id and r.state = 'succeeded' and r.fingerprint_key_id = ${keyId})
        order by c.id`),
    { readOnly: true },
  )
  return rows.map(({ id }) => id)
}
