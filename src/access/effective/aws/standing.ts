// What a principal holds outright, before any chain or escalation: its tier with reasons, and its powers by name.
import { awsActionsOf } from '#kernel'
import type { Provenance } from '#kernel'
import type { Tier } from '../../entitlement.ts'
import { summariseActions } from './action-summary.ts'
import type { ActionKind, ActionSummary } from './action-summary.ts'
import { matchesAction } from './action-pattern.ts'
import type { CatalogueMatch } from './action-pattern.ts'
import type { AwsPrincipal } from './estate.ts'
import type { Holding } from './evaluate.ts'
import { decodeGlob } from './glob.ts'
import { coversAction, statementsFor } from './policy.ts'
import type { Policy, Statement } from './policy.ts'
import { resourceWitness } from './resource-pattern.ts'
import type { ResourcePattern } from './resource-pattern.ts'
import { highest } from './tier-order.ts'
import { TECHNIQUE_ACTIONS } from './techniques/techniques.ts'

export interface Power {
  readonly power: string
  readonly detail: string
  readonly provenance?: Provenance
}

export interface Standing {
  readonly tier: Tier
  readonly reasons: readonly string[]
  readonly powers: readonly Power[]
  /** True when the tier holds only under conditions. */
  readonly conditional: boolean
  /** The tier without what holds only under conditions: what chains and escalations build on. */
  readonly firm: Tier
  /**
   * The tier without the actions that escalate: what a target is compared with, so that taking one such action away
   * changes that path only.
   */
  readonly besides: Tier
}

interface Ground {
  readonly tier: Tier
  readonly text: string
  readonly conditional: boolean
  readonly escalates: boolean
}

/** Any one of these on all of IAM is enough to take every right. */
const IAM_KEYS = [
  'attachuserpolicy',
  'attachrolepolicy',
  'putuserpolicy',
  'putrolepolicy',
  'createpolicyversion',
  'createaccesskey',
  'updateassumerolepolicy',
].map((name) => `iam:${name}`)

const RULES: Readonly<
  Record<ActionKind, { readonly broad: Tier; readonly narrow: Tier; readonly what: string; readonly power?: string }>
> = {
  'iam-write': { broad: 'high', narrow: 'high', what: 'changes identities and their rights', power: 'iam-write' },
  'secret-read': { broad: 'high', narrow: 'low', what: 'reads every secret', power: 'secrets:read-all' },
  'guard-write': {
    broad: 'high',
    narrow: 'medium',
    what: 'changes keys, secrets or the organisation',
    power: 'guard-write',
  },
  'data-write': { broad: 'high', narrow: 'medium', what: 'changes data everywhere', power: 'data:write-all' },
  write: { broad: 'medium', narrow: 'medium', what: 'changes resources' },
  'data-read': { broad: 'medium', narrow: 'low', what: 'reads data everywhere', power: 'data:read-all' },
  'parameter-read': { broad: 'medium', narrow: 'low', what: 'reads every parameter', power: 'parameters:read-all' },
  read: { broad: 'low', narrow: 'low', what: 'reads' },
}
/** Full control of one of these, everywhere, is control of what runs in the account. */
const RUNS_THINGS = new Set('ec2 lambda ecs eks ssm cloudformation codebuild sagemaker'.split(' '))

const CHANGES: readonly ActionKind[] = ['data-write', 'guard-write', 'write']

/** A power that holds only under conditions has another name, so that nobody takes it for a standing one. */
const named = (power: string, conditional: boolean): string => (conditional ? `${power}:conditional` : power)

const READING_VERB = /:(?:get|list|describe|head|batchget|query|scan|search|view|read|lookup|select|check)/i

export function standingOf(principal: AwsPrincipal): Standing {
  const grounds: Ground[] = []
  const powers: Power[] = []
  for (const holding of principal.set.holdings) {
    for (const statement of holding.policy.statements) {
      if (statement.effect !== 'allow') continue
      const look = new Look(principal, holding, statement)
      look.administers(grounds, powers)
      look.kinds(grounds, powers)
    }
  }
  const tier = highest(grounds.map((ground) => ground.tier))
  const top = grounds.filter((ground) => ground.tier === tier)
  return {
    tier,
    reasons: [...new Set(top.map((ground) => ground.text))].slice(0, 5),
    powers,
    conditional: top.length > 0 && top.every((ground) => ground.conditional),
    firm: highest(grounds.flatMap((ground) => (ground.conditional ? [] : ground.tier))),
    besides: highest(grounds.flatMap((ground) => (ground.escalates || ground.conditional ? [] : ground.tier))),
  }
}

