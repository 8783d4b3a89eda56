// The vocabulary of observed facts: what connectors yield and what every layer reads. Plain data, structured-clonable.
import type { ConsumerFact, CredentialFact } from './credential.ts'
import type { OwnershipFact, PersonFact, TeamFact } from './person.ts'
import type { AccountFact, MembershipFact, PrincipalFact, ResourceFact } from './principal.ts'
import type { Location } from './provenance.ts'
import type { RelationFact } from './relation.ts'
import type { AttachmentFact, EntitlementFact, PolicyFact } from './right.ts'

export * from './provenance.ts'
export * from './principal.ts'
export * from './credential.ts'
export * from './right.ts'
export * from './relation.ts'
export * from './person.ts'
export * from './person-status.ts'

export type Fact =
  | PrincipalFact
  | AccountFact
  | MembershipFact
  | ResourceFact
  | CredentialFact
  | ConsumerFact
  | EntitlementFact
  | PolicyFact
  | AttachmentFact
  | RelationFact
  | PersonFact
  | TeamFact
  | OwnershipFact

/** What could not be read. The rest of the source still counts, but the read of `file` is partial. */
export interface ReadProblem extends Location {
  readonly type: 'problem'
  readonly connector?: string
  /** Lower case, no full stop, says what to do next. SECURITY: never quotes the input's values. */
  readonly message: string
}

/** Something that this read could not see by its nature, said once per source: a policy that the export leaves out. */
export interface BlindSpot {
  readonly type: 'blind_spot'
  readonly connector: string
  readonly message: string
  readonly file?: string
}

export type Observation = Fact | ReadProblem | BlindSpot
