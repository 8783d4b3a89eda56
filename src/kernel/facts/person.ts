// People, teams, and what says who answers for what.
import type { Instant } from '../instant.ts'
import type { HowOwnerIsKnown } from './principal.ts'
import type { Provenance, Ref } from './provenance.ts'

export interface PersonFact {
  readonly type: 'person'
  /** The feed's own id. */
  readonly personId: string
  readonly name: string
  readonly emails: readonly string[]
  /** Logins elsewhere: a GitHub handle, an AWS user name, when the feed gives them. */
  readonly handles?: readonly string[]
  readonly managerId?: string
  readonly teamId?: string
  readonly status: 'active' | 'leaver' | 'on_leave' | 'unknown'
  /** The feed's own word for the status, where it is none that is known; `status` is then `unknown`. */
  readonly unknownStatus?: string
  readonly startAt?: Instant
  readonly endAt?: Instant
  readonly provenance: Provenance
}

export interface TeamFact {
  readonly type: 'team'
  readonly teamId: string
  readonly name: string
  readonly leadId?: string
  readonly provenance: Provenance
}

/** Who answers for a thing or for files; resolved against people and teams by `identity/owner.ts`. */
export interface OwnershipFact {
  readonly type: 'ownership'
  /** `files`: a gitignore-style pattern below `root` (the directory of the CODEOWNERS file's repository, '' for the top). */
  readonly of: { readonly ref: Ref } | { readonly files: string; readonly root: string }
  /** As spelled at the source: `@org/team`, `@handle`, an e-mail, a name. Several owners of one pattern are several entries. */
  readonly owners: readonly string[]
  readonly how: HowOwnerIsKnown
  readonly provenance: Provenance
}
