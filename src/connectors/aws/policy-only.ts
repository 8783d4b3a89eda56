// What of a policy document leaves the connector: the members that IAM knows, and nothing else that somebody wrote there.
// SECURITY: an export may carry anything beside them. INVARIANT: a condition that is left out would widen a right, so one
// that is not understood stays as a name without values, which no evaluation takes as met; a `null` in place of a
// statement, an action or a resource says that something unreadable stood there.
import type { Json } from '#kernel'
import { isRecord, member, oneOrMore } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

const WORDS = ['Sid', 'Effect'] as const
const LISTS = ['Action', 'NotAction', 'Resource', 'NotResource'] as const
const PARTIES = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const

export function policyOnly(document: UntrustedRecord): Json {
  const version = member(document, 'Version')
  const statements = oneOrMore(member(document, 'Statement'))
  return {
    ...(typeof version === 'string' ? { Version: version } : {}),
    Statement:
      statements.length === 0
        ? [null]
        : statements.map((statement) => (isRecord(statement) ? statementOnly(statement) : null)),
  }
}

function statementOnly(statement: UntrustedRecord): Json {
  const kept: Record<string, Json> = {}
  for (const key of WORDS) {
    const word = member(statement, key)
    if (typeof word === 'string') kept[key] = word
  }
  for (const key of LISTS) {
    const value = member(statement, key)
    if (typeof value === 'string') kept[key] = value
    else if (value !== undefined) kept[key] = oneOrMore(value).map((item) => (typeof item === 'string' ? item : null))
  }
  for (const key of ['Principal', 'NotPrincipal']) {
    const value = member(statement, key)
    if (value !== undefined) kept[key] = partiesOnly(value)
  }
  const condition = member(statement, 'Condition')
  if (condition !== undefined && condition !== null) kept['Condition'] = conditionOnly(condition)
  return kept
}

function partiesOnly(principal: unknown): Json {
  if (typeof principal === 'string') return principal
  if (!isRecord(principal)) return {}
  const kept: Record<string, Json> = {}
  for (const key of PARTIES) {
    const value = member(principal, key)
    if (value !== undefined) kept[key] = oneOrMore(value).filter((item) => typeof item === 'string')
  }
  return kept
}

/** Keys of conditions carry the prefix of a service or of a provider; a name without one is no key of a request. */
const CONDITION_KEY = /^[^\s:]{1,200}:[^\s]{1,200}$/
const OPERATOR = /^(?:for(?:all|any)values?:)?[a-z]{1,40}$/i

/** The condition block of a statement, for policies and for trusts alike. */
export function conditionOnly(condition: unknown): Json {
  if (!isRecord(condition)) return { Malformed: { 'malformed:condition': [] } }
  const kept: Record<string, Json> = {}
  for (const [operator, keys] of Object.entries(condition)) {
    const name = OPERATOR.test(operator) ? operator : 'Malformed'
    const block: Record<string, Json> = {}
    if (!isRecord(keys)) block['malformed:condition'] = []
    else
      for (const [key, values] of Object.entries(keys)) {
        if (CONDITION_KEY.test(key)) block[key] = valuesOnly(values)
        else block[`malformed:${key.slice(0, 100)}`] = []
      }
    kept[name] = Object.hasOwn(kept, name) ? Object.assign({}, kept[name], block) : block
  }
  return kept
}

function valuesOnly(values: unknown): Json {
  if (typeof values === 'string' || typeof values === 'boolean' || typeof values === 'number') return values
  return oneOrMore(values).filter(
    (item) => typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number',
  )
}
