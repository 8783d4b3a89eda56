// What controls are judged over: rows of the layers as they stood at one instant. The layers' own records are such rows;
// governance names here only what it asks of them.
import type { Instant, PrincipalKind } from '#kernel'

export interface Row<D> {
  readonly id: string
  readonly version?: number
  readonly data: D
}

interface OwnerFacts {
  readonly party: { readonly kind: 'person' | 'team'; readonly id: string }
  readonly from: 'stated' | 'derived'
}

export interface PrincipalFacts {
  readonly kind: PrincipalKind
  readonly system: string
  readonly state: 'discovered' | 'registered' | 'active' | 'quarantined' | 'retired'
  readonly tier: { readonly value: string }
  readonly purpose?: { readonly value: string }
  readonly owner?: OwnerFacts
  readonly backups: readonly OwnerFacts[]
  /** Everyone who answers for it: `person:psn_…`, `team:tm_…`. */
  readonly parties: readonly string[]
  readonly vendorId?: string
  readonly expiresAt?: Instant
  readonly nextReviewAt?: Instant
  readonly binding?: { readonly how: string }
  readonly exception?: {
    readonly reason: string
    readonly until: Instant
    readonly by: string
    readonly cause: string
  }
  readonly provenance: { readonly how: string; readonly firstSeenAt: Instant }
  readonly orphanedAt?: Instant
  readonly goneAt?: Instant
}

export interface CredentialFacts {
  readonly type: string
  readonly principalId?: string
  readonly alsoOf: readonly string[]
  readonly state: 'live' | 'rotated' | 'leaked' | 'revoked'
  readonly createdAtSource?: Instant
  readonly lastRotatedAt?: Instant
  readonly rotateWithinDays: number
  readonly leak?: { readonly at: Instant }
  readonly goneAt?: Instant
}

interface LeaverFacts {
  readonly leftAt: Instant
}

interface VendorFacts {
  readonly state: 'active' | 'offboarded'
}

export interface RequestFacts {
  readonly state: 'pending' | 'approved' | 'denied' | 'withdrawn'
  readonly requestedByPerson: string
  readonly requestedBehind: readonly string[]
  readonly decidedByPerson?: string
  readonly decidedBehind?: readonly string[]
  readonly decidedAt?: Instant
}

/** Who holds roles of Reeve itself: the row's id is the person or the API client. */
interface HolderFacts {
  readonly roles: readonly string[]
}

interface TokenFacts {
  /** A person or an API client; absent for the bootstrap token. */
  readonly subjectId?: string
  readonly expiresAt: Instant
}

/** The newest version of a record: its hash, worked out anew, and what the entry that made it says that it is. */
interface VersionFacts {
  readonly hash: string
  readonly entryHash?: string
}

/** A table whose rows have no versions: which of them are not as the log was last told. */
interface ToldFacts {
  readonly problems: readonly string[]
}

/** A right that Reeve gave, with the request for it and who decided that. */
export interface GrantFacts {
  readonly principalId: string
  readonly kind: string
  readonly actions: readonly string[]
  readonly state: string
  readonly until?: Instant
  readonly request?: {
    /** Natural persons who ask, or who would have the right. */
    readonly interested: readonly string[]
    readonly needs: { readonly approvals: number }
  }
  readonly ended?: { readonly at: Instant }
  /** Only where the right lies at a target, which was told of it by `decisionId`; `verifiedAt`: it was seen to refuse it after its end. */
  readonly fulfilment?: { readonly decisionId?: string; readonly verifiedAt?: Instant }
  /** When its target was not seen to refuse it, the first time; and when a receiver was told, which is told once. */
  readonly unproven?: { readonly at: Instant; readonly toldAt?: Instant }
  /** `behind`: the natural persons who may have decided. */
  readonly decisions: readonly { readonly verdict: 'approve' | 'deny'; readonly behind: readonly string[] }[]
}

interface PolicyFacts {
  readonly number: number
  readonly state: string
  readonly proposedBy: string
  readonly proposedBehind: readonly string[]
  readonly approvals: readonly { readonly by: string }[]
}

