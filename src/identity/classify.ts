// Environment, function, criticality and purpose, each with its reason. Rules of `reeve.yaml` outrank what is derived;
// unknown stays unknown.
import { ruleFor } from './classification-rules.ts'
import type { ClassificationRules, CRITICALITIES } from './classification-rules.ts'
import { functionOf } from './business-function.ts'
import { environmentOf } from './environment.ts'
import type { Environment } from './environment.ts'
import type { Derived, Principal } from './principal.ts'

export type Criticality = (typeof CRITICALITIES)[number]

export interface Classification {
  readonly environment: Derived<Environment>
  readonly function: Derived<string>
  readonly criticality: Derived<Criticality>
  readonly purpose: Derived<string>
}

const NO_RULES: ClassificationRules = []

/** `tier` is the privilege tier that the access layer worked out. Pass the same `rules` value for all principals. */
export function classify(principal: Principal, tier: string, rules: ClassificationRules = NO_RULES): Classification {
  const environment = ruleFor(principal, 'environment', rules) ?? environmentOf(principal)
  return {
    environment,
    function: ruleFor(principal, 'function', rules) ?? functionOf(principal),
    criticality:
      ruleFor(principal, 'criticality', rules) ??
      statedCriticality(principal) ??
      criticalityOf(principal, tier, environment),
    purpose: ruleFor(principal, 'purpose', rules) ?? purposeOf(principal),
  }
}

/** One row per tier: what its loss would mean in production, where the environment is unknown, and elsewhere. */
const CRITICALITY: Readonly<
  Record<string, readonly [production: Criticality, unknown: Criticality, other: Criticality]>
> = {
  admin: ['critical', 'high', 'high'],
  high: ['high', 'high', 'medium'],
  medium: ['medium', 'medium', 'low'],
  low: ['low', 'low', 'low'],
  none: ['low', 'low', 'low'],
}
const HIGHER: Readonly<Record<Criticality, Criticality>> = {
  low: 'medium',
  medium: 'high',
  high: 'critical',
  critical: 'critical',
}

function criticalityOf(principal: Principal, tier: string, environment: Derived<Environment>): Derived<Criticality> {
  const row = Object.hasOwn(CRITICALITY, tier) ? CRITICALITY[tier] : undefined
  if (row === undefined) return { value: 'unknown', reason: 'its privilege is unknown' }
  const [production, unknown, other] = row
  const where = environment.value
  const value = where === 'production' ? production : where === 'unknown' ? unknown : other
  const because = `privilege tier ${tier}, environment ${where}`
  if (principal.vendor === undefined || principal.nativeType === 'iam-service-linked-role')
    return { value, reason: because }
  return { value: HIGHER[value], reason: `${because}, run by the third party ${principal.vendor}` }
}

const STATED: ReadonlySet<string> = new Set(['criticality', 'businesscriticality'])
const WORDS: Readonly<Record<string, Criticality>> = {
  low: 'low',
  medium: 'medium',
  moderate: 'medium',
  high: 'high',
  critical: 'critical',
}

function statedCriticality({ labels }: Principal): Derived<Criticality> | undefined {
  for (const [key, value] of Object.entries(labels)) {
    const name = key
      .slice(key.lastIndexOf('/') + 1)
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '')
    const word = value.trim().toLowerCase()
    const stated = STATED.has(name) && Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    if (stated !== undefined) return { value: stated, reason: `label \`${key}\` is \`${value}\`` }
  }
  return undefined
}

function purposeOf({ purposeHints, labels }: Principal): Derived<string> {
  const [hint] = purposeHints
  if (hint !== undefined) return { value: hint.text, reason: hint.reason }
  for (const [key, value] of Object.entries(labels)) {
    if (/(?:^|\/)(?:purpose|description)$/i.test(key) && value.trim() !== '')
      return { value, reason: `label \`${key}\`` }
  }
  return { value: 'unknown', reason: 'no source states one' }
}
