// What the access layer shows an auditor: accounts and entitlements with their versions, and who may use Reeve itself.
import type { Json } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql } from '#db'
import { readAllRecords } from '#db/history'
import type { RecordTable, RecordWithVersions, UpTo } from '#db/history'
import { BREAK_GLASS } from '../break-glass/records.ts'
import { DENIAL, GRANT } from '../grant/records.ts'
import { POLICY_VERSION } from '../policy-version/records.ts'
import { ACCESS_REQUEST } from '../request/records.ts'
import { ACCOUNT, ENTITLEMENT, WAY } from './records.ts'

interface Named {
  readonly name: string
  readonly title: string
  readonly prefix: string
  /** Column → path in the record. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns that name identities; absent where the rows are not about any. */
  readonly identities?: readonly string[]
}

type Data = { readonly [key: string]: Json }

export interface AccessRecordPopulation extends Named {
  rows(upTo?: UpTo): AsyncIterable<RecordWithVersions>
}

/** What has no versions: each row was made by an entry of one of these types. */
export interface AccessPlainPopulation extends Named {
  readonly table: string
  readonly madeBy: readonly string[]
  rows(): AsyncIterable<{ readonly id: string; readonly data: Data }>
}

/** The record tables of the layer, for whoever checks them all. */
export const ACCESS_TABLES: readonly RecordTable[] = [
  ACCOUNT,
  ENTITLEMENT,
  WAY,
  ACCESS_REQUEST,
  GRANT,
  DENIAL,
  BREAK_GLASS,
  POLICY_VERSION,
]

const BATCH = 1000

type Populations = (AccessRecordPopulation | AccessPlainPopulation)[]

export function accessPopulations(db: LayerDatabase): Populations {
  return [...observed(db), ...asked(db), ...granted(db), ...ofReeve(db)]
}

function observed(db: LayerDatabase): Populations {
  return [
    {
      name: 'accounts',
      title: 'accounts of identities in systems',
      prefix: 'acc_',
      identities: ['principal'],
      columns: { principal: 'principalId', system: 'system', external_id: 'externalId', gone_at: 'goneAt' },
      rows: (upTo) => readAllRecords(db, ACCOUNT, upTo),
    },
    {
      name: 'entitlements',
      title: 'what identities may do, as the sources state it',
      prefix: 'ent_',
      identities: ['principal'],
      columns: {
        principal: 'principalId',
        system: 'system',
        permission: 'permission',
        effect: 'effect',
        level: 'level',
        resources: 'resources',
        path: 'path',
        gone_at: 'goneAt',
      },
      rows: (upTo) => readAllRecords(db, ENTITLEMENT, upTo),
    },
    {
      name: 'ways',
      title: 'how identities come to act as others, or to more than they were given',
      prefix: 'way_',
      identities: ['principal'],
      columns: {
        principal: 'principalId',
        kind: 'kind',
        how: 'how',
        technique: 'technique',
        reaches_principal: 'reachesPrincipalId',
        reaches: 'reaches',
        reaches_tier: 'reachesTier',
        open: 'open',
        gone_at: 'goneAt',
      },
      rows: (upTo) => readAllRecords(db, WAY, upTo),
    },
  ]
}

function asked(db: LayerDatabase): Populations {
  return [
    {
      name: 'access-requests',
      title: 'rights that were asked for, who may not decide, and what became of them',
      prefix: 'req_',
      identities: ['principal'],
      columns: {
        principal: 'principalId',
        kind: 'kind',
        actions: 'actions',
        resources: 'resources',
        seconds: 'seconds',
        purpose: 'purpose',
        requested_by: 'requestedBy',
        interested: 'interested',
        approval: 'needs.approval',
        approvals_needed: 'needs.approvals',
        policy_version: 'needs.policyVersion',
        state: 'state',
        grant: 'grantId',
      },
      rows: (upTo) => readAllRecords(db, ACCESS_REQUEST, upTo),
    },
    {
      name: 'approvals',
      title: 'who agreed to a right that was asked for, or denied it',
      prefix: 'apr_',
      identities: [],
      columns: same('request', 'verdict', 'actor', 'behind', 'interested', 'reason', 'at'),
      table: 'access.approval',
      madeBy: ['access_request.approved', 'access_request.denied'],
      rows: () => plainRows(db, APPROVED),
    },
  ]
}

