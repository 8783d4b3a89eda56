// How principals come to act as, use or trust one another.
import type { Json } from '../canonical-json.ts'
import type { Provenance, Ref } from './provenance.ts'

/**
 * `may_assume`: `from` may take on `to` when `to`'s trust says so and, in AWS, `from` is also allowed to;
 * `runs_as`: the workload `from` acts as `to`; `federates_to`: `from`'s token is exchanged for `to`;
 * `uses`: an agent uses a server, a workflow uses a third-party action; `created_by`: `to` created `from`.
 */
export const RELATIONS = ['may_assume', 'runs_as', 'federates_to', 'uses', 'created_by'] as const
export type RelationName = (typeof RELATIONS)[number]

export interface RelationFact {
  readonly type: 'relation'
  readonly relation: RelationName
  /** `pattern` is for a trust that names no one principal: `*`, an OIDC subject pattern, a foreign account. */
  readonly from: { readonly ref: Ref } | { readonly pattern: string; readonly issuer?: string }
  readonly to: Ref
  /** The trust's own conditions, native. */
  readonly conditions?: Json
  /** Facts on the edge that detectors read: `pinned`, `externalId`, `audience`, `thirdParty`, `version`. */
  readonly attributes?: Readonly<Record<string, Json>>
  readonly provenance: Provenance
}
