// Reading everything of the roll beside principals: one by id, and lists by what they are searched by.
import type { Id, Instant } from '#kernel'
import { identifier, sql } from '#db'
import type { Sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PersonRecord, TeamRecord, VendorRecord } from '../record/people-records.ts'
import type { IdentityRequest, MatchRecord, OfferRecord } from '../record/proposal-records.ts'
import { twoTimes } from './moment.ts'
import type { Times } from './moment.ts'
import { readPage } from './page.ts'
import type { Listing, Page, PageRequest } from './page.ts'
import { readVisible, RECORD_KINDS, visible } from './record-kind.ts'
import type { RecordKind } from './record-kind.ts'
import type { Viewer } from './viewer.ts'

type Key = NonNullable<Listing['key']>
const BY_NAME: Key = { column: sql`r.name`, nullable: false }
const BY_EXPIRY: Key = { column: sql`r.expires_at`, nullable: true }

type Get<D> = (identity: IdentityLayer, viewer: Viewer, id: string, times?: Times) => Promise<Current<D>>
type List<D, F> = (identity: IdentityLayer, viewer: Viewer, filter?: F, page?: PageRequest) => Promise<Page<Current<D>>>

function reader<D>(kind: RecordKind): Get<D> {
  return async (identity, viewer, id, times = {}) => {
    const at = twoTimes(times)
    return await identity.db.transaction(async (tx) => await readVisible<D>(tx, viewer, kind, id, at), {
      readOnly: true,
    })
  }
}

/** `conditions` has one function per filter, on rows named `r`. */
function lister<D, F extends object>(
  kind: RecordKind,
  conditions: { readonly [K in keyof F]-?: (value: NonNullable<F[K]>) => Sql },
  key?: (filter: F) => Key | undefined,
): List<D, F> {
  const from = sql`${identifier(kind.table.schema)}.${identifier(kind.table.table)} r`
  return async (identity, viewer, filter = {} as F, page = {}) => {
    const asked = Object.entries(filter).filter(
      ([name, value]) => value !== undefined && Object.hasOwn(conditions, name),
    )
    const where = asked.map(([name, value]) => conditions[name as keyof F](value))
    const order = key?.(filter)
    return await identity.db.transaction(
      async (tx) =>
        await readPage<Current<D>>(
          tx,
          {
            select: CURRENT,
            from,
            where: [...where, ...visible(viewer, kind)],
            id: sql`r.id`,
            query: { list: kind.id, filter: Object.fromEntries(asked) },
            ...(order === undefined ? {} : { key: order }),
          },
          page,
        ),
      { readOnly: true },
    )
  }
}

export interface CredentialFilter {
  /** Its own credentials, and those that it shares. */
  readonly principal?: Id<'principal'>
  readonly type?: CredentialRecord['type']
  readonly state?: CredentialRecord['state']
  /** HMAC (hex) under the key with this id. */
  readonly fingerprint?: { readonly keyId: string; readonly value: string }
  readonly expiringBefore?: Instant
  readonly gone?: boolean
}

export const getCredential = reader<CredentialRecord>(RECORD_KINDS.credential)
export const listCredentials = lister<CredentialRecord, CredentialFilter>(
  RECORD_KINDS.credential,
  {
    principal: (id) => sql`(r.principal_id = ${id} or r.data -> 'alsoOf' ?| array[${id}::text])`,
    type: (type) => sql`r.type = ${type}`,
    state: (state) => sql`r.state = ${state}`,
    fingerprint: ({ keyId, value }) => sql`r.id in (
      select f.credential_id from identity.fingerprint f
      where f.key_id = ${keyId} and f.value = ${Buffer.from(value, 'hex')})`,
    expiringBefore: (at) => sql`r.expires_at < ${at}`,
    gone: (gone) => (gone ? sql`r.gone_at is not null` : sql`r.gone_at is null`),
  },
  ({ expiringBefore }) => (expiringBefore === undefined ? undefined : BY_EXPIRY),
)

export interface PersonFilter {
  readonly status?: PersonRecord['status']
  readonly teamFeedId?: string
  readonly managerFeedId?: string
  readonly feedId?: string
}

export const getPerson = reader<PersonRecord>(RECORD_KINDS.person)
export const listPeople = lister<PersonRecord, PersonFilter>(
  RECORD_KINDS.person,
  {
    status: (status) => sql`r.status = ${status}`,
    teamFeedId: (id) => sql`r.team_feed_id = ${id}`,
    managerFeedId: (id) => sql`r.manager_feed_id = ${id}`,
    feedId: (id) => sql`r.feed_id = ${id}`,
  },
  () => BY_NAME,
)

export interface TeamFilter {
  readonly feedId?: string
}

export const getTeam = reader<TeamRecord>(RECORD_KINDS.team)
export const listTeams = lister<TeamRecord, TeamFilter>(
  RECORD_KINDS.team,
  { feedId: (id) => sql`r.feed_id = ${id}` },
  () => BY_NAME,
)

export interface VendorFilter {
  readonly state?: VendorRecord['state']
}

export const getVendor = reader<VendorRecord>(RECORD_KINDS.vendor)
export const listVendors = lister<VendorRecord, VendorFilter>(
  RECORD_KINDS.vendor,
  { state: (state) => sql`r.state = ${state}` },
  () => BY_NAME,
)

export interface OfferFilter {
  readonly state?: OfferRecord['state']
  readonly principal?: Id<'principal'>
  readonly to?: Id<'person'> | Id<'team'>
}

export const getOffer = reader<OfferRecord>(RECORD_KINDS.offer)
export const listOffers = lister<OfferRecord, OfferFilter>(RECORD_KINDS.offer, {
  state: (state) => sql`r.state = ${state}`,
  principal: (id) => sql`r.principal_id = ${id}`,
  to: (id) => sql`r.to_id = ${id}`,
})

export interface RequestFilter {
  readonly state?: IdentityRequest['state']
}

export const getIdentityRequest = reader<IdentityRequest>(RECORD_KINDS.request)
export const listIdentityRequests = lister<IdentityRequest, RequestFilter>(RECORD_KINDS.request, {
  state: (state) => sql`r.state = ${state}`,
})

export interface MatchFilter {
  readonly state?: MatchRecord['state']
  readonly principal?: Id<'principal'>
}

export const getMatch = reader<MatchRecord>(RECORD_KINDS.match)
export const listMatches = lister<MatchRecord, MatchFilter>(RECORD_KINDS.match, {
  state: (state) => sql`r.state = ${state}`,
  principal: (id) => sql`(r.a_id = ${id} or r.b_id = ${id})`,
})
