// One question, answered from all policies of a principal: may it do this action on this resource, and why.
// INVARIANT: an explicit deny that holds beats every allow; a deny that may hold, an allow under a condition that is not
// decided, or a boundary that is not in the input make the answer `conditional`, never `yes`.
import { allHold } from './condition.ts'
import type { ConditionsAnswer, RequestContext } from './condition.ts'
import { coversResource, statementsFor } from './policy.ts'
import type { Policy, Statement } from './policy.ts'

/** A policy as a principal holds it. */
export interface Holding {
  readonly policy: Policy
  /** The groups on the way, [] when direct. */
  readonly path: readonly string[]
}

export interface PermissionSet {
  readonly holdings: readonly Holding[]
  /** The permission boundary: `unread` when it is named and not in the input. */
  readonly boundary: Policy | 'unread' | undefined
}

export interface Verdict {
  readonly answer: 'yes' | 'conditional' | 'no'
  /** The statement that allows, and how the principal comes to it. */
  readonly by?: { readonly statement: Statement; readonly path: readonly string[] }
  /** What would have to hold for a `conditional` answer. */
  readonly open: readonly string[]
}

const NO: Verdict = { answer: 'no', open: [] }

/** `action` in lower case; `resource` an ARN, or `*` for an action that knows no resources. */
export function evaluate(set: PermissionSet, action: string, resource: string, context: RequestContext): Verdict {
  const open: string[] = []
  const boundary = typeof set.boundary === 'object' ? set.boundary : undefined
  for (const policy of boundary === undefined ? [] : [boundary]) {
    if (denies(policy, action, resource, context, open)) return NO
  }
  for (const { policy } of set.holdings) if (denies(policy, action, resource, context, open)) return NO
  const allowed = best(set.holdings, action, resource, context)
  if (allowed === undefined) return NO
  open.push(...allowed.open)
  if (set.boundary === 'unread') open.push('the permission boundary, which is not in the input')
  if (boundary !== undefined) {
    const within = best([{ policy: boundary, path: [] }], action, resource, context)
    if (within === undefined) return NO
    open.push(...within.open)
  }
  return {
    answer: open.length === 0 ? 'yes' : 'conditional',
    by: { statement: allowed.statement, path: allowed.path },
    open: [...new Set(open)],
  }
}

/**
 * Whether nothing in the principal's own policies stands against the action: for a right that the other side gives, as
 * a role's trust does. A boundary must allow it when `boundaryCounts`.
 */
export function unopposed(
  set: PermissionSet,
  action: string,
  resource: string,
  context: RequestContext,
  boundaryCounts: boolean,
): Verdict {
  const open: string[] = []
  const boundary = typeof set.boundary === 'object' ? set.boundary : undefined
  const policies = [...(boundary === undefined ? [] : [boundary]), ...set.holdings.map(({ policy }) => policy)]
  if (policies.some((policy) => denies(policy, action, resource, context, open))) return NO
  if (boundaryCounts && set.boundary === 'unread') open.push('the permission boundary, which is not in the input')
  if (boundaryCounts && boundary !== undefined) {
    const within = best([{ policy: boundary, path: [] }], action, resource, context)
    if (within === undefined) return NO
    open.push(...within.open)
  }
  return { answer: open.length === 0 ? 'yes' : 'conditional', open: [...new Set(open)] }
}

/** True for a deny that holds; one that may hold is put into `open`. */
function denies(policy: Policy, action: string, resource: string, context: RequestContext, open: string[]): boolean {
  for (const statement of statementsFor(policy, action)) {
    if (statement.effect !== 'deny') continue
    const covers = coversResource(statement, resource)
    if (covers === 'no') continue
    const conditions = allHold(statement.conditions, context, 'no')
    if (conditions.holds === 'no') continue
    if (covers === 'yes' && conditions.holds === 'yes') return true
    open.push(
      ...(conditions.open.length === 0 ? ['a policy variable'] : conditions.open).map((text) => `deny by ${text}`),
    )
  }
  return false
}

interface Allowed {
  readonly statement: Statement
  readonly path: readonly string[]
  readonly open: readonly string[]
}

function best(
  holdings: readonly Holding[],
  action: string,
  resource: string,
  context: RequestContext,
): Allowed | undefined {
  let found: Allowed | undefined
  for (const { policy, path } of holdings) {
    for (const statement of statementsFor(policy, action)) {
      if (statement.effect !== 'allow') continue
      const covers = coversResource(statement, resource)
      if (covers === 'no') continue
      const conditions: ConditionsAnswer = allHold(statement.conditions, context, 'yes')
      if (conditions.holds === 'no') continue
      const open = covers === 'unknown' ? [...conditions.open, 'a policy variable'] : conditions.open
      if (open.length === 0) return { statement, path, open }
      found ??= { statement, path, open }
    }
  }
  return found
}