/** What may be done, and what may not. */
function granted(db: LayerDatabase): Populations {
  return [
    {
      name: 'grants',
      title: 'rights that were given, from when until when',
      prefix: 'grt_',
      identities: ['principal'],
      columns: {
        principal: 'principalId',
        kind: 'kind',
        actions: 'actions',
        resources: 'resources',
        from: 'from',
        until: 'until',
        state: 'state',
        request: 'requestId',
        approved_by: 'approvedBy',
        ended_at: 'ended.at',
        ended_by: 'ended.by',
      },
      rows: (upTo) => readAllRecords(db, GRANT, upTo),
    },
    {
      name: 'break-glass',
      title: 'what was granted in emergencies, and what its review said',
      prefix: 'bgl_',
      identities: ['principal'],
      columns: {
        principal: 'principalId',
        request: 'requestId',
        used_by: 'usedBy',
        persons: 'persons',
        at: 'at',
        until: 'until',
        state: 'state',
        reviewed_by: 'review.by',
        reviewed_at: 'review.at',
        verdict: 'review.verdict',
      },
      rows: (upTo) => readAllRecords(db, BREAK_GLASS, upTo),
    },
    {
      name: 'denials',
      title: 'what is denied by an act of its own',
      prefix: 'dny_',
      identities: ['subject'],
      columns: { subject: 'subjectId', reason: 'reason', by: 'by', lifted_at: 'liftedAt' },
      rows: (upTo) => readAllRecords(db, DENIAL, upTo),
    },
    {
      name: 'policy-versions',
      title: 'versions of the policies, who proposed and who approved them',
      prefix: 'pol_',
      columns: {
        number: 'number',
        state: 'state',
        text_sha256: 'textHash',
        proposed_by: 'proposedBy',
        proposed_behind: 'proposedBehind',
        approvals: 'approvals',
        activated_at: 'activatedAt',
      },
      rows: (upTo) => readAllRecords(db, POLICY_VERSION, upTo),
    },
  ]
}

/** Who may use Reeve itself. */
function ofReeve(db: LayerDatabase): Populations {
  return [
    {
      name: 'tokens',
      title: 'tokens of Reeve itself; never a value',
      prefix: 'tok_',
      identities: ['principal'],
      columns: same('principal', 'person', 'bootstrap', 'scopes', 'created_at', 'expires_at', 'revoked_at', 'used_on'),
      table: 'access.token',
      madeBy: ['token.created'],
      rows: () => plainRows(db, TOKENS),
    },
    {
      name: 'role-assignments',
      title: 'who administers, approves, reviews and audits Reeve itself',
      prefix: 'rol_',
      identities: ['subject'],
      columns: same('subject', 'role', 'both_allowed', 'assigned_at', 'assigned_by', 'ended_at', 'ended_by'),
      table: 'access.role_assignment',
      madeBy: ['role.assigned'],
      rows: () => plainRows(db, ROLES),
    },
  ]
}

const same = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]))

const APPROVED = sql`select id, request_id as request, verdict, actor, behind, interested, reason, at from access.approval`
const TOKENS = sql`select id, principal_id as principal, person_id as person, bootstrap, scopes, created_at, expires_at,
  revoked_at, used_on from access.token`
const ROLES = sql`select id, subject_id as subject, role, both_allowed, assigned_at, assigned_by, ended_at, ended_by
  from access.role_assignment`

async function* plainRows(db: LayerDatabase, from: Sql): AsyncGenerator<{ id: string; data: Data }> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) => await tx.query<Data & { id: string }>(sql`${from} where id > ${after} order by id limit ${BATCH}`),
      { readOnly: true },
    )
    for (const { id, ...data } of rows) yield { id, data }
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}
