// The part of a technique that does not depend on the target: which of its steps a principal may take, and on what.
import { contextOf, keysOf } from './context.ts'
import type { AwsPrincipal } from './estate.ts'
import { evaluate } from './evaluate.ts'
import type { PermissionSet, Verdict } from './evaluate.ts'
import { encodeWildcards } from './glob.ts'
import { statementsFor } from './policy.ts'
import type { Policy } from './policy.ts'
import { resourcePattern, resourceWitness } from './resource-pattern.ts'
import type { ResourcePattern } from './resource-pattern.ts'
import type { Technique } from './techniques/technique.ts'
import { TECHNIQUES } from './techniques/techniques.ts'

export interface TakenStep {
  readonly action: string
  readonly resource: string
  readonly verdict: Verdict
}

export interface ReadyTechnique {
  readonly technique: Technique
  /** The steps that are not on the target. */
  readonly taken: readonly TakenStep[]
  readonly open: readonly string[]
}

/** Resources that a step needs beside what is taken over; any one of them does. */
const SIDE_RESOURCE = /^(?:document|launch-template|notebook-instance-lifecycle-config)\//

/** Techniques whose steps the principal may take, as far as that is decided without a target. */
export function readyTechniques(principal: AwsPrincipal): ReadyTechnique[] {
  const ready: ReadyTechnique[] = []
  const services = touchedServices(principal.set)
  for (const technique of TECHNIQUES) {
    if (services !== undefined && !technique.steps.every(([action]) => services.has(serviceOf(action)))) continue
    if (technique.by !== undefined && technique.target !== 'itself' && technique.by !== principal.type) continue
    const made = prepare(principal, technique)
    if (made !== undefined) ready.push(made)
  }
  return ready
}

const serviceOf = (action: string): string => action.slice(0, action.indexOf(':'))

function touchedServices(set: PermissionSet): ReadonlySet<string> | undefined {
  const all = new Set<string>()
  for (const { policy } of set.holdings) {
    if (policy.services === undefined) return undefined
    for (const service of policy.services) all.add(service)
  }
  return all
}

function prepare(principal: AwsPrincipal, technique: Technique): ReadyTechnique | undefined {
  for (const [action] of technique.steps) if (!isAllowedSomewhere(principal.set, action.toLowerCase())) return undefined
  const byResource = new Map<string, string[]>()
  for (const [action, on] of technique.steps) {
    if (on === 'target') continue
    const key = templateOf(principal, action, on)
    byResource.set(key, [...(byResource.get(key) ?? []), action])
  }
  const taken: TakenStep[] = []
  for (const [template, actions] of byResource) {
    const steps = takeTogether(principal, technique, template, actions)
    if (steps === undefined) return undefined
    taken.push(...steps)
  }
  return { technique, taken, open: [...new Set(taken.flatMap((step) => step.verdict.open))] }
}

function isAllowedSomewhere(set: PermissionSet, action: string): boolean {
  const allows = (policy: Policy): boolean => statementsFor(policy, action).some(({ effect }) => effect === 'allow')
  return set.holdings.some(({ policy }) => allows(policy)) && (typeof set.boundary !== 'object' || allows(set.boundary))
}

/** `on` is the last part of an ARN, with another service's prefix where it is not the action's own. */
function templateOf(principal: AwsPrincipal, action: string, on: string): string {
  if (on === '*') return '*'
  const [service, last] = on.includes('::') ? on.split('::') : [serviceOf(action), on]
  // documents of AWS itself have no account
  const account = last?.startsWith('document/') === true ? '*' : principal.account
  const region = service === 'iam' ? '' : '*'
  return `arn:${principal.partition}:${service ?? ''}:${region}:${account}:${last ?? ''}`
}

/** One resource on which all the actions are allowed. */
function takeTogether(
  principal: AwsPrincipal,
  technique: Technique,
  template: string,
  actions: readonly string[],
): readonly TakenStep[] | undefined {
  const pattern = resourcePattern(template, encodeWildcards(template), false)
  // what runs already has a name that the input does not tell: a grant on one named thing may be on any, or on none
  const mustBeOpen = technique.target === 'running-role' && !SIDE_RESOURCE.test(template.split(':').at(-1) ?? '')
  let best: readonly TakenStep[] | undefined
  for (const resource of candidates(principal.set, actions, pattern, mustBeOpen)) {
    const context = contextOf(
      principal,
      keysOf({ 'iam:permissionsboundary': 'absent', ...technique.request }),
      resource,
    )
    const steps = actions.map((action) => ({
      action,
      resource,
      verdict: evaluate(principal.set, action.toLowerCase(), resource, context),
    }))
    if (steps.some((step) => step.verdict.answer === 'no')) continue
    if (steps.every((step) => step.verdict.answer === 'yes')) return steps
    best ??= steps
  }
  return best
}

function candidates(
  set: PermissionSet,
  actions: readonly string[],
  template: ResourcePattern,
  mustBeOpen: boolean,
): ReadonlySet<string> {
  const found = new Set<string>()
  const generic = template.matchesAll ? '*' : resourceWitness(template, template)
  if (generic !== undefined) found.add(generic)
  const policies = [
    ...set.holdings.map(({ policy }) => policy),
    ...(typeof set.boundary === 'object' ? [set.boundary] : []),
  ]
  for (const policy of policies) {
    for (const action of actions) {
      for (const statement of statementsFor(policy, action.toLowerCase())) {
        if (statement.effect !== 'allow' || statement.notResource) continue
        for (const pattern of statement.resources) {
          if (pattern.matchesAll || (mustBeOpen && !namesMany(pattern))) continue
          const both = resourceWitness(pattern, template)
          if (both !== undefined) found.add(both)
        }
      }
    }
  }
  return found
}

const namesMany = (pattern: ResourcePattern): boolean =>
  !(pattern.parts === undefined ? pattern.whole : pattern.parts[5])?.isLiteral
