// Policy documents as AWS hands them out: parsed by the CLI, or URL-encoded text by the raw API. What is not shaped as a
// policy is said once, with its line, and the rest is read.
import { awsActionsOf } from '#kernel'
import type { Observation, PolicyFact, Ref } from '#kernel'
import { isRecord, member, oneOrMore, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { problemAt, provenanceOf } from './place.ts'
import { policyOnly } from './policy-only.ts'
import type { Place } from './place.ts'
import { unreadableStatements } from './statement-shape.ts'

/** The document itself, whichever way it is written; `undefined` when there is none or it does not parse. */
export function documentOf(value: unknown): UntrustedRecord | undefined {
  if (isRecord(value)) return value
  if (typeof value !== 'string' || value.length > 200_000) return undefined
  try {
    const text = value.trimStart().startsWith('{') ? value : decodeURIComponent(value)
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

export const statementsOf = (document: UntrustedRecord): readonly UntrustedRecord[] =>
  oneOrMore(member(document, 'Statement')).filter(isRecord)

/** A policy document by its shape: statements with an effect, and nothing else that an export would have. */
export function isPolicyDocument(value: unknown): value is UntrustedRecord {
  if (!isRecord(value)) return false
  const statements = statementsOf(value)
  return (
    statements.length > 0 && statements.every((statement) => /^(?:Allow|Deny)$/.test(textIn(statement, 'Effect') ?? ''))
  )
}

export interface PolicyPlace extends Place {
  /** The object whose line stands for the policy. */
  readonly node: object
  /** AWS's own policies may name what the catalogue has dropped: that is nobody's mistake here. */
  readonly byAws?: boolean
}

/** AWS takes some ten thousand characters of policy; its own largest names about two thousand actions. */
const ACTIONS_MAX = 10_000

function countActions(document: UntrustedRecord): number {
  const statements = statementsOf(document)
  return statements.reduce(
    (sum, statement) =>
      sum + oneOrMore(member(statement, 'Action')).length + oneOrMore(member(statement, 'NotAction')).length,
    statements.length,
  )
}

/** The policy as a fact, and a problem for what no evaluation can make sense of. */
export function* policyFact(policyRef: Ref, name: string, value: unknown, at: PolicyPlace): Generator<Observation> {
  const document = documentOf(value)
  if (document === undefined) {
    yield problemAt(at, at.node, `policy \`${name}\` has no document that can be read: its rights are left out`)
    return
  }
  const node = isRecord(value) ? value : at.node
  if (countActions(document) > ACTIONS_MAX) {
    yield problemAt(at, node, `policy \`${name}\` is far larger than AWS allows: its rights are left out`)
    return
  }
  const said = oddities(document, name, at, node)
  const fact: PolicyFact = {
    type: 'policy',
    ref: policyRef,
    dialect: 'aws-iam',
    name,
    document: policyOnly(document),
    provenance: provenanceOf(at, node, name),
  }
  yield fact
  yield* said
}

function* oddities(document: UntrustedRecord, name: string, at: PolicyPlace, node: object): Generator<Observation> {
  const raw = oneOrMore(member(document, 'Statement'))
  const bad = unreadableStatements(document, 'rights')
  const first = bad[0]
  if (raw.length === 0 || bad.length > 0) {
    const what = raw.length === 0 ? 'no statement' : `${bad.length} of ${raw.length} statements that cannot be read`
    yield problemAt(
      at,
      node !== at.node && isRecord(first) ? first : node,
      `policy \`${name}\` has ${what}: check Effect, Action and Resource; what they give is not known`,
    )
  }
  if (at.byAws === true) return
  const unknown = new Set(
    statementsOf(document).flatMap((statement) =>
      [...oneOrMore(member(statement, 'Action')), ...oneOrMore(member(statement, 'NotAction'))].filter(
        (action) => typeof action === 'string' && !isKnownAction(action),
      ),
    ),
  )
  if (unknown.size > 0) {
    yield problemAt(
      at,
      node,
      `policy \`${name}\` names ${unknown.size} ${unknown.size === 1 ? 'action' : 'actions'} that AWS does not have: check the spelling, they are kept as written`,
    )
  }
}

const known = new Map<string, boolean>()
const KNOWN_MAX = 50_000

/** A pattern is known when it takes in an action of the catalogue; service and action compare without case. */
export function isKnownAction(action: string): boolean {
  const before = known.get(action)
  if (before !== undefined) return before
  const answer = isInCatalogue(action)
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(action, answer)
  return answer
}

function isInCatalogue(action: string): boolean {
  const colon = action.indexOf(':')
  if (colon === -1) return /^\*+$/.test(action)
  const service = action.slice(0, colon)
  const name = action.slice(colon + 1).toLowerCase()
  if (/[*?]/.test(service) || /^\*+$/.test(name)) return /[*?]/.test(service) || awsActionsOf(service) !== undefined
  const actions = awsActionsOf(service)
  if (actions === undefined) return false
  if (!/[*?]/.test(name)) return actions.has(name)
  const pieces = name.split(/[*?]+/)
  return [...actions.keys()].some((candidate) => inOrder(candidate, pieces))
}

/** Near enough for spelling: first piece at the start, last at the end, the others in between in order. */
function inOrder(candidate: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces
  const last = rest.pop() ?? ''
  if (!candidate.startsWith(first) || !candidate.endsWith(last) || candidate.length < first.length + last.length)
    return false
  let at = first.length
  for (const piece of rest) {
    const found = candidate.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return at <= candidate.length - last.length
}
