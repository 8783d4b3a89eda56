// What a decision answers: whether it may, why, for how long, and what governance should think of it.
import type { ActionLevel } from '#kernel'
import type { GrantKind } from './grant-index.ts'
import type { Reason } from './reason.ts'

/** One member of the chain, as it was judged. */
export interface MemberOutcome {
  readonly asked: { readonly type: string; readonly id: string }
  readonly principalId?: string
  readonly reason: Reason
  readonly grantId?: string
  readonly grantKind?: GrantKind
  readonly policyIds: readonly string[]
}

export interface Obligation {
  readonly policyId: string
  readonly name: string
  readonly value: string
}

/** "May it" and "should it still" travel together. */
export interface Standing {
  readonly state: string
  readonly tier: string
  readonly owned: boolean
  /** Milliseconds since 1970; the review is due when it has passed. */
  readonly nextReviewAt?: number
}

export interface Decision {
  readonly allowed: boolean
  /** Of the member that it failed at, else of the last. */
  readonly reason: Reason
  /** What is wrong, where the reason is that the request cannot be read. */
  readonly detail?: string
  readonly chain: readonly MemberOutcome[]
  readonly level: ActionLevel
  /** An act of high risk: nothing is allowed unless its entry is written. */
  readonly highRisk: boolean
  readonly obligations: readonly Obligation[]
  /** Policies that could not be evaluated. A permit had no say; a forbid is the denial `policy_error`. */
  readonly errors: readonly { readonly policyId: string; readonly message: string }[]
  /** Milliseconds since 1970. */
  readonly decidedAt: number
  /** An answer is good until then, unless something is ended before. */
  readonly expiresAt: number
  /** The first end of anything that it rests on, however long answers may be kept; Infinity where there is none. */
  readonly endsAt: number
  readonly policyVersion?: string
  /** What was known: the position in the order of changes. */
  readonly position: string
  /** Of the member that acts. */
  readonly standing?: Standing
}