/** One allow statement, as one principal holds it. */
class Look {
  readonly #principal: AwsPrincipal
  readonly #statement: Statement
  readonly #summary: ActionSummary
  readonly #by: string
  readonly #where: { readonly provenance: Provenance } | undefined
  readonly #limited: boolean

  constructor(principal: AwsPrincipal, holding: Holding, statement: Statement) {
    this.#principal = principal
    this.#statement = statement
    this.#summary = summariseActions(statement)
    this.#by = heldBy(holding)
    this.#where = holding.policy.provenance === undefined ? undefined : { provenance: holding.policy.provenance }
    const { holdings, boundary } = principal.set
    this.#limited =
      boundary !== undefined || holdings.some(({ policy }) => policy.statements.some(({ effect }) => effect === 'deny'))
  }

  /** All of IAM, or all of everything, on everything. */
  administers(grounds: Ground[], powers: Power[]): void {
    const all = this.#summary.nearlyAll && this.#isBroad('iam')
    const wholeIam = this.#summary.wholeServices.includes('iam') && this.#isBroad('iam')
    if (!wholeIam) return
    const answers = IAM_KEYS.map((key) => this.#answer(key)).filter((answer) => answer !== 'no')
    if (answers.length === 0) return
    const conditional = !answers.includes('yes')
    const text = `${all ? '`*` on `*`' : '`iam:*` on everything, with which it can give itself any right'}, ${this.#by}${this.#under(conditional)}`
    grounds.push({ tier: 'admin', text, conditional, escalates: false })
    powers.push({ power: named(all ? 'admin:everything' : 'admin:iam', conditional), detail: text, ...this.#where })
  }

  kinds(grounds: Ground[], powers: Power[]): void {
    for (const [kind, rule] of Object.entries(RULES) as [ActionKind, (typeof RULES)[ActionKind]][]) {
      const actions = this.#summary.byKind[kind]
      if (actions.length === 0) continue
      const found = this.#first(actions)
      if (found === undefined) continue
      const { action, answer, broad } = found
      const onItselfOnly = kind === 'iam-write' && this.#onItselfOnly()
      const tier = onItselfOnly ? 'low' : broad ? rule.broad : rule.narrow
      const conditional = answer === 'conditional'
      const text = `\`${this.#written(action)}\` on ${this.#resources()} (${onItselfOnly ? 'on itself' : broad ? rule.what : 'on what is named'}), ${this.#by}${this.#under(conditional)}`
      grounds.push({ tier, text, conditional, escalates: actions.every(({ key }) => TECHNIQUE_ACTIONS.has(key)) })
      if (rule.power !== undefined && broad && !onItselfOnly)
        powers.push({ power: named(rule.power, conditional), detail: text, ...this.#where })
    }
    this.#fullControl(grounds, powers)
    for (const pattern of this.#summary.unknown) {
      // a pattern in a known service that takes in nothing gives nothing
      if (/[*?]/.test(pattern) && awsActionsOf(pattern.split(':')[0] ?? '') !== undefined) continue
      const tier = READING_VERB.test(pattern) ? 'low' : 'medium'
      grounds.push({
        tier,
        text: `\`${pattern}\`, which the catalogue does not know, ${this.#by}`,
        conditional: false,
        escalates: false,
      })
    }
  }

  #fullControl(grounds: Ground[], powers: Power[]): void {
    const { wholeServices, nearlyAll } = this.#summary
    for (const service of nearlyAll ? ['ec2'] : wholeServices) {
      if (!this.#isBroad(service)) continue
      const probe = CHANGES.flatMap((kind) => this.#summary.byKind[kind]).find(
        (action) => action.service === service && !TECHNIQUE_ACTIONS.has(action.key),
      )
      const answer = probe === undefined ? 'no' : this.#answer(probe.key)
      if (answer === 'no') continue
      const conditional = answer === 'conditional'
      const text = `${nearlyAll ? 'nearly every action' : `\`${service}:*\``} on ${this.#resources()}, ${this.#by}${this.#under(conditional)}`
      if (RUNS_THINGS.has(service))
        grounds.push({
          tier: 'high',
          text: `full control of what runs: ${text}`,
          conditional,
          escalates: false,
        })
      powers.push({
        power: named(nearlyAll ? 'wildcard-action' : `wildcard-action:${service}`, conditional),
        detail: text,
        ...this.#where,
      })
    }
  }

  /** The first action of a kind that is really given, not denied and within the boundary; broad ones first. */
  #first(
    actions: readonly CatalogueMatch[],
  ): { action: CatalogueMatch; answer: 'yes' | 'conditional'; broad: boolean } | undefined {
    const { boundary } = this.#principal.set
    const within = typeof boundary === 'object' ? boundary.services : undefined
    for (const action of actions) {
      if (within?.has(action.service) === false) continue
      const answer = this.#answer(action.key)
      if (answer !== 'no') return { action, answer, broad: this.#isBroad(action.service) }
    }
    return undefined
  }

  #answer(action: string): 'yes' | 'conditional' | 'no' {
    const resources = this.#limited ? this.#probes(action) : [this.#anyProbe(action)]
    let best: 'yes' | 'conditional' | 'no' = 'no'
    for (const resource of resources) {
      const { answer } = this.#principal.may(action, resource)
      if (answer === 'yes') return 'yes'
      if (answer === 'conditional') best = 'conditional'
    }
    return best
  }

  /** Resources of this statement, and where a boundary narrows them, of both. */
  #probes(action: string): string[] {
    const generic = this.#anyProbe(action)
    const { boundary } = this.#principal.set
    if (typeof boundary !== 'object') return [generic]
    const probes = new Set([generic])
    for (const within of boundedBy(boundary, action)) {
      for (const own of this.#statement.notResource ? [within] : this.#statement.resources) {
        const both = own.matchesAll ? concrete(within) : resourceWitness(own, within)
        if (both !== undefined) probes.add(both)
      }
    }
    return [...probes]
  }

  #anyProbe(action: string): string {
    const pattern = this.#statement.notResource ? undefined : this.#statement.resources[0]
    const { partition, account } = this.#principal
    const anything = `arn:${partition}:${action.slice(0, action.indexOf(':'))}:us-east-1:${account}:reeve1/reeve1`
    return pattern === undefined || pattern.matchesAll ? anything : (concrete(pattern) ?? anything)
  }

  /** Whether the statement takes in everything that the service has, in this account or in any. */
  #isBroad(service: string): boolean {
    if (this.#statement.notResource) return true
    return this.#statement.resources.some((pattern) => isBroad(pattern, service))
  }

  #onItselfOnly(): boolean {
    const { arn } = this.#principal
    return (
      !this.#statement.notResource &&
      this.#statement.resources.every((pattern) => pattern.isLiteral && pattern.whole.encoded === arn)
    )
  }

  #resources(): string {
    if (this.#statement.notResource) return 'all but what is named'
    const [first, ...more] = this.#statement.resources
    return `\`${first?.text ?? ''}\`${more.length === 0 ? '' : ` and ${more.length} more`}`
  }

  /** The action as the policy writes it, which may be a pattern. */
  #written(action: CatalogueMatch): string {
    const exact = `${action.service}:${action.name}`
    if (this.#statement.notAction) return `${exact} (all but what is named)`
    return this.#statement.actions.find((pattern) => matchesAction(pattern, action.key))?.text ?? exact
  }

  #under(conditional: boolean): string {
    if (!conditional) return ''
    const own = this.#statement.conditions.map(({ text }) => `\`${text}\``)
    return `, under a condition${own.length === 0 ? '' : ` (${own.join(', ')})`}`
  }
}

