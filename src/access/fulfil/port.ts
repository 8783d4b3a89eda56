// What carries a grant to its target: declared here, implemented by whoever can act there, wired by the composition root.
//
// Access says when a right begins and ends and keeps what became of it; a fulfiller only does what it is told, again if need be.
import type { Id, Instant } from '#kernel'
import type { GrantKind } from '../decide/index.ts'

/** A grant as its target is told of it. */
export interface GrantAtTarget {
  /** Whatever is made at the target carries it: doing the same for the same grant twice is doing it once. */
  readonly id: Id<'grant'>
  readonly principalId: Id<'principal'>
  readonly kind: GrantKind
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly from: Instant
  readonly until?: Instant
  readonly requestId: Id<'access_request'>
  /** The decision that it may begin; of one that never began there is none. */
  readonly decisionId?: Id<'decision'>
  /**
   * Grows with every step of a grant. A target that can remember one number refuses a lower one, so that a call that was
   * thought lost does not give again what was ended since.
   */
  readonly fence: number
}

/**
 * `reason`, `answer` and each of `left` are words of the target, at most 500 characters of them are kept. SECURITY: no secret in any.
 * `left`: of an end, what who had the right made there and stays; absent where that is not known.
 */
export type Carried =
  | { readonly done: true; readonly answer?: string; readonly left?: readonly string[] }
  /** `lasting`: trying again is of no use. */
  | { readonly done: false; readonly reason: string; readonly lasting?: true; readonly left?: readonly string[] }

export type SeenAtTarget =
  /** The target itself refused the right. */
  | { readonly effect: 'verified'; readonly answer: string }
  /** It still holds, or the target could not be asked. */
  | { readonly effect: 'unproven'; readonly reason: string }

/**
 * One target or kind of target. Calls for one grant come one after another, for several grants at once. A call that throws,
 * or takes longer than half a minute (`signal`), counts as not done; what it did meanwhile is found by the next call.
 */
export interface GrantFulfiller {
  /** Stays the same as long as grants name it: `postgresql:cnn_…`. */
  readonly name: string
  /** Whether any of this right lies at its target; the resources may be patterns. */
  readonly reaches: (right: Pick<GrantAtTarget, 'actions' | 'resources'>) => boolean
  /** Gives the right and no more: what an earlier step of the grant gave beyond it is taken. Idempotent by grant id. */
  readonly activate: (grant: GrantAtTarget, signal: AbortSignal) => Promise<Carried>
  /** Takes it, with what lives by it (sessions). Idempotent, also where it was never given. */
  readonly end: (grant: GrantAtTarget, signal: AbortSignal) => Promise<Carried>
  /** Tries the right after its end. `verified` only where the target refused it. */
  readonly verify: (grant: GrantAtTarget, signal: AbortSignal) => Promise<SeenAtTarget>
}
