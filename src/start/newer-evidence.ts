// What is known of the time after a backup: from a newer backup, or from the database that the backup is to replace.
import type { Id } from '#kernel'
import { readBackupRows, sql } from '#db'
import type { AsLayer, Layer } from '#db'
import type { DenialRecord } from '../access/grant/records.ts'
import type { CredentialRecord, PrincipalRecord } from '#identity/roll'
import type { LogEnd } from './log-end.ts'
import { SOURCES } from './what-ended.ts'
import type { Row, Source } from './what-ended.ts'

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

/** Throws Fault('unreadable_input') for what is no whole backup. */
export async function evidenceOfBackup(path: string): Promise<NewerEvidence> {
  const evidence = noEvidence()
  let createdAt = ''
  const sources = new Map<string, Source>(SOURCES.map((source) => [source.table, source]))
  for await (const item of readBackupRows(path, [...sources.keys()])) {
    if (item.kind === 'manifest') createdAt = item.manifest.createdAt
    else sources.get(item.table)?.take(evidence, item.row)
  }
  evidence.until = createdAt
  return evidence
}

/** In the transaction that is about to replace it. */
export async function gatherEvidence(as: AsLayer, evidence: NewerEvidence): Promise<void> {
  for (const { table, rows, take } of SOURCES) {
    const layer = table.slice(0, table.indexOf('.')) as Layer
    for (const row of await as(layer).query<Row>(rows)) take(evidence, row)
  }
  const [newest] = await as('evidence').query<{ at: string | null }>(sql`select max(at) as at from evidence.entry`)
  evidence.until = newest?.at ?? evidence.until
}
