// What `contain` is asked and what it answers: whose a leaked credential is, what it opens, what breaks when it is held, and
// who has to be told. The server puts it together from every layer.
import type { CurrentPlan, Preview } from '#effect'
import type { Act } from '#kernel'

export interface ContainAsked {
  /** SECURITY: what leaked, alone or in the file that it stood in; used and never kept. */
  readonly secret?: string
  /** All of `secret` is the one value, whatever it looks like. */
  readonly raw?: boolean
  readonly credentialId?: string
  /** Id or name. */
  readonly target?: string
  readonly account?: string
  /** Natural persons behind who asks. */
  readonly behind: readonly string[]
}

export interface Told {
  readonly id: string
  readonly name: string
  readonly emails: readonly string[]
  /** `owner of ledger-batch`. */
  readonly why: string
}

interface Named {
  readonly id: string
  readonly name: string
  readonly kind: string
}

export interface ContainedCredential {
  readonly id: string
  readonly type: string
  readonly name?: string
  readonly state: string
  readonly locations: readonly { readonly file: string; readonly startLine?: number; readonly exposure: string }[]
  readonly locationCount: number
  readonly consumers: readonly Named[]
}

export interface ContainedPrincipal extends Named {
  readonly system: string
  readonly state: string
  readonly tier: string
  readonly environment: string
  readonly purpose?: string
  /** Nobody answers for it. */
  readonly orphan: boolean
}

/** One account at one target, and how it was come to. */
export interface Place {
  readonly targetId: string
  readonly targetName: string
  readonly address: string
  readonly account: string
  readonly database?: string
  readonly how: string
}

export interface SessionGroup {
  readonly application: string
  readonly from: string
  readonly database: string
  readonly count: number
  readonly since: string
}

interface RightReached {
  readonly action: string
  readonly resource: string
  readonly by: string
}

export interface Containment {
  readonly credentials: readonly ContainedCredential[]
  readonly principals: readonly ContainedPrincipal[]
  /** Where it is held. Absent where that is not known for certain: nothing is guessed. */
  readonly place?: Place
  /** Where it may be held, if more than one is possible. */
  readonly candidates: readonly Place[]
  /** Why there is no place, and what to do. */
  readonly missing?: string
  readonly lookedAt: readonly string[]
  /** Logins with it that were tried to find whose it is: a target may log or count them. */
  readonly logins: readonly string[]
  readonly facts: readonly string[]
  /** Whether the target said what follows; where it could not be asked, that a list is empty says nothing. */
  readonly targetAsked: boolean
  readonly sessions: readonly SessionGroup[]
  readonly otherWays: readonly string[]
  readonly reach: readonly RightReached[]
  readonly reachCutShort: boolean
  readonly willBreak: readonly string[]
  readonly tell: readonly Told[]
  readonly unknown: readonly string[]
  readonly credentialOffered: boolean
  /** Which value of the text is tried: the form that it stood in. */
  readonly triedAs?: string
  readonly preview?: Preview
  readonly plan?: CurrentPlan
}

export interface ContainDoor {
  /** The page, with what would be sent. Changes nothing; signs in only where nothing else says which account it is. */
  readonly look: (asked: ContainAsked) => Promise<Containment>
  /** The page, and the plan that is under way from then on; no plan where there is no place. */
  readonly contain: (act: Act, asked: ContainAsked) => Promise<Containment>
}
