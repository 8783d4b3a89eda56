// What whoever decides needs to know of principals and credentials: a few fields of each, in bulk, by keyset or by id.
import type { Id, PrincipalKind } from '#kernel'
import { sql } from '#db'
import type { Sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { ofFeed } from '../record/of-feed.ts'
import type { PrincipalState, TargetEffect } from '../record/principal-record.ts'

export interface PrincipalFacts {
  readonly id: Id<'principal'>
  /** Of the record: what arrives late never undoes what is newer. */
  readonly version: number
  readonly kind: PrincipalKind
  readonly system: string
  readonly externalId: string
  readonly state: PrincipalState
  readonly tier: string
  readonly environment: string
  readonly criticality: string
  /** Somebody accepted to answer for it, or it is a person of a feed, who answers for themselves. */
  readonly owned: boolean
  /** A person whom a feed has: it says when they come and go, and makes them active. Absent for all others. */
  readonly ofFeed?: true
  /** It proved that it is bound to what it claims to be. */
  readonly bound: boolean
  /** What the roll says was seen to take effect at the target. */
  readonly effect: TargetEffect
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  readonly nextReviewAt?: number
  readonly gone: boolean
  /** Absent where it has none. */
  readonly labels?: Readonly<Record<string, string>>
  /** Of a principal of kind human: whose it is. */
  readonly personId?: string
}

export interface CredentialFacts {
  readonly id: string
  readonly version: number
  readonly principalId: string | undefined
  readonly state: 'live' | 'rotated' | 'leaked' | 'revoked'
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}

/** Rows of a page; also the most ids that are asked for at once. */
const FACTS_PAGE = 5000

type Nullable<T> = { [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] }

const OF_FEED = ofFeed(sql`data`)

const PRINCIPAL_COLUMNS = sql`id, version, kind, system, external_id as "externalId", state, tier, environment, criticality,
  coalesce(data #>> '{owner,from}' = 'stated', false) or ${OF_FEED} as owned, nullif(${OF_FEED}, false) as "ofFeed",
  data -> 'binding' is not null as bound,
  data ->> 'effect' as effect, gone_at is not null as gone,
  nullif(data -> 'labels', '{}') as labels, person_id as "personId",
  (extract(epoch from expires_at::timestamptz) * 1000)::float8 as "expiresAt",
  (extract(epoch from next_review_at::timestamptz) * 1000)::float8 as "nextReviewAt"`

const CREDENTIAL_COLUMNS = sql`id, version, principal_id as "principalId", state,
  (extract(epoch from expires_at::timestamptz) * 1000)::float8 as "expiresAt"`

/** Every principal, retired ones too, in the order of ids; each page as it is when it is read. */
export const everyPrincipalFacts = (identity: IdentityLayer): AsyncGenerator<PrincipalFacts> =>
  pages<PrincipalFacts>(identity, sql`select ${PRINCIPAL_COLUMNS} from identity.principal`)

export const everyCredentialFacts = (identity: IdentityLayer): AsyncGenerator<CredentialFacts> =>
  pages<CredentialFacts>(identity, sql`select ${CREDENTIAL_COLUMNS} from identity.credential`)

/** Of those that there are, in no order. */
export const principalFacts = async (
  identity: IdentityLayer,
  ids: readonly string[],
): Promise<readonly PrincipalFacts[]> =>
  await byIds<PrincipalFacts>(identity, sql`select ${PRINCIPAL_COLUMNS} from identity.principal`, ids)

export const credentialFacts = async (
  identity: IdentityLayer,
  ids: readonly string[],
): Promise<readonly CredentialFacts[]> =>
  await byIds<CredentialFacts>(identity, sql`select ${CREDENTIAL_COLUMNS} from identity.credential`, ids)

async function* pages<T extends { readonly id: string }>({ db }: IdentityLayer, from: Sql): AsyncGenerator<T> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) => await tx.query<Nullable<T>>(sql`${from} where id > ${after} order by id limit ${FACTS_PAGE}`),
      { readOnly: true },
    )
    for (const row of rows) yield withoutNulls(row) as T
    const last = rows.at(-1) as { readonly id: string } | undefined
    if (last === undefined || rows.length < FACTS_PAGE) return
    after = last.id
  }
}

async function byIds<T extends object>(
  { db }: IdentityLayer,
  from: Sql,
  ids: readonly string[],
): Promise<readonly T[]> {
  const found: T[] = []
  for (let at = 0; at < ids.length; at += FACTS_PAGE) {
    const some = ids.slice(at, at + FACTS_PAGE)
    const rows = await db.transaction(async (tx) => await tx.query<Nullable<T>>(sql`${from} where id = any(${some})`), {
      readOnly: true,
    })
    for (const row of rows) found.push(withoutNulls(row) as T)
  }
  return found
}

/** Absent is absent, not null: facts travel as JSON. */
function withoutNulls(row: object): unknown {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
}
