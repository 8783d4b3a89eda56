// A policy document, compiled once: statements with their matchers. A document comes from outside: what is not shaped
// as IAM demands is left out (the connector has said so), and never widens a right.
import type { Json, PolicyFact, Provenance, Ref } from '#kernel'
import { actionPattern, matchesAction } from './action-pattern.ts'
import type { ActionPattern } from './action-pattern.ts'
import { compileCondition } from './condition.ts'
import type { Condition } from './condition.ts'
import { encodeWildcards } from './glob.ts'
import { matchesResource, resourcePattern } from './resource-pattern.ts'
import type { ResourcePattern } from './resource-pattern.ts'
import { NO_VARIABLES } from './variables.ts'
import type { Variables } from './variables.ts'

export interface Statement {
  readonly sid: string | undefined
  readonly effect: 'allow' | 'deny'
  readonly actions: readonly ActionPattern[]
  /** `NotAction`: every action but these. */
  readonly notAction: boolean
  readonly resources: readonly ResourcePattern[]
  readonly notResource: boolean
  readonly conditions: readonly Condition[]
  /** The native condition block, for display. */
  readonly conditionBlock: Json | undefined
  readonly policy: Policy
  /** Its place in the document, from 0. */
  readonly index: number
}

export interface Policy {
  readonly ref: Ref
  readonly name: string
  readonly provenance: Provenance | undefined
  readonly statements: readonly Statement[]
  /** Statements whose effect, actions or resources are not as IAM demands, and of which nothing is known. */
  readonly unreadable: number
  /** True when what it gives depends on who holds it: variables, or conditions on the caller. */
  readonly personal: boolean
  /** Services that its allow statements touch; `undefined` is any. */
  readonly services: ReadonlySet<string> | undefined
  /** The same with its denies. */
  readonly touched: ReadonlySet<string> | undefined
  /** Per action (lower case) the statements that match it; filled on demand. */
  readonly byAction: Map<string, readonly Statement[]>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter((item) => typeof item === 'string')

/** `variables` are those of the principal that holds the policy. */
export function compilePolicy(
  fact: Pick<PolicyFact, 'ref' | 'name' | 'document'> & { readonly provenance?: Provenance },
  variables: Variables = NO_VARIABLES,
): Policy {
  const statements: Statement[] = []
  const services = new Set<string>()
  const touched = new Set<string>()
  const policy = {
    ref: fact.ref,
    name: fact.name,
    provenance: fact.provenance,
    statements,
    unreadable: 0,
    personal: false,
    services: services as ReadonlySet<string> | undefined,
    touched: touched as ReadonlySet<string> | undefined,
    byAction: new Map<string, readonly Statement[]>(),
  }
  const document = isRecord(fact.document) ? fact.document : {}
  // variables came with the version of 2012; before it they are plain text
  const resolve = document['Version'] === '2012-10-17' ? variables : undefined
  const raw = document['Statement']
  for (const [index, item] of (Array.isArray(raw) ? (raw as readonly unknown[]) : [raw]).entries()) {
    const statement = isRecord(item) ? compileStatement(item, index, policy, resolve) : undefined
    if (statement === undefined || isPartial(item)) policy.unreadable += 1
    if (statement === undefined) continue
    statements.push(statement)
    policy.personal ||= isRecord(item) && dependsOnHolder(item)
    const isAllow = statement.effect === 'allow'
    for (const { service } of statement.actions) {
      if (statement.notAction || service === undefined) {
        policy.touched = undefined
        if (isAllow) policy.services = undefined
        continue
      }
      touched.add(service)
      if (isAllow) services.add(service)
    }
  }
  return policy
}

/** Lists of which a part is not text: what can be read of it counts, the rest is not known. */
const isPartial = (statement: unknown): boolean =>
  isRecord(statement) &&
  ['Action', 'NotAction', 'Resource', 'NotResource'].some((key) => {
    const value = statement[key]
    return Array.isArray(value) && value.some((item) => typeof item !== 'string')
  })

function compileStatement(
  raw: Readonly<Record<string, unknown>>,
  index: number,
  policy: Policy,
  variables: Variables | undefined,
): Statement | undefined {
  const effect = raw['Effect'] === 'Allow' ? 'allow' : raw['Effect'] === 'Deny' ? 'deny' : undefined
  const notAction = raw['Action'] === undefined
  const actions = texts(notAction ? raw['NotAction'] : raw['Action']).map(actionPattern)
  const notResource = raw['Resource'] === undefined
  const resources = texts(notResource ? raw['NotResource'] : raw['Resource']).map((text) => {
    const encoded = encodeWildcards(text)
    const substituted = variables?.substitute(encoded) ?? { encoded, uncertain: false }
    return resourcePattern(text, substituted.encoded, substituted.uncertain)
  })
  if (effect === undefined || actions.length === 0 || resources.length === 0) return undefined
  const sid = raw['Sid']
  return {
    sid: typeof sid === 'string' && sid !== '' ? sid : undefined,
    effect,
    actions,
    notAction,
    resources,
    notResource,
    conditions: conditionsOf(raw['Condition'], variables),
    conditionBlock: isRecord(raw['Condition']) ? (raw['Condition'] as Json) : undefined,
    policy,
    index,
  }
}

/** A condition that is not shaped as one is kept as one that nobody understands. */
export function conditionsOf(block: unknown, variables: Variables | undefined): Condition[] {
  if (block === undefined || block === null) return []
  const substitute = (encoded: string): { encoded: string; uncertain: boolean } =>
    variables?.substitute(encoded) ?? { encoded, uncertain: false }
  if (!isRecord(block)) return [compileCondition('Malformed', 'condition', [], substitute)]
  return Object.entries(block).flatMap(([operator, keys]) =>
    isRecord(keys)
      ? Object.entries(keys).map(([key, values]) => compileCondition(operator, key, scalars(values), substitute))
      : [compileCondition(operator, 'malformed', [], substitute)],
  )
}

const scalars = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).flatMap((item) =>
    typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number' ? String(item) : [],
  )

/** A policy variable anywhere, or a condition on who calls. */
function dependsOnHolder(statement: Readonly<Record<string, unknown>>): boolean {
  const conditions = JSON.stringify(statement['Condition'] ?? null)
  if (/aws:(?:principal|username|userid)/i.test(conditions) || conditions.includes('${')) return true
  return texts(statement['Resource'] ?? statement['NotResource']).some((text) => text.includes('${'))
}

const NONE: readonly Statement[] = []

/** The statements whose actions take in `action` (lower case); resources and conditions are not looked at. */
export function statementsFor(policy: Policy, action: string): readonly Statement[] {
  if (policy.touched?.has(action.slice(0, action.indexOf(':'))) === false) return NONE
  const known = policy.byAction.get(action)
  if (known !== undefined) return known
  const found = policy.statements.filter((statement) => coversAction(statement, action))
  policy.byAction.set(action, found)
  return found
}

export const coversAction = (statement: Statement, action: string): boolean =>
  statement.actions.some((pattern) => matchesAction(pattern, action)) !== statement.notAction

/** How a statement's resources take in `resource`: `unknown` when only through a variable that is not known. */
export function coversResource(statement: Statement, resource: string): 'yes' | 'no' | 'unknown' {
  let matched: 'yes' | 'no' | 'unknown' = 'no'
  for (const pattern of statement.resources) {
    if (!matchesResource(pattern, resource)) continue
    if (!pattern.uncertain) {
      matched = 'yes'
      break
    }
    matched = 'unknown'
  }
  if (!statement.notResource || matched === 'unknown') return matched
  return matched === 'yes' ? 'no' : 'yes'
}
