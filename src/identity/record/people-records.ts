// People, teams and vendors as the roll keeps them. A person is a principal of kind human plus a row of a feed.
import type { Id, Instant } from '#kernel'

export type PersonStatus = 'active' | 'leaver' | 'on_leave' | 'unknown'

export interface PersonRecord {
  /** The feed's own id; unique. */
  readonly feedId: string
  readonly name: string
  readonly emails: readonly string[]
  readonly handles: readonly string[]
  readonly managerFeedId?: string
  readonly teamFeedId?: string
  readonly status: PersonStatus
  readonly startAt?: Instant
  readonly endAt?: Instant
  /** The principal of kind human that this person is. */
  readonly principalId: Id<'principal'>
  readonly source: string
}

export interface TeamRecord {
  readonly feedId: string
  readonly name: string
  readonly leadFeedId?: string
  readonly source: string
}

export interface VendorRecord {
  readonly name: string
  readonly state: 'active' | 'offboarded'
  readonly contact?: string
  readonly contractEndsAt?: Instant
  readonly offboarding?: { readonly at: Instant; readonly by: string; readonly reason: string }
}