export function heldBy({ policy, path }: { readonly policy: Policy; readonly path: readonly string[] }): string {
  return `by policy \`${policy.name}\`${path.length === 0 ? '' : ` through group \`${path.join('` `')}\``}`
}

function boundedBy(boundary: Policy, action: string): readonly ResourcePattern[] {
  return statementsFor(boundary, action).flatMap((statement) =>
    statement.effect === 'allow' && !statement.notResource && coversAction(statement, action)
      ? statement.resources
      : [],
  )
}

const concrete = (pattern: ResourcePattern): string | undefined =>
  pattern.matchesAll ? undefined : resourceWitness(pattern, pattern)

const NAMES_WITHOUT_TYPE = new Set(['s3', 'execute-api', 'sqs', 'sns', 'codecommit'])

/** `*`, or an ARN of the service whose last part is open: `arn:aws:s3:::*`, `…:secret:*`, `…:table/*`. */
function isBroad(pattern: ResourcePattern, service: string): boolean {
  if (pattern.matchesAll) return true
  const text = decodeGlob(pattern.whole.encoded)
  const match = /^arn:[^:]+:([^:]+):[^:]*:[^:]*:(.+)$/.exec(text)
  if (match === null) return /^arn(?::[a-z0-9*-]+){0,4}:?\*?$/.test(text) && text.includes(service)
  const [, itsService, last = ''] = match
  if (itsService !== service && itsService !== '*') return false
  // most services write a type before the name; these do not, so what stands there is one bucket or one interface
  return NAMES_WITHOUT_TYPE.has(service) ? /^\*+(?:\/\*+)?$/.test(last) : /^(?:[a-z-]+[:/])?\*+(?:\/\*+)?$/i.test(last)
}
