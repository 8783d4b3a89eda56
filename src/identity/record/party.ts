// Who can answer for a principal: a person or a team of the roll.
import type { Id } from '#kernel'

export type Party =
  | { readonly kind: 'person'; readonly id: Id<'person'> }
  | { readonly kind: 'team'; readonly id: Id<'team'> }

/** A value of the record: what a person stated outranks what rules derived from sources, and a sync never changes it. */
export interface Stated<T> {
  readonly value: T
  readonly from: 'stated' | 'derived'
  readonly reason: string
}

/** An owner that is `derived` (a tag, CODEOWNERS) is a proposal that nobody accepted yet; it activates nothing. */
export interface OwnerOfRecord {
  readonly party: Party
  readonly from: 'stated' | 'derived'
  readonly reason: string
}
