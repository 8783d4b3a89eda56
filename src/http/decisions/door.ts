// What the decision point of a server is given. Nothing of it asks a database while a request waits.
import type {
  Change,
  Decided,
  DenialBinding,
  DecisionState,
  Hinting,
  ResidentAnswer,
  RouteTable,
  SentDecisions,
  Taken,
  ShownBefore,
  TokenFacts,
} from '#access/decisions'

/** Changes of what decisions are made from, in the order in which this server learned of them. */
export interface FeedDoor {
  /** Calls back for each change from now on; answers how to stop it. */
  readonly follow: (listener: (change: Change) => void) => () => void
  /** All that holds now. */
  readonly whole: () => AsyncIterable<Change>
}

export interface DecisionsDoor {
  /** What decisions are made from, as it is now. */
  readonly state: () => DecisionState
  /** Resolves when what was committed before the call is known in the state. */
  readonly look?: () => Promise<void>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Whose token it is, from resident facts. */
  readonly authenticate: (presented: string, shown?: ShownBefore) => ResidentAnswer
  /** Told of every decision. A promise holds the answer back; where it says false the answer is a denial. */
  readonly onDecided?: (decided: Decided) => Promise<boolean> | undefined
  /** Who asks without a token, where the socket itself lets nobody else in. */
  readonly withoutToken?: TokenFacts
  /** For those that keep a decision point of their own. */
  readonly feed?: FeedDoor
  /** Takes what another decision point decided. */
  readonly takeRecords?: (sent: SentDecisions, subjectId: string) => Promise<Taken>
  /** What proxies and Kubernetes are answered from; without it they are not. */
  readonly routes?: RouteTable
  /** Where what is denied can be asked for: what a denial says of that, and what binds the request to it. */
  readonly requestable?: { readonly hint: Hinting; readonly binding: DenialBinding }
  /** Told of the first use of a token on each day (UTC). */
  readonly onTokenUsed?: (tokenId: string) => void
}
