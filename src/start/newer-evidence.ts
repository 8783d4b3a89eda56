// What is known of the time after a backup: from a newer backup, or from the database that the backup is to replace.
import type { Id } from '#kernel'
import { readBackupRows, sql } from '#db'
import type { AsLayer } from '#db'
import type { DenialRecord } from '../access/grant/records.ts'
import type { CredentialRecord, PrincipalRecord } from '#identity/roll'

/** What ended or was held. A restore never makes any of it live again unseen. */
export interface NewerEvidence {
  /** Up to when something is known: the newest record's instant. */
  until: string
  readonly principals: Map<string, PrincipalRecord>
  readonly credentials: Map<string, CredentialRecord>
  readonly revokedTokens: Set<string>
  readonly endedRoles: Set<string>
  /** Feed ids of people who are not active. */
  readonly leavers: Set<string>
  readonly cancelledPlans: Set<string>
  readonly removedTargets: Set<string>
  readonly endedGrants: Set<string>
  /** Those that stand. */
  readonly denials: Map<Id<'denial'>, DenialRecord>
  /** The newest checkpoint of the log that is lost. */
  log?: LogEnd
}

/** Where a log ended, as its checkpoint says. */
export interface LogEnd {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** `undefined` for a log that has signed nothing. */
export function logEndOf(checkpoint: unknown): LogEnd | undefined {
  const [, size = '', root = ''] = String(checkpoint).split('\n')
  return /^\d{1,15}$/.test(size) ? { size: Number(size), root } : undefined
}

export const NEWEST_CHECKPOINT = sql`select note from evidence.checkpoint order by size desc limit 1`

export const noEvidence = (): NewerEvidence => ({
  until: '',
  principals: new Map(),
  credentials: new Map(),
  revokedTokens: new Set(),
  endedRoles: new Set(),
  leavers: new Set(),
  cancelledPlans: new Set(),
  removedTargets: new Set(),
  endedGrants: new Set(),
  denials: new Map(),
})

/** Over here, whether or not the target was seen to know. */
const OVER: ReadonlySet<string> = new Set(['ending', 'ended', 'unproven'])
const HELD: ReadonlySet<string> = new Set(['quarantined', 'retired'])

const TABLES = [
  'identity.principal',
  'identity.credential',
  'identity.person',
  'access.token',
  'access.role_assignment',
  'access.access_grant',
  'access.denial',
  'effect.plan',
  'effect.target',
  'evidence.checkpoint',
] as const

interface Row {
  readonly [column: string]: unknown
}

function note(evidence: NewerEvidence, table: string, row: Row): void {
  if (table === 'evidence.checkpoint') {
    const end = logEndOf(row['note'])
    if (end !== undefined && end.size >= (evidence.log?.size ?? 0)) evidence.log = end
    return
  }
  const id = String(row['id'])
  if (table === 'access.token') {
    if (row['revoked_at'] !== null) evidence.revokedTokens.add(id)
    return
  }
  if (table === 'access.role_assignment') {
    if (row['ended_at'] !== null) evidence.endedRoles.add(id)
    return
  }
  const at = String(row['recorded_at'])
  if (at > evidence.until) evidence.until = at
  const data = (typeof row['data'] === 'string' ? JSON.parse(row['data']) : row['data']) as { state: string }
  if (table === 'identity.principal') {
    if (HELD.has(data.state)) evidence.principals.set(id, data as unknown as PrincipalRecord)
  } else if (table === 'identity.credential') {
    if (data.state !== 'live') evidence.credentials.set(id, data as unknown as CredentialRecord)
  } else if (table === 'access.access_grant') {
    if (OVER.has(data.state)) evidence.endedGrants.add(id)
  } else if (table === 'access.denial') {
    const denial = data as unknown as DenialRecord
    if (denial.liftedAt === undefined) evidence.denials.set(id as Id<'denial'>, denial)
  } else if (table === 'effect.plan') {
    if (data.state === 'cancelled') evidence.cancelledPlans.add(id)
  } else if (table === 'effect.target') {
    if (data.state === 'removed') evidence.removedTargets.add(id)
  } else {
    const { status, feedId } = data as unknown as { status: string; feedId: string }
    if (status === 'leaver') evidence.leavers.add(feedId)
  }
}

/** Throws Fault('unreadable_input') for what is no whole backup. */
export async function evidenceOfBackup(path: string): Promise<NewerEvidence> {
  const evidence = noEvidence()
  let createdAt = ''
  for await (const item of readBackupRows(path, TABLES)) {
    if (item.kind === 'manifest') createdAt = item.manifest.createdAt
    else note(evidence, item.table, item.row)
  }
  evidence.until = createdAt
  return evidence
}

/** In the transaction that is about to replace it. */
export async function gatherEvidence(as: AsLayer, evidence: NewerEvidence): Promise<void> {
  const identity = as('identity')
  const access = as('access')
  const effect = as('effect')
  const read = [
    [
      'identity.principal',
      await identity.query<Row>(
        sql`select id, recorded_at, data from identity.principal where state in ('quarantined', 'retired')`,
      ),
    ],
    [
      'identity.credential',
      await identity.query<Row>(sql`select id, recorded_at, data from identity.credential where state <> 'live'`),
    ],
    [
      'identity.person',
      await identity.query<Row>(sql`select id, recorded_at, data from identity.person where status = 'leaver'`),
    ],
    [
      'access.token',
      await access.query<Row>(sql`select id, revoked_at from access.token where revoked_at is not null`),
    ],
    [
      'access.role_assignment',
      await access.query<Row>(sql`select id, ended_at from access.role_assignment where ended_at is not null`),
    ],
    [
      'access.access_grant',
      await access.query<Row>(
        sql`select id, recorded_at, data from access.access_grant where state in ('ending', 'ended', 'unproven')`,
      ),
    ],
    [
      'access.denial',
      await access.query<Row>(sql`select id, recorded_at, data from access.denial where lifted_at is null`),
    ],
    [
      'effect.plan',
      await effect.query<Row>(sql`select id, recorded_at, data from effect.plan where state = 'cancelled'`),
    ],
    [
      'effect.target',
      await effect.query<Row>(sql`select id, recorded_at, data from effect.target where state = 'removed'`),
    ],
    ['evidence.checkpoint', await as('evidence').query<Row>(NEWEST_CHECKPOINT)],
  ] as const
  for (const [table, rows] of read) for (const row of rows) note(evidence, table, row)
  const [newest] = await as('evidence').query<{ at: string | null }>(sql`select max(at) as at from evidence.entry`)
  evidence.until = newest?.at ?? evidence.until
}
