// A request for a right: who asks, for whom, what for, for how long; and what it needs before it becomes a grant.
import type { Id } from '#kernel'
import type { RecordTable } from '#db/history'
import type { GrantKind } from '../decide/index.ts'

export const ACCESS_REQUEST: RecordTable = { schema: 'access', table: 'access_request' }

export const REQUEST_STATES = ['pending', 'granted', 'denied', 'withdrawn', 'expired'] as const
export type RequestState = (typeof REQUEST_STATES)[number]

/**
 * Least first. `manager`: of who answers for the principal. `owner`: who answers for what is asked for. Where there is none, an
 * approver. `two`: two approvers.
 */
export const APPROVALS = ['none', 'manager', 'owner', 'approver', 'two'] as const
export type Approval = (typeof APPROVALS)[number]

export interface AccessRequestRecord {
  /** Who shall have the right. */
  readonly principalId: Id<'principal'>
  readonly kind: GrantKind
  /** Sorted. */
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** How long the grant lasts from when it is made; absent only for a standing one. */
  readonly seconds?: number
  readonly purpose: string
  /** The grant whose right is asked for once more, for longer. */
  readonly extends?: Id<'grant'>
  readonly requestedBy: string
  /** Sorted. Natural persons who ask, or who would have the right: none of them decides. */
  readonly interested: readonly string[]
  readonly needs: {
    readonly approval: Approval
    readonly approvals: number
    /** Who of the managers was asked. */
    readonly managerId?: string
    /** Who answers for the resources, as `person:psn_…` and `team:tm_…`: any one of them decides. */
    readonly owners?: readonly string[]
    /** The policies that said so. */
    readonly policyIds: readonly string[]
    readonly policyVersion: string
  }
  readonly state: RequestState
  readonly grantId?: Id<'grant'>
}
