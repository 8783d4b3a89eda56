// Of which records something is remembered over a restore, and what: one row of a table for each.
import type { Id } from '#kernel'
import { sql } from '#db'
import type { Layer, Sql } from '#db'
import type { DenialRecord } from '../access/grant/records.ts'
import { logEndOf, NEWEST_CHECKPOINT } from './log-end.ts'
import type { NewerEvidence } from './newer-evidence.ts'

export interface Row {
  readonly [column: string]: unknown
}

export interface Source {
  readonly table: `${Layer}.${string}`
  /** Its rows in a database; those of a backup are all of them. */
  readonly rows: Sql
  readonly take: (evidence: NewerEvidence, row: Row) => void
}

/** Of a table whose rows keep what they say in `data`; `over` picks what is to be remembered. */
const recorded = (
  table: Source['table'],
  rows: Sql,
  over: (data: { readonly state: string }) => boolean,
  keep: (evidence: NewerEvidence, id: string, data: never) => void,
): Source => ({
  table,
  rows,
  take: (evidence, { id, recorded_at: recordedAt, data: stored }) => {
    if (String(recordedAt) > evidence.until) evidence.until = String(recordedAt)
    const data = (typeof stored === 'string' ? JSON.parse(stored) : stored) as { state: string }
    if (over(data)) keep(evidence, String(id), data as never)
  },
})

export const SOURCES: readonly Source[] = [
  recorded(
    'identity.principal',
    sql`select id, recorded_at, data from identity.principal where state in ('quarantined', 'retired')`,
    ({ state }) => state === 'quarantined' || state === 'retired',
    ({ principals }, id, data) => principals.set(id, data),
  ),
  recorded(
    'identity.credential',
    sql`select id, recorded_at, data from identity.credential where state <> 'live'`,
    ({ state }) => state !== 'live',
    ({ credentials }, id, data) => credentials.set(id, data),
  ),
  recorded(
    'identity.person',
    sql`select id, recorded_at, data from identity.person where status = 'leaver'`,
    (data) => (data as unknown as { status: string }).status === 'leaver',
    ({ leavers }, _, { feedId }: { feedId: string }) => leavers.add(feedId),
  ),
  {
    table: 'access.token',
    rows: sql`select id, revoked_at from access.token where revoked_at is not null`,
    take: ({ revokedTokens }, row) => {
      if (row['revoked_at'] !== null) revokedTokens.add(String(row['id']))
    },
  },
  {
    table: 'access.role_assignment',
    rows: sql`select id, ended_at from access.role_assignment where ended_at is not null`,
    take: ({ endedRoles }, row) => {
      if (row['ended_at'] !== null) endedRoles.add(String(row['id']))
    },
  },
  recorded(
    'access.access_grant',
    // over here, whether or not the target was seen to know
    sql`select id, recorded_at, data from access.access_grant where state in ('ending', 'ended', 'unproven')`,
    ({ state }) => ['ending', 'ended', 'unproven'].includes(state),
    ({ endedGrants }, id) => endedGrants.add(id),
  ),
  recorded(
    'access.denial',
    sql`select id, recorded_at, data from access.denial where lifted_at is null`,
    (data) => (data as unknown as DenialRecord).liftedAt === undefined,
    ({ denials }, id, data) => denials.set(id as Id<'denial'>, data),
  ),
  recorded(
    'effect.plan',
    sql`select id, recorded_at, data from effect.plan where state = 'cancelled'`,
    ({ state }) => state === 'cancelled',
    ({ cancelledPlans }, id) => cancelledPlans.add(id),
  ),
  recorded(
    'effect.target',
    sql`select id, recorded_at, data from effect.target where state = 'removed'`,
    ({ state }) => state === 'removed',
    ({ removedTargets }, id) => removedTargets.add(id),
  ),
  {
    table: 'evidence.checkpoint',
    rows: NEWEST_CHECKPOINT,
    take: (evidence, row) => {
      const end = logEndOf(row['note'])
      if (end !== undefined && end.size >= (evidence.log?.size ?? 0)) evidence.log = end
    },
  },
]
