// What `reeve.yaml` may state of principals: rules that match some of them and set what sources do not say. The schema
// is strict, so that a misspelled condition is an error and never a rule that matches nothing.
import { z } from 'zod'
import { PRINCIPAL_KINDS, SYSTEMS } from '#kernel'
import type { Id } from '#kernel'
import type { IdentityGraph } from './correlate.ts'
import { glob, pathPattern } from './glob.ts'
import type { Principal } from './principal.ts'

export const ENVIRONMENTS = ['production', 'staging', 'development', 'test', 'sandbox'] as const
export const CRITICALITIES = ['low', 'medium', 'high', 'critical'] as const

const text = z.string().min(1).max(2000)
const globs = z.union([text, z.array(text).min(1).max(1000)])

export const PrincipalMatch = z
  .strictObject({
    externalId: globs.describe('native identifier; `*` is any text').optional(),
    name: globs.describe('name; `*` is any text').optional(),
    kind: z.enum(PRINCIPAL_KINDS).optional(),
    nativeType: text.describe("the source's own word, such as iam-role").optional(),
    system: z.enum(SYSTEMS).optional(),
    file: globs.describe('path pattern of the defining file, as in CODEOWNERS').optional(),
    label: z.record(text, text).describe('label or tag to value; `*` is any text').optional(),
  })
  .refine((match) => Object.values(match).some((condition) => condition !== undefined), {
    error: 'a match needs at least one condition',
  })
export type PrincipalMatch = z.infer<typeof PrincipalMatch>

export const ClassificationRule = z.strictObject({
  match: PrincipalMatch,
  set: z.strictObject({
    environment: z.enum(ENVIRONMENTS).optional(),
    function: text.optional(),
    criticality: z.enum(CRITICALITIES).optional(),
    owner: text.describe('an e-mail, a handle, a team or a name').optional(),
    backup: text.describe('who answers when the owner cannot').optional(),
    purpose: text.optional(),
    kind: z.enum(PRINCIPAL_KINDS).optional(),
  }),
})
/** Later rules win over earlier ones, field by field, as lines of CODEOWNERS do. */
export const ClassificationRules = z.array(ClassificationRule).max(10_000)
export type ClassificationRules = readonly z.infer<typeof ClassificationRule>[]

export const OwnerOverride = z.strictObject({ match: PrincipalMatch, owner: text, backup: text.optional() })
export type OwnerOverride = z.infer<typeof OwnerOverride>

type Setting = z.infer<typeof ClassificationRule>['set']

/** All conditions must hold; of several patterns of one condition, one. */
export function compileMatch(match: PrincipalMatch): (principal: Principal) => boolean {
  const anyOf = (
    patterns: string | readonly string[],
    compile: (pattern: string) => (value: string) => boolean,
  ): ((value: string) => boolean) => {
    const compiled = (typeof patterns === 'string' ? [patterns] : patterns).map(compile)
    return (value) => compiled.some((matches) => matches(value))
  }
  const conditions: ((principal: Principal) => boolean)[] = []
  const { externalId, name, kind, nativeType, system, file, label } = match
  if (externalId !== undefined) {
    const matches = anyOf(externalId, glob)
    conditions.push((principal) => principal.accounts.some((account) => matches(account.externalId)))
  }
  if (name !== undefined) {
    const matches = anyOf(name, glob)
    conditions.push((principal) => matches(principal.name))
  }
  if (file !== undefined) {
    const matches = anyOf(file, pathPattern)
    conditions.push((principal) => matches(principal.provenance[0]?.file ?? ''))
  }
  if (kind !== undefined) conditions.push((principal) => principal.kind === kind)
  if (nativeType !== undefined) conditions.push((principal) => principal.nativeType === nativeType)
  if (system !== undefined) conditions.push((principal) => principal.system === system)
  for (const [key, wanted] of Object.entries(label ?? {})) {
    const matches = glob(wanted)
    conditions.push(({ labels }) => Object.hasOwn(labels, key) && matches(labels[key] ?? ''))
  }
  return (principal) => conditions.length > 0 && conditions.every((holds) => holds(principal))
}

interface CompiledRule {
  readonly number: number
  readonly set: Setting
  readonly matches: (principal: Principal) => boolean
}
const compiled = new WeakMap<ClassificationRules, readonly CompiledRule[]>()

/** The last rule that matches and sets `field`, with its number in the file, from 1. */
export function ruleFor<F extends keyof Setting>(
  principal: Principal,
  field: F,
  rules: ClassificationRules,
): { readonly value: NonNullable<Setting[F]>; readonly reason: string } | undefined {
  let list = compiled.get(rules)
  if (list === undefined) {
    list = rules.map(({ match, set }, at) => ({ number: at + 1, set, matches: compileMatch(match) }))
    compiled.set(rules, list)
  }
  const rule = list.findLast((candidate) => candidate.set[field] !== undefined && candidate.matches(principal))
  const value = rule?.set[field]
  if (rule === undefined || value === undefined) return undefined
  return { value, reason: `classification rule ${rule.number} of reeve.yaml` }
}

/** Owners that classification rules set, in the form that `assessOwners` takes; `owners:` entries come after these. */
export function ownersFromRules(rules: ClassificationRules): OwnerOverride[] {
  return rules.flatMap(({ match, set }) =>
    set.owner === undefined
      ? []
      : { match, owner: set.owner, ...(set.backup === undefined ? {} : { backup: set.backup }) },
  )
}

/** The graph with the kinds that rules set: a person's IAM user becomes `human`, a shared one `service_account`. */
export function overrideKinds(graph: IdentityGraph, rules: ClassificationRules): IdentityGraph {
  if (!rules.some(({ set }) => set.kind !== undefined)) return graph
  const principals = new Map<Id<'principal'>, Principal>()
  for (const [id, principal] of graph.principals) {
    const rule = ruleFor(principal, 'kind', rules)
    principals.set(id, rule === undefined ? principal : { ...principal, kind: rule.value })
  }
  return { ...graph, principals }
}
