// What a decision point is told: the whole state first, then each change of it. The same words from the database to the
// server's own state and from the server to every other process.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Json } from '#kernel'
import type { DecisionState, PoliciesInForce, ResidentGrant } from '../decide/index.ts'
import type { CredentialFacts, PrincipalFacts, TokenFacts } from '../decide/index.ts'
import { statedTypes } from '../decide/index.ts'
import { compilePolicies } from '../policy/index.ts'

/** A policy as Cedar reads it; its annotations are in there. */
export interface PolicyJson {
  readonly id: string
  readonly json: { readonly annotations?: Readonly<Record<string, string>> }
}

/** SHA-256, hex, of the canonical form. */
export const hashOfCompiled = (policies: readonly PolicyJson[]): string =>
  createHash('sha256')
    .update(canonicalJson(policies as unknown as Json))
    .digest('hex')

export type Change =
  | { readonly kind: 'principal'; readonly facts: PrincipalFacts }
  | { readonly kind: 'credential'; readonly facts: CredentialFacts }
  | {
      readonly kind: 'grant'
      readonly version: number
      readonly grant: Omit<ResidentGrant, 'until'> & { readonly until: number | null }
    }
  | { readonly kind: 'denial'; readonly subjectId: string; readonly denied: boolean; readonly version: number }
  /** SECURITY: holds hashes of tokens; for the server's own processes, not for sidecars. */
  | { readonly kind: 'token'; readonly facts: TokenFacts }
  | {
      readonly kind: 'policies'
      readonly versionId: string
      readonly policies: readonly PolicyJson[]
      /** In JSON form, where they have one: what requests state is held against it. Null: it is told in a moment. */
      readonly schema?: unknown
    }
  /** The version in force is not what was approved: until it is, nothing is allowed. */
  | { readonly kind: 'policies_refused'; readonly versionId: string; readonly why: string }
  /** What was known at once with the news itself: enough to deny, before the facts could be read. */
  | {
      readonly kind: 'held'
      readonly principalId: string
      readonly version: number
      readonly state: 'quarantined' | 'retired'
    }
  | {
      readonly kind: 'credential_over'
      readonly credentialId: string
      readonly version: number
      readonly state: Exclude<CredentialFacts['state'], 'live'>
    }
  /** As tokens are: for the server's own processes. */
  | { readonly kind: 'token_revoked'; readonly tokenId: string }
  /** Ended at `at` (milliseconds since 1970); one whose time was over by then has run out. */
  | { readonly kind: 'grant_ended'; readonly grantId: string; readonly version: number; readonly at: number }
  /** Nothing that was told before holds any more: another database, or an older copy of it, took the place of the one before. */
  | { readonly kind: 'anew' }
  /** And what takes their place could not be read: until it is, nothing is allowed. */
  | { readonly kind: 'policies_superseded'; readonly versionId: string }
  /** Everything committed before `knownAt` (milliseconds since 1970) has been told. */
  | {
      readonly kind: 'position'
      readonly position: string
      readonly knownAt: number
      /** How long ago that was, where it is told again. */
      readonly silentMs?: number
    }

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
      state.putGrant({ ...change.grant, until: change.grant.until ?? Infinity }, change.version)
      return
    case 'denial':
      state.setEnded(change.subjectId, change.denied, change.version)
      return
    case 'token':
      state.tokens.put(change.facts)
      return
    case 'policies':
      putPolicies(state, change)
      return
    case 'policies_refused':
      state.refusePolicies(`${change.versionId}: ${change.why}`)
      return
    case 'held':
      state.hold(change.principalId, change.version, change.state)
      return
    case 'credential_over':
      state.endCredential(change.credentialId, change.version, change.state)
      return
    case 'token_revoked':
      state.tokens.revoke(change.tokenId)
      return
    case 'grant_ended':
      state.endGrant(change.grantId, change.version, change.at)
      return
    case 'policies_superseded':
      if (state.policies?.versionId === change.versionId) state.putPolicies(undefined)
      return
    case 'anew':
      // stale until the whole was told again
      state.knownAt = -Infinity
      return
    case 'position':
      state.position = change.position
      state.knownAt = change.knownAt
      state.silentMs = since(performance.now() - (change.silentMs ?? 0))
      return
    default:
      // what a newer server tells and this one cannot apply must not be lost without a word
      throw new Fault('unprocessable', 'a change of an unknown kind was told: this release is older than the server')
  }
}

const since = (startMs: number) => (): number => performance.now() - startMs

function putPolicies(
  state: DecisionState,
  { versionId, policies, schema }: Extract<Change, { readonly kind: 'policies' }>,
): void {
  if (state.policies?.versionId !== versionId) state.putPolicies(policiesOver(state, versionId, policies))
  if (state.policies === undefined || schema === undefined || typeof state.policies.stated === 'object') return
  state.policies.stated = schema === null ? 'unread' : statedTypes(schema)
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
