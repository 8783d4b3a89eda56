// How often each thing was decided in each minute: what a million decisions come to. Kept, listed, and pruned by age.
import { hash } from 'node:crypto'
import { Fault } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql, Tx } from '#db'
import { note } from '../role/administration.ts'
import type { DecidedKind, Recorded } from './decision-line.ts'

/** One identity, act, resource, outcome and enforcement point, in one minute. */
export interface DecisionCount {
  readonly minute: Instant
  /** Absent where nobody in the roll answered to the name. */
  readonly principalId?: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly reason: string
  readonly point?: string
  /** False: nothing hung on the answer. A denial with it is a would-be denial. */
  readonly enforced: boolean
  readonly count: number
}

export interface DecisionCountFilter {
  readonly principalId?: string
  readonly action?: string
  readonly resource?: string
  readonly point?: string
  readonly allowed?: boolean
  readonly enforced?: boolean
  /** Minutes from here on. */
  readonly from?: Instant
  /** Minutes before. */
  readonly to?: Instant
}

/** A place in the list: the newest minute comes first. */
export interface CountPlace {
  readonly minute: string
  readonly key: string
}

const MINUTE_MS = 60_000
const PRUNED_AT_ONCE = 20_000

const keyOf = ({ principalId, action, resource, allowed, reason, point = '', enforced }: DecidedKind): string =>
  JSON.stringify([principalId, action, resource, allowed, reason, point, enforced ?? true])

/** The same for those that `keyOf` is the same for, and no others: lengths tell where each text ends. */
function sameness({ principalId, action, resource, allowed, reason, point = '', enforced }: DecidedKind): string {
  const lengths = `${principalId.length} ${action.length} ${resource.length} ${reason.length}`
  return `${lengths} ${allowed} ${enforced ?? true} ${principalId}${action}${resource}${reason}${point}`
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)
const minuteName = (minute: number): string => new Date(minute * MINUTE_MS).toISOString()

/** SECURITY: who asks chooses these texts; one that PostgreSQL cannot hold would keep every batch from being taken. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd')

/** `takenBack` were counted before, and do not count. */
export async function countDecisions(
  tx: Tx,
  lines: readonly Recorded[],
  takenBack: readonly Recorded[] = [],
): Promise<void> {
  for (const { at, kind } of takenBack) {
    const key = hash('sha256', keyOf(kind), 'hex')
    await tx.execute(sql`update access.decision_count set count = greatest(count - 1, 0)
      where minute = ${minuteName(minuteOf(at))} and key = decode(${key}, 'hex')`)
  }
  const counts = new Map<string, { readonly kind: DecidedKind; readonly minute: number; times: number }>()
  for (const [kind, byMinute] of countsByKind(lines))
    for (const [minute, times] of byMinute) {
      const key = `${minute} ${sameness(kind)}`
      const known = counts.get(key)
      if (known === undefined) counts.set(key, { kind, minute, times })
      else known.times += times
    }
  // in one order, so that two who send at once do not wait for each other
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { kind, minute, times }]) => ({
      minute: minuteName(minute),
      key: hash('sha256', keyOf(kind), 'hex'),
      principal: kind.principalId,
      action: storable(kind.action),
      resource: storable(kind.resource),
      allowed: kind.allowed,
      reason: kind.reason,
      point: storable(kind.point ?? ''),
      enforced: kind.enforced ?? true,
      times,
    }))
  await tx.execute(sql`
    insert into access.decision_count as c
      (minute, key, principal_id, action, resource, allowed, reason, point, enforced, count)
    select r.minute, decode(r.key, 'hex'), r.principal, r.action, r.resource, r.allowed, r.reason, r.point, r.enforced, r.times
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (minute timestamptz, key text, principal text, action text,
      resource text, allowed boolean, reason text, point text, enforced boolean, times bigint)
    on conflict (minute, key) do update set count = c.count + excluded.count`)
}

/** Those that share their kind in memory cost no comparison of texts. */
function countsByKind(lines: readonly Recorded[]): ReadonlyMap<DecidedKind, ReadonlyMap<number, number>> {
  const counts = new Map<DecidedKind, Map<number, number>>()
  for (const { at, kind } of lines) {
    const minute = minuteOf(at)
    const byMinute = counts.get(kind)
    if (byMinute === undefined) counts.set(kind, new Map([[minute, 1]]))
    else byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1)
  }
  return counts
}

/** The newest first. */
export async function listDecisionCounts(
  db: LayerDatabase,
  filter: DecisionCountFilter,
  { limit, after }: { readonly limit: number; readonly after?: CountPlace },
): Promise<(DecisionCount & CountPlace)[]> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<DecisionCount & CountPlace>(sql`
        select minute, encode(key, 'hex') as key, principal_id as "principalId", action, resource, allowed, reason, point,
          enforced, count from access.decision_count
        where ${wanted(filter)}
          and count > 0 and ${after === undefined ? ALL : sql`(minute, key) < (${after.minute}, decode(${after.key}, 'hex'))`}
        order by minute desc, key desc limit ${limit}`),
    { readOnly: true },
  )
  return rows.map(countOf)
}

/** No text stands for nobody, and for no point. */
const countOf = ({ principalId = '', point = '', ...row }: DecisionCount & CountPlace): DecisionCount & CountPlace => ({
  ...row,
  ...(principalId !== '' && { principalId }),
  ...(point !== '' && { point }),
})

const ALL = sql`true`

function wanted({ principalId, action, resource, point, allowed, enforced, from, to }: DecisionCountFilter): Sql {
  const is = (column: Sql, value: string | boolean | undefined): Sql =>
    value === undefined ? ALL : sql`${column} = ${value}`
  return sql`${is(sql`principal_id`, principalId)} and ${is(sql`action`, action)} and ${is(sql`resource`, resource)}
    and ${is(sql`point`, point)} and ${is(sql`allowed`, allowed)} and ${is(sql`enforced`, enforced)}
    and ${from === undefined ? ALL : sql`minute >= ${from}`} and ${to === undefined ? ALL : sql`minute < ${to}`}`
}

/**
 * Counts and batches that are older, with an entry. Answers whether there may be more. Throws Fault('forbidden') below thirty
 * days: PostgreSQL itself refuses.
 */
export async function pruneDecisions(db: LayerDatabase, act: Act, days: number): Promise<'more' | 'done'> {
  if (!Number.isInteger(days) || days < 30 || days > 100_000) {
    throw new Fault('forbidden', 'decisions are kept for thirty days at least')
  }
  return await db.transaction(async (tx) => {
    const [gone] = await tx.query<{ before: Instant; counts: number; batches: number }>(
      sql`select before, counts, batches from access.prune_decisions(${days}, ${PRUNED_AT_ONCE})`,
    )
    if (gone === undefined || gone.counts + gone.batches === 0) return 'done'
    await note(tx, act, 'decision.pruned', [], { ...gone })
    return Math.max(gone.counts, gone.batches) === PRUNED_AT_ONCE ? 'more' : 'done'
  })
}
