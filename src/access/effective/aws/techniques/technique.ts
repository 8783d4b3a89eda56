// What one privilege-escalation technique is: data, read by `escalation.ts`. The list of those published, and a few
// that follow from the same service behaviour.

export type RewritableTarget = 'rewritable-user' | 'rewritable-group' | 'rewritable-role'

/**
 * What is taken over, and so where to look for it:
 * - `own-policy`: a customer-managed policy that the principal or its group holds
 * - `own-policy-version`: such a policy that has another version with more rights
 * - `itself`: the principal, or a role that it can act as
 * - `own-group`: a group that it is a member of
 * - `own-boundary`: the permission boundary that holds it down
 * - `user`, `group`, `role`: another, with more rights than its own
 * - `rewritable-user`, `rewritable-group`, `rewritable-role`: another, whatever its rights: it is given more
 * - `passed-role`: a role with more rights that the service may assume, handed over to it
 * - `running-role`: the same, already at work in the service
 * - `saml-role`: a role that trusts a SAML provider
 * - `new`: nothing that is there yet
 */
type Target =
  | 'own-policy'
  | 'own-policy-version'
  | 'itself'
  | 'own-group'
  | 'own-boundary'
  | 'user'
  | 'group'
  | 'role'
  | RewritableTarget
  | 'passed-role'
  | 'running-role'
  | 'saml-role'
  | 'new'

/**
 * An action and on what it must be allowed: `target` is what is taken over; `*` an action that knows no resources;
 * else the last part of an ARN of the action's service, with `*`: several such steps are on one and the same resource.
 */
export type Step = readonly [action: string, on: 'target' | (string & {})]

export interface Technique {
  readonly id: string
  /** What it does, as the end of "it can …". */
  readonly title: string
  readonly target: Target
  /** For a group or user or role that must be of this type to do it. */
  readonly by?: 'user' | 'role'
  /** Service principals of which the target role must trust one. */
  readonly services?: readonly string[]
  readonly steps: readonly Step[]
  /** Keys that the request sets and conditions read, beside those that follow from the target. */
  readonly request?: Readonly<Record<string, readonly string[]>>
  /** What must be true of a user that is taken over, by its attribute; one that is not told counts as true. */
  readonly userHas?: { readonly attribute: 'consolePassword'; readonly is: boolean }
}
