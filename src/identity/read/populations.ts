// What the roll shows an auditor: every record, by id, with the columns that are sampled. Of people only ids.
import type { Json } from '#kernel'
import { sql } from '#db'
import { readAllRecords } from '#db/history'
import type { RecordTable, RecordWithVersions, UpTo } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import { CREDENTIAL, MATCH, OFFER, PERSON, PRINCIPAL, REQUEST, TEAM, VENDOR } from '../record/tables.ts'

type Data = { readonly [key: string]: Json }

/** One kind of records as evidence takes it. */
export interface RollPopulation {
  readonly name: string
  readonly title: string
  readonly prefix: string
  /** Column → path in the record. */
  readonly columns: Readonly<Record<string, string>>
  readonly withheld?: (data: Data) => boolean
  /** Columns that name identities, or credentials; absent where the records are not about any. */
  readonly identities?: readonly string[]
  rows(upTo?: UpTo): AsyncIterable<RecordWithVersions>
}

/** What has no versions: each row was made by an entry of one of these types. */
export interface RollPlainPopulation extends Pick<
  RollPopulation,
  'name' | 'title' | 'prefix' | 'columns' | 'identities'
> {
  readonly table: string
  readonly madeBy: readonly string[]
  rows(): AsyncIterable<{ readonly id: string; readonly data: Data }>
}

interface Kind extends Omit<RollPopulation, 'rows'> {
  readonly table: RecordTable
}

/** The record tables of the roll, for whoever checks them all. */
export const ROLL_TABLES: readonly RecordTable[] = [PRINCIPAL, CREDENTIAL, PERSON, TEAM, VENDOR, OFFER, REQUEST, MATCH]

const KINDS: readonly Kind[] = [
  {
    name: 'principals',
    title: 'identities with owner, purpose, state, exceptions and attestations',
    prefix: 'prn_',
    table: PRINCIPAL,
    withheld: ({ kind }) => kind === 'human',
    identities: ['id'],
    columns: {
      kind: 'kind',
      system: 'system',
      external_id: 'externalId',
      name: 'name',
      state: 'state',
      effect: 'effect',
      environment: 'environment.value',
      tier: 'tier.value',
      criticality: 'criticality.value',
      owner_kind: 'owner.party.kind',
      owner: 'owner.party.id',
      owner_from: 'owner.from',
      backups: 'backups',
      parties: 'parties',
      vendor: 'vendorId',
      purpose: 'purpose.value',
      provenance: 'provenance.how',
      first_seen_at: 'provenance.firstSeenAt',
      expires_at: 'expiresAt',
      next_review_at: 'nextReviewAt',
      attested_by: 'attestation.by',
      attested_at: 'attestation.at',
      binding: 'binding.how',
      bound_by: 'binding.by',
      bound_at: 'binding.at',
      exception_by: 'exception.by',
      exception_until: 'exception.until',
      exception_cause: 'exception.cause',
      exception_reason: 'exception.reason',
      quarantined_at: 'quarantine.at',
      quarantined_by: 'quarantine.by',
      retired_at: 'retirement.at',
      retired_by: 'retirement.by',
      orphaned_at: 'orphanedAt',
      gone_at: 'goneAt',
    },
  },
  {
    name: 'credentials',
    title: 'credentials with rotation and revocation times; never a value',
    prefix: 'cred_',
    table: CREDENTIAL,
    identities: ['principal', 'also_of'],
    columns: {
      type: 'type',
      principal: 'principalId',
      also_of: 'alsoOf',
      state: 'state',
      effect: 'effect',
      created_at_source: 'createdAtSource',
      last_rotated_at: 'lastRotatedAt',
      rotate_within_days: 'rotateWithinDays',
      expires_at: 'expiresAt',
      leaked_at: 'leak.at',
      leaked_by: 'leak.by',
      replaced_by: 'replacedBy',
      revoked_at: 'revocation.at',
      revoked_by: 'revocation.by',
      gone_at: 'goneAt',
    },
  },
  {
    name: 'identity-requests',
    title: 'requests for new identities: who asked, who decided, and when',
    prefix: 'irq_',
    table: REQUEST,
    identities: ['principal'],
    columns: {
      kind: 'kind',
      system: 'system',
      state: 'state',
      requested_by: 'requestedByPerson',
      decided_by: 'decidedByPerson',
      requested_behind: 'requestedBehind',
      decided_behind: 'decidedBehind',
      decided_at: 'decidedAt',
      expires_at: 'expiresAt',
      principal: 'principalId',
      purpose: 'purpose',
    },
  },
  {
    name: 'offers',
    title: 'ownership that was offered, and the answer',
    prefix: 'ofr_',
    table: OFFER,
    identities: ['principal'],
    columns: {
      principal: 'principalId',
      to_kind: 'to.kind',
      to: 'to.id',
      cause: 'cause',
      state: 'state',
      decided_by: 'decided.by',
      decided_at: 'decided.at',
    },
  },
  {
    name: 'vendors',
    title: 'third parties that identities belong to',
    prefix: 'ven_',
    table: VENDOR,
    columns: { name: 'name', state: 'state' },
  },
  { name: 'people', title: 'people, by id alone', prefix: 'psn_', table: PERSON, withheld: () => true, columns: {} },
]

export function rollPopulations(identity: IdentityLayer): (RollPopulation | RollPlainPopulation)[] {
  return [
    ...KINDS.map((kind) =>
      Object.assign({ rows: (upTo?: UpTo) => readAllRecords(identity.db, kind.table, upTo) }, kind),
    ),
    exposures(identity),
  ]
}

const EXPOSURE_COLUMNS = ['person', 'credential', 'how', 'source', 'at'] as const

function exposures(identity: IdentityLayer): RollPlainPopulation {
  return {
    name: 'exposures',
    title: 'who knew which credential, and how',
    prefix: 'exp_',
    columns: Object.fromEntries(EXPOSURE_COLUMNS.map((name) => [name, name])),
    table: 'identity.exposure',
    madeBy: ['exposure.recorded'],
    identities: ['credential'],
    rows: () => exposureRows(identity),
  }
}

const BATCH = 1000

async function* exposureRows({ db }: IdentityLayer): AsyncGenerator<{ id: string; data: Data }> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) =>
        await tx.query<Data & { id: string }>(sql`
          select id, person_id as person, credential_id as credential, how, source, at
          from identity.exposure where id > ${after} order by id limit ${BATCH}`),
      { readOnly: true },
    )
    for (const { id, ...data } of rows) yield { id, data }
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}
