// What the decision point of a server is given. Nothing of it asks a database while a request waits.
import type { Decided, DecisionState, ResidentAnswer } from '#access/decisions'

export interface DecisionsDoor {
  /** What decisions are made from, as it is now. */
  readonly state: () => DecisionState
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Whose token it is, from resident facts. */
  readonly authenticate: (presented: string) => ResidentAnswer
  /** Told of every decision. A promise holds the answer back; where it says false the answer is a denial. */
  readonly onDecided?: (decided: Decided, by: { readonly tokenId: string }) => Promise<boolean> | undefined
  /** Told of the first use of a token on each day (UTC). */
  readonly onTokenUsed?: (tokenId: string) => void
}
