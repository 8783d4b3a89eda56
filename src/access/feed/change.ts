// What a decision point is told: the whole state first, then each change of it. The same words from the database to the
// server's own state and from the server to every other process.
import { Fault } from '#kernel'
import type { DecisionState, PoliciesInForce, ResidentGrant } from '../decide/index.ts'
import type { CredentialFacts, PrincipalFacts, TokenFacts } from '../decide/index.ts'
import { compilePolicies } from '../policy/index.ts'

/** A policy as Cedar reads it; its annotations are in there. */
export interface PolicyJson {
  readonly id: string
  readonly json: { readonly annotations?: Readonly<Record<string, string>> }
}

export type Change =
  | { readonly kind: 'principal'; readonly facts: PrincipalFacts }
  | { readonly kind: 'credential'; readonly facts: CredentialFacts }
  | { readonly kind: 'grant'; readonly grant: Omit<ResidentGrant, 'until'> & { readonly until: number | null } }
  | { readonly kind: 'denial'; readonly subjectId: string; readonly denied: boolean; readonly version: number }
  /** SECURITY: holds hashes of tokens; for the server's own processes, not for sidecars. */
  | { readonly kind: 'token'; readonly facts: TokenFacts }
  | { readonly kind: 'policies'; readonly versionId: string; readonly policies: readonly PolicyJson[] }
  /** The version in force is not what was approved: until it is, nothing is allowed. */
  | { readonly kind: 'policies_refused'; readonly versionId: string; readonly why: string }
  /** What was known at once with the news itself: enough to deny, before the facts could be read. */
  | {
      readonly kind: 'held'
      readonly principalId: string
      readonly version: number
      readonly state: 'quarantined' | 'retired'
    }
  /** Everything committed before `knownAt` (milliseconds since 1970) has been told. */
  | { readonly kind: 'position'; readonly position: string; readonly knownAt: number }

/** Idempotent; the order of changes of one subject does not matter. Throws a Fault for policies that do not compile. */
export function applyChange(state: DecisionState, change: Change): void {
  switch (change.kind) {
    case 'principal':
      state.putPrincipal(change.facts)
      return
    case 'credential':
      state.putCredential(change.facts)
      return
    case 'grant':
      state.grants.put({ ...change.grant, until: change.grant.until ?? Infinity })
      return
    case 'denial':
      state.setEnded(change.subjectId, change.denied, change.version)
      return
    case 'token':
      state.tokens.put(change.facts)
      return
    case 'policies':
      putPolicies(state, change.versionId, change.policies)
      return
    case 'policies_refused':
      state.refusePolicies(`${change.versionId}: ${change.why}`)
      return
    case 'held':
      state.hold(change.principalId, change.version, change.state)
      return
    case 'position':
      state.position = change.position
      state.knownAt = Math.max(state.knownAt, change.knownAt)
      return
    default:
      // what a newer server tells and this one cannot apply must not be lost without a word
      throw new Fault('unprocessable', 'a change of an unknown kind was told: this release is older than the server')
  }
}

function putPolicies(state: DecisionState, versionId: string, policies: readonly PolicyJson[]): void {
  if (state.policies?.versionId !== versionId) state.putPolicies(policiesOver(state, versionId, policies))
}

/** Compiled over the entities of this state; whoever does not put them in force releases the set. Throws a Fault. */
export function policiesOver(
  state: DecisionState,
  versionId: string,
  policies: readonly PolicyJson[],
): PoliciesInForce {
  const { set, problems } = compilePolicies({
    policies: Object.fromEntries(policies.map(({ id, json }) => [id, json])),
    entities: state.entities,
  })
  if (set === undefined) {
    const [first] = problems
    throw new Fault('unprocessable', `the policies ${versionId} cannot be used: ${first?.message ?? 'unknown'}`)
  }
  return { versionId, set, annotations: new Map(policies.map(({ id, json }) => [id, json.annotations ?? {}])) }
}
