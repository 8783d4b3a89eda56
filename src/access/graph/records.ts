// What the graph is made of, as the records of the access layer hold it.
import type { Json } from '#kernel'
import type { Right } from './covers.ts'

/** An entitlement or a grant, with who holds it. */
export interface HeldRight extends Right {
  readonly id: string
  readonly principalId: string
  readonly effect: 'allow' | 'deny'
  readonly system: string
  readonly permission: string
  /** The groups, bindings or policies on the way; [] is direct. */
  readonly path: readonly string[]
  readonly conditions?: Json
  /** Of a grant, milliseconds since 1970. */
  readonly from?: number
  readonly until?: number
}

export const WAY_KINDS = ['acts_as', 'escalation'] as const
export type WayKind = (typeof WAY_KINDS)[number]

/** One step from a principal to another that it can act as, or to more than it was given. */
export interface HeldWay {
  readonly id: string
  readonly principalId: string
  readonly kind: WayKind
  /** In words; of an escalation the technique. */
  readonly how: string
  /** Absent: what is reached is no principal. */
  readonly reachesPrincipalId?: string
  /** In words. */
  readonly reaches?: string
  /** What would have to hold that no source tells. Empty: it simply can. */
  readonly open: readonly string[]
}

/** What changed, in any order; a right or way that is gone is told by its id alone. */
export type GraphChange =
  | { readonly put: 'right'; readonly right: HeldRight }
  | { readonly put: 'way'; readonly way: HeldWay }
  | { readonly gone: string }
