// What sources state of accounts and rights, as the access layer keeps it: observed facts, never granted here.
import type { Clock, Id, Instant, Json, System } from '#kernel'
import type { LayerDatabase } from '#db'
import type { RecordTable } from '#db/history'
import type { Entitlement, Tier } from '../entitlement.ts'
import type { WayKind } from '../graph/records.ts'
import type { GrantFulfiller } from '../fulfil/port.ts'

/** The access layer of a server. Every operation takes it first. */
export interface AccessLayer {
  readonly db: LayerDatabase
  readonly clock: Clock
  /** What carries grants to their targets; none without it. */
  readonly fulfillers?: readonly GrantFulfiller[]
  /** Brings that list up to date: before a right is asked for or made, and before each pass over grants. */
  readonly lookForTargets?: () => Promise<void>
  /** The longest that break-glass lasts; four hours without it. */
  readonly breakGlassSecondsMax?: number
}

export const ACCOUNT: RecordTable = { schema: 'access', table: 'account' }
export const ENTITLEMENT: RecordTable = { schema: 'access', table: 'entitlement' }
export const WAY: RecordTable = { schema: 'access', table: 'way' }

/** A principal's presence in one target system. */
export interface AccountRecord {
  readonly principalId: Id<'principal'>
  readonly system: System
  readonly externalId: string
  /** The source whose word counts: the first that saw it, as long as it does. */
  readonly source: string
  readonly goneAt?: Instant
}

/** A right that exists in a target system. */
export interface EntitlementRecord {
  readonly principalId: Id<'principal'>
  readonly system: System
  readonly permission: string
  readonly effect: Entitlement['effect']
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly level: Entitlement['level']
  readonly conditions?: Json
  /** How it comes to the principal: [] is direct, else the groups, bindings or policies on the way, outermost first. */
  readonly path: readonly string[]
  readonly provenance: { readonly connector: string; readonly file: string; readonly object?: string }
  readonly source: string
  readonly goneAt?: Instant
}

/** One step from a principal to another that it can act as, or by an escalation to more than it was given. */
export interface WayRecord {
  readonly principalId: Id<'principal'>
  readonly kind: WayKind
  /** In words; of an escalation also the technique, by its stable name. */
  readonly how: string
  readonly technique?: string
  /** Absent where what is reached is no principal: `reaches` says it. */
  readonly reachesPrincipalId?: Id<'principal'>
  readonly reaches?: string
  readonly reachesTier?: Tier
  /** Of an escalation: what each step needs. */
  readonly steps: readonly { readonly action: string; readonly resource: string; readonly because: string }[]
  /** What would have to hold that no source tells. Empty: it simply can. */
  readonly open: readonly string[]
  readonly source: string
  readonly goneAt?: Instant
}

export type ObservedRecord = AccountRecord | EntitlementRecord | WayRecord

/** One account, right or way as one read of a source has it. */
export interface ObservedAccess<D extends ObservedRecord> {
  readonly id: string
  readonly fresh: D
}

export interface AccessCounts {
  created: number
  drifted: number
  unchanged: number
  gone: number
  returned: number
  disagreed: number
  problems: number
}

export const noAccess = (): AccessCounts => ({
  created: 0,
  drifted: 0,
  unchanged: 0,
  gone: 0,
  returned: 0,
  disagreed: 0,
  problems: 0,
})
