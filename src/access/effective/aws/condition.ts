// Conditions in three values. What is not understood, or not known from files, is `unknown`: never a silent yes or no.
import { encodeWildcards, globOf, matchesGlob } from './glob.ts'
import type { Glob } from './glob.ts'

type Ternary = 'yes' | 'no' | 'unknown'

/**
 * What is known of one key of a request: its values, that it is absent, or that the caller chooses it (a region, a
 * request tag). A key that is not in the context is not known.
 */
export type KeyState = readonly string[] | 'absent' | 'caller'
export type RequestContext = (key: string) => KeyState | undefined

export interface Condition {
  /** As a person reads it: `StringEquals iam:PassedToService`. */
  readonly text: string
  /** Lower case. */
  readonly key: string
  readonly operator: string
  readonly negated: boolean
  readonly ifExists: boolean
  readonly quantifier: 'all' | 'any' | undefined
  readonly values: readonly Glob[]
  /** True when a value holds a policy variable that the input does not resolve. */
  readonly uncertain: boolean
}

type Compare = (value: string, wanted: Glob) => boolean | undefined

const equal: Compare = (value, wanted) => value === plain(wanted)
const equalIgnoringCase: Compare = (value, wanted) => value.toLowerCase() === plain(wanted).toLowerCase()
const like: Compare = (value, wanted) => matchesGlob(wanted, value)
const number =
  (test: (a: number, b: number) => boolean): Compare =>
  (value, wanted) => {
    const [a, b] = [Number(value), Number(plain(wanted))]
    return Number.isNaN(a) || Number.isNaN(b) ? undefined : test(a, b)
  }

const plain = (wanted: Glob): string => wanted.encoded

/** Operators without their `Not`, `IfExists` and set prefixes. One that is not here is not understood. */
const OPERATORS: Readonly<Record<string, { readonly compare: Compare; readonly wild: boolean }>> = {
  stringequals: { compare: equal, wild: false },
  stringequalsignorecase: { compare: equalIgnoringCase, wild: false },
  stringlike: { compare: like, wild: true },
  arnequals: { compare: like, wild: true },
  arnlike: { compare: like, wild: true },
  bool: { compare: equalIgnoringCase, wild: false },
  numericequals: { compare: number((a, b) => a === b), wild: false },
  numericlessthan: { compare: number((a, b) => a < b), wild: false },
  numericlessthanequals: { compare: number((a, b) => a <= b), wild: false },
  numericgreaterthan: { compare: number((a, b) => a > b), wild: false },
  numericgreaterthanequals: { compare: number((a, b) => a >= b), wild: false },
  null: { compare: equalIgnoringCase, wild: false },
}

/** `substitute` resolves policy variables in an encoded value. */
export function compileCondition(
  operatorText: string,
  keyText: string,
  values: readonly string[],
  substitute: (encoded: string) => { readonly encoded: string; readonly uncertain: boolean },
): Condition {
  let operator = operatorText.toLowerCase()
  let quantifier: Condition['quantifier']
  const colon = operator.indexOf(':')
  if (colon !== -1) {
    const prefix = operator.slice(0, colon)
    quantifier = prefix === 'forallvalues' ? 'all' : 'any'
    operator = operator.slice(colon + 1)
  }
  const ifExists = operator.endsWith('ifexists')
  if (ifExists) operator = operator.slice(0, -'ifexists'.length)
  const negated = /^(?:string|arn|numeric|date)not/.test(operator) || operator === 'notipaddress'
  if (negated) operator = operator.replace('not', '')
  const wild = OPERATORS[operator]?.wild === true
  let uncertain = false
  const globs = values.map((value) => {
    const substituted = substitute(encodeWildcards(value))
    uncertain ||= substituted.uncertain
    return wild ? globOf(substituted.encoded) : literalOf(substituted.encoded)
  })
  return {
    text: `${operatorText} ${keyText}`,
    key: keyText.toLowerCase(),
    operator,
    negated,
    ifExists,
    quantifier,
    values: globs,
    uncertain,
  }
}

/** For operators without wildcards `*` and `?` are ordinary characters. */
function literalOf(encoded: string): Glob {
  const text = encoded.replaceAll('\uE000', '*').replaceAll('\uE001', '?')
  return { encoded: text, prefix: text, isLiteral: true, matchesAll: false }
}

/**
 * Whether the condition holds. `favour` says what a key that the caller chooses comes to: an allow is then met, a deny
 * evaded.
 */
function conditionHolds(condition: Condition, context: RequestContext, favour: 'yes' | 'no'): Ternary {
  const state = context(condition.key)
  if (condition.operator === 'null') return nullHolds(condition, state, favour)
  const entry = OPERATORS[condition.operator]
  if (state === undefined) return 'unknown'
  if (state === 'caller') return favour
  if (state === 'absent' || state.length === 0) {
    if (condition.quantifier === 'all') return 'yes'
    if (condition.quantifier === 'any') return 'no'
    return condition.ifExists || condition.negated ? 'yes' : 'no'
  }
  if (entry === undefined || condition.uncertain) return 'unknown'
  return overValues(condition, state, entry.compare)
}

function nullHolds(condition: Condition, state: KeyState | undefined, favour: 'yes' | 'no'): Ternary {
  if (state === undefined) return 'unknown'
  if (state === 'caller') return favour
  const absent = state === 'absent' ? 'true' : 'false'
  return condition.values.some((value) => plain(value).toLowerCase() === absent) ? 'yes' : 'no'
}

function overValues(condition: Condition, state: readonly string[], compare: Compare): Ternary {
  const results = state.map((value): boolean | undefined => {
    if (condition.values.some((wanted) => compare(value, wanted) === true)) return !condition.negated
    // a comparison that makes no sense (a number that is none) is not decided
    if (condition.values.some((wanted) => compare(value, wanted) === undefined)) return undefined
    return condition.negated
  })
  if (results.includes(undefined)) return 'unknown'
  const every = condition.quantifier === 'all' || (condition.quantifier === undefined && condition.negated)
  return (every ? results.every(Boolean) : results.some(Boolean)) ? 'yes' : 'no'
}

export interface ConditionsAnswer {
  readonly holds: Ternary
  /** The conditions that could not be decided. */
  readonly open: readonly string[]
}

const MET: ConditionsAnswer = { holds: 'yes', open: [] }

/** All conditions of a statement together. */
export function allHold(
  conditions: readonly Condition[],
  context: RequestContext,
  favour: 'yes' | 'no',
): ConditionsAnswer {
  if (conditions.length === 0) return MET
  const open: string[] = []
  for (const condition of conditions) {
    const holds = conditionHolds(condition, context, favour)
    if (holds === 'no') return { holds: 'no', open: [] }
    if (holds === 'unknown') open.push(condition.text)
  }
  return { holds: open.length === 0 ? 'yes' : 'unknown', open }
}
