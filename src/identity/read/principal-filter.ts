// What a list of principals can be narrowed by: one entry each, as a condition on the present row and on a past version.
import type { Id, Instant, PrincipalKind, System } from '#kernel'
import { sql } from '#db'
import type { Sql } from '#db'
import type { Environment } from '../environment.ts'
import type { Criticality } from '../classify.ts'
import { ofFeed } from '../record/of-feed.ts'
import type { PrincipalState, PrivilegeTier } from '../record/principal-record.ts'
import type { Gap } from '../principal/activation.ts'
import { prefixQuery } from './search-words.ts'

export interface PrincipalFilter {
  readonly kind?: PrincipalKind
  readonly system?: System
  readonly state?: PrincipalState
  readonly environment?: Environment | 'unknown'
  readonly criticality?: Criticality | 'unknown'
  readonly tier?: PrivilegeTier
  /** `none`: nobody answers for it, not even as a proposal; retired ones need nobody and are left out. */
  readonly owner?: Id<'person'> | Id<'team'> | 'none'
  readonly orphaned?: boolean
  readonly gone?: boolean
  readonly vendor?: Id<'vendor'>
  readonly person?: Id<'person'>
  readonly expiringBefore?: Instant
  readonly reviewDueBefore?: Instant
  /** What it lacks to be active, as `activationGaps` says. Retired ones and people of a feed lack nothing. */
  readonly gap?: Gap
  /** Every word must begin a word of the name, an identifier, the purpose or a label. */
  readonly q?: string
}

interface Condition<V> {
  /** On rows `p` of `identity.principal`. */
  readonly now: (value: V) => Sql
  /** On rows `v` of `identity.version`. */
  readonly past: (value: V) => Sql
}

type Conditions = { readonly [K in keyof PrincipalFilter]-?: Condition<NonNullable<PrincipalFilter[K]>> }

const equal = (column: Sql, path: Sql): Condition<string> => ({
  now: (value) => sql`${column} = ${value}`,
  past: (value) => sql`${path} = ${value}`,
})

const before = (column: Sql, path: Sql): Condition<string> => ({
  now: (value) => sql`${column} < ${value}`,
  past: (value) => sql`(${path}) collate "C" < ${value}`,
})

const present = (column: Sql, path: Sql): Condition<boolean> => ({
  now: (value) => (value ? sql`${column} is not null` : sql`${column} is null`),
  past: (value) => (value ? sql`${path} is not null` : sql`${path} is null`),
})

/** The same rules as `activationGaps` and the constraint `principal_active_complete`; a test compares them. */
const lacking = (data: Sql): Readonly<Record<Gap, Sql>> => {
  const high = sql`${data} #>> '{tier,value}' in ('high', 'admin')`
  return {
    owner: sql`${data} #>> '{owner,from}' is distinct from 'stated'`,
    backup: sql`${high} and not (${data} @> '{"backups": [{"from": "stated"}]}')`,
    purpose: sql`${data} #>> '{purpose,value}' is null`,
    end: sql`${data} ->> 'expiresAt' is null and ${data} ->> 'nextReviewAt' is null`,
    binding: sql`${high} and ${data} -> 'binding' is null`,
  }
}

const lacks = (gap: Gap, data: Sql): Sql =>
  sql`(${data} ->> 'state' <> 'retired' and ${lacking(data)[gap]} and not ${ofFeed(data)})`

const CONDITIONS: Conditions = {
  kind: equal(sql`p.kind`, sql`v.data ->> 'kind'`),
  system: equal(sql`p.system`, sql`v.data ->> 'system'`),
  state: equal(sql`p.state`, sql`v.data ->> 'state'`),
  environment: equal(sql`p.environment`, sql`v.data #>> '{environment,value}'`),
  criticality: equal(sql`p.criticality`, sql`v.data #>> '{criticality,value}'`),
  tier: equal(sql`p.tier`, sql`v.data #>> '{tier,value}'`),
  owner: {
    now: (owner) =>
      owner === 'none' ? sql`(p.owner_id is null and p.state <> 'retired')` : sql`p.owner_id = ${owner}`,
    past: (owner) =>
      owner === 'none'
        ? sql`(v.data #>> '{owner,party,id}' is null and v.data ->> 'state' <> 'retired')`
        : sql`v.data #>> '{owner,party,id}' = ${owner}`,
  },
  orphaned: present(sql`p.orphaned_at`, sql`v.data ->> 'orphanedAt'`),
  gone: present(sql`p.gone_at`, sql`v.data ->> 'goneAt'`),
  vendor: equal(sql`p.vendor_id`, sql`v.data ->> 'vendorId'`),
  person: equal(sql`p.person_id`, sql`v.data ->> 'personId'`),
  expiringBefore: before(sql`p.expires_at`, sql`v.data ->> 'expiresAt'`),
  reviewDueBefore: before(sql`p.next_review_at`, sql`v.data ->> 'nextReviewAt'`),
  gap: { now: (gap) => lacks(gap, sql`p.data`), past: (gap) => lacks(gap, sql`v.data`) },
  q: {
    now: (text) => sql`p.search @@ to_tsquery('simple', ${prefixQuery(text)})`,
    past: (text) =>
      sql`to_tsvector('simple', left(coalesce(v.data ->> 'searchText', ''), 4000)) @@ to_tsquery('simple', ${prefixQuery(text)})`,
  },
}

/** The conditions of a filter, for the present row or for a past version. */
export function principalConditions(filter: PrincipalFilter, when: 'now' | 'past'): Sql[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (value === undefined || !Object.hasOwn(CONDITIONS, name)) return []
    const condition = CONDITIONS[name as keyof PrincipalFilter] as Condition<unknown>
    return [condition[when](value)]
  })
}
