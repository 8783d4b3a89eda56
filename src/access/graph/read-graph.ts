// The records of the access layer as changes of the graph: all of them, now or as of a date, and those since the last look.
import { levelOfAction } from '#kernel'
import type { ActionLevel } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { CURRENT, everyCurrent } from '#db/history'
import type { Current, RecordTable, TwoTimes } from '#db/history'
import { identifier } from '#db'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import { ENTITLEMENT, WAY } from '../observe/records.ts'
import type { EntitlementRecord, WayRecord } from '../observe/records.ts'
import type { GraphChange } from './records.ts'

/** Rights and ways in batches of their own snapshots; what changes meanwhile is met again by `changedSince`. */
export async function* everythingInGraph(db: LayerDatabase, times?: TwoTimes): AsyncGenerator<GraphChange> {
  for await (const current of everyCurrent<EntitlementRecord>(db, ENTITLEMENT, times)) yield entitlementChange(current)
  for await (const current of everyCurrent<WayRecord>(db, WAY, times)) yield wayChange(current)
  for await (const current of everyCurrent<GrantRecord>(db, GRANT, times)) yield grantChange(current)
}

/** Every transaction below it is over, so that what it wrote is seen by who reads now. */
export async function positionNow(db: LayerDatabase): Promise<string> {
  return await db.transaction(async (tx) => (await snapshotOf(tx)).xmin, { readOnly: true })
}

/**
 * What transactions from `position` on wrote, as it is now, and the position to go on from. The same may be told again;
 * nothing is left out. Of more than `max` records: `anew`, since reading everything is then as good.
 */
export async function changedSince(
  db: LayerDatabase,
  position: string,
  max: number,
): Promise<{ readonly changes: readonly GraphChange[]; readonly position: string } | 'anew'> {
  return await db.transaction(
    async (tx) => {
      const { xmin, xmax } = await snapshotOf(tx)
      const changed = async <D>({ schema, table }: RecordTable): Promise<Current<D>[]> =>
        await tx.query<Current<D>>(sql`
          select ${CURRENT} from ${identifier(schema)}.${identifier(table)}
          where changed_in >= ${position}::xid8 and changed_in < ${xmax}::xid8 limit ${max + 1}`)
      const changes = [
        ...(await changed<EntitlementRecord>(ENTITLEMENT)).map(entitlementChange),
        ...(await changed<WayRecord>(WAY)).map(wayChange),
        ...(await changed<GrantRecord>(GRANT)).map(grantChange),
      ]
      return changes.length > max ? ('anew' as const) : { changes, position: xmin }
    },
    { readOnly: true },
  )
}

async function snapshotOf(tx: Tx): Promise<{ readonly xmin: string; readonly xmax: string }> {
  const [row] = await tx.query<{ xmin: string; xmax: string }>(sql`
    select pg_snapshot_xmin(s)::text as xmin, pg_snapshot_xmax(s)::text as xmax from pg_current_snapshot() as s`)
  return row ?? { xmin: '0', xmax: '0' }
}

function entitlementChange({ id, data }: Current<EntitlementRecord>): GraphChange {
  if (data.goneAt !== undefined) return { gone: id }
  const { principalId, system, permission, effect, actions, resources, level, conditions, path } = data
  const right = { id, principalId, system, permission, effect, actions, resources, level, path }
  return { put: 'right', right: { ...right, ...(conditions !== undefined && { conditions }) } }
}

function wayChange({ id, data }: Current<WayRecord>): GraphChange {
  if (data.goneAt !== undefined) return { gone: id }
  const { principalId, kind, how, reachesPrincipalId, reaches, open } = data
  const way = { id, principalId, kind, how, open, ...(reaches !== undefined && { reaches }) }
  return { put: 'way', way: { ...way, ...(reachesPrincipalId !== undefined && { reachesPrincipalId }) } }
}

/** As decisions see it: what a target does not have yet is not in force, and what was ended is over at once. */
function grantChange({ id, data }: Current<GrantRecord>): GraphChange {
  const { principalId, kind, actions, resources, from, until, ended, state } = data
  if (state === 'approved' || state === 'provisioning') return { gone: id }
  const end = ended?.at ?? until
  return {
    put: 'right',
    right: {
      id,
      principalId,
      system: 'reeve',
      permission: kind,
      effect: 'allow',
      actions,
      resources,
      level: highestLevel(actions),
      path: [],
      from: Date.parse(from),
      ...(end !== undefined && { until: Date.parse(end) }),
    },
  }
}

const LEVELS: readonly ActionLevel[] = ['unknown', 'read', 'write', 'admin']

/** As a source says it of a right: by the most that it lets one do. */
const highestLevel = (actions: readonly string[]): ActionLevel =>
  actions.map(levelOfAction).reduce((most, one) => (LEVELS.indexOf(one) > LEVELS.indexOf(most) ? one : most), 'unknown')