export interface LogFacts {
  readonly size: number
  /** Since when the oldest entry waits that has no place in the log yet. */
  readonly waitingSince?: Instant
  /** The newest checkpoint; `cosigned`: the newest that a witness whose key was given cosigned, by whom, and when. */
  readonly signed?: { readonly size: number; readonly at: Instant }
  readonly cosigned?: { readonly size: number; readonly at: Instant; readonly by: readonly string[] }
  /** When the oldest entry was written that no such cosignature covers. */
  readonly uncosignedSince?: Instant
  /** How many witnesses' keys were given. */
  readonly trusted: number
  /** Names in other cosignatures: they count for nothing. */
  readonly strangers: readonly string[]
}

/** What was granted in an emergency. */
interface BreakGlassFacts {
  readonly principalId: string
  readonly usedBy: string
  readonly at: Instant
  readonly state: 'open' | 'reviewed'
  readonly review?: { readonly at: Instant; readonly verdict: string }
}

/** What was to be done at a target, and what became of it. */
export interface PlanFacts {
  readonly operation: string
  readonly targetName: string
  readonly account: string
  readonly about: readonly string[]
  readonly madeAt: Instant
  readonly plannedBy: string
  readonly plannedBehind: readonly string[]
  readonly approval: { readonly by?: string; readonly behind: readonly string[] }
  readonly state: string
  /** A step that does not only ask began at its target. */
  readonly acted: boolean
  /** What its receipt says. */
  readonly outcome?: string
  /** Each time that it ended without proof, the first before the others; `toldAt`: when a receiver first took the alarm of it. */
  readonly unproven: readonly { readonly at: Instant; readonly toldAt?: Instant }[]
  /** A later plan has done the same or more at this account, with proof. */
  readonly followed: boolean
  /** Whatever its newest receipt does not prove was accepted there by another person. */
  readonly accepted: boolean
}

interface TargetFacts {
  readonly name: string
  readonly system: string
  readonly administrator: string
  /** Since when it is configured as it is. */
  readonly changedAt: Instant
  readonly examined?: {
    readonly at: Instant
    readonly missing: number
    readonly tooMuch: number
    /** What could not be told. */
    readonly unknown: number
    /** It was of the target as it is now; absent where the entry does not say, and its time counts. */
    readonly ofThis?: boolean
  }
}

/** Each time that every act was stopped, or let go on. */
interface RestraintFacts {
  readonly at: Instant
  readonly observeOnly: boolean
  readonly reason?: string
  readonly pruned: boolean
}

export interface Rows {
  readonly principals: PrincipalFacts
  readonly credentials: CredentialFacts
  readonly requests: RequestFacts
  readonly breakGlass: BreakGlassFacts
  readonly holders: HolderFacts
  readonly tokens: TokenFacts
  readonly grants: GrantFacts
  readonly policies: PolicyFacts
  readonly plans: PlanFacts
  readonly targets: TargetFacts
  readonly restraints: RestraintFacts
  readonly versions: VersionFacts
  readonly told: ToldFacts
  readonly log: LogFacts
}
export type Population = keyof Rows

/** What controls read, as of `at`. Each call streams anew, in the order of ids. */
export interface ControlReader {
  readonly at: Instant
  /** Asked of a moment in the past: what is only kept as it is now cannot be told, and its method is not called. */
  readonly past: boolean
  read<P extends Population>(population: P): AsyncIterable<Row<Rows[P]>>
  leavers(): AsyncIterable<Row<LeaverFacts>>
  /** How many people a feed brought, whatever became of them. */
  people(): Promise<number>
  vendors(): AsyncIterable<Row<VendorFacts>>
  /** Ids of principals whose ownership is offered to somebody who has not answered. */
  offered(): AsyncIterable<string>
  /** Person → ids of the credentials that the person knew. */
  known(people: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
}

/** Populations that are kept only as they are now. */
export const PRESENT_ONLY: ReadonlySet<Population> = new Set([
  'grants',
  'policies',
  'plans',
  'targets',
  'restraints',
  'versions',
  'told',
  'log',
])
