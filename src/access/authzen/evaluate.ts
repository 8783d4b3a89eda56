// One question, or a batch of them (AuthZEN Authorization API 1.0, sections 6 and 7), answered from resident facts.
import { setImmediate } from 'node:timers/promises'
import { Fault, newId } from '#kernel'
import type { Id } from '#kernel'
import { decide } from '../decide/index.ts'
import type { Decision, DecisionState, Question } from '../decide/index.ts'
import { answerOf, unreadableAnswer } from './answer.ts'
import type { AnswersLately, AnswerText } from './answers-lately.ts'
import type { EvaluationAnswer } from './answer.ts'
import { isObject, refuse } from './read-body.ts'
import type { JsonObject } from './read-body.ts'
import { objectIn, questionOf } from './read-question.ts'
import type { Hinting } from './requestable.ts'

export interface Decided {
  readonly id: Id<'decision'>
  readonly question: Question
  readonly decision: Decision
}

export interface DecisionPoint {
  /** Asked for each decision: it may be another one. */
  readonly state: () => DecisionState
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Told of every decision. A promise holds the answer back; where it says false the answer is a denial. */
  readonly onDecided?: (decided: Decided) => Promise<boolean> | undefined
  /** Where what is denied can be asked for here: what a denial says of that. */
  readonly hint?: Hinting
}

const EVALUATIONS_MAX = 1000
/** Then whoever else waits is answered. */
const SLICE_MS = 20
const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const
type Semantic = (typeof SEMANTICS)[number]

/** Decided, and maybe not written down yet. */
interface Asked {
  readonly decided: Decided
  readonly written: Promise<boolean> | undefined
}

function decidedOn(point: DecisionPoint, question: Question): Asked {
  const decided = { id: newId('decision'), question, decision: decide(point.state(), question, point.now()) }
  return { decided, written: point.onDecided?.(decided) }
}

/** Throws Fault('invalid') that names the field. */
export function evaluate(point: DecisionPoint, body: JsonObject): EvaluationAnswer | Promise<EvaluationAnswer> {
  const { decided, written } = decidedOn(point, questionOf(body))
  return written === undefined ? answerIn(point, decided, true) : written.then((was) => answerIn(point, decided, was))
}

type Sendable = EvaluationAnswer | AnswerText

/** The same for whoever sends it on: as text, where the same was said lately. */
export function evaluateToSend(
  point: DecisionPoint,
  question: Question,
  lately: AnswersLately,
): Sendable | Promise<Sendable> {
  const { decided, written } = decidedOn(point, question)
  const told = (was: boolean): Sendable => answerIn(point, decided, was, lately)
  return written === undefined ? told(true) : written.then(told)
}

function answerIn(point: DecisionPoint, made: Decided, wasWritten: boolean): EvaluationAnswer
function answerIn(point: DecisionPoint, made: Decided, wasWritten: boolean, lately: AnswersLately): Sendable
function answerIn({ hint }: DecisionPoint, made: Decided, wasWritten: boolean, lately?: AnswersLately): Sendable {
  const decided = wasWritten ? made : { ...made, decision: unwritten(made.decision) }
  const more = hint?.(decided)
  const { id, decision } = decided
  if (more === undefined) return lately?.textOf(id, decision) ?? answerOf(id, decision)
  const answer = answerOf(id, decision)
  return { ...answer, context: { ...answer.context, ...more } }
}

/** What was decided and is not on record, where it has to be. */
export const unwritten = (decision: Decision): Decision => ({
  ...decision,
  allowed: false,
  reason: decision.allowed ? 'evidence_unavailable' : decision.reason,
  obligations: [],
  expiresAt: decision.decidedAt,
})

export type EvaluationsAnswer = EvaluationAnswer | { readonly evaluations: readonly EvaluationAnswer[] }

/** Without items it is a single evaluation. Throws Fault('invalid') for what is wrong with the batch as a whole. */
export async function evaluateAll(point: DecisionPoint, body: JsonObject): Promise<EvaluationsAnswer> {
  const { evaluations } = body
  if (evaluations === undefined || (Array.isArray(evaluations) && evaluations.length === 0)) {
    return await evaluate(point, body)
  }
  if (!Array.isArray(evaluations)) return refuse('evaluations', 'a list is needed')
  if (evaluations.length > EVALUATIONS_MAX) return refuse('evaluations', `at most ${EVALUATIONS_MAX} at once`)
  const semantic = semanticIn(body)
  for (const field of ['subject', 'action', 'resource', 'context'] as const) {
    if (body[field] !== undefined) objectIn(body, field)
  }
  const items = evaluations as readonly unknown[]
  if (semantic === 'execute_all') return { evaluations: await allOf(point, body, items) }
  const answers: EvaluationAnswer[] = []
  for (const item of items) {
    const one = askItem(point, body, item)
    const answer = 'decided' in one ? answerIn(point, one.decided, (await one.written) ?? true) : one
    answers.push(answer)
    if (answer.decision ? semantic === 'permit_on_first_permit' : semantic === 'deny_on_first_deny') break
  }
  return { evaluations: answers }
}

/** Decided one after another, written down together: nearly all wait for the same. */
async function allOf(
  point: DecisionPoint,
  defaults: JsonObject,
  items: readonly unknown[],
): Promise<readonly EvaluationAnswer[]> {
  const asked: ReturnType<typeof askItem>[] = []
  let since = performance.now()
  for (const item of items) {
    asked.push(askItem(point, defaults, item))
    if (performance.now() - since < SLICE_MS) continue
    await setImmediate()
    since = performance.now()
  }
  const waits = new Set<Promise<boolean>>()
  for (const one of asked) if ('decided' in one && one.written !== undefined) waits.add(one.written)
  const was = new Map(await Promise.all([...waits].map(async (written) => [written, await written] as const)))
  return asked.map((one) =>
    'decided' in one ? answerIn(point, one.decided, one.written === undefined || was.get(one.written) === true) : one,
  )
}

/** A bad item is that item's denial. */
function askItem(point: DecisionPoint, defaults: JsonObject, item: unknown): EvaluationAnswer | Asked {
  try {
    if (!isObject(item)) return unreadableAnswer('an evaluation is an object')
    return decidedOn(
      point,
      questionOf({
        subject: merged(item, defaults, 'subject', ['type', 'id']),
        action: merged(item, defaults, 'action', ['name']),
        resource: merged(item, defaults, 'resource', ['type', 'id']),
        context: item['context'] === undefined ? defaults['context'] : item['context'],
      }),
    )
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return unreadableAnswer(error.detail)
  }
}

/** The item's takes the place of the default whole, but for what is required and missing in it. */
function merged(item: JsonObject, defaults: JsonObject, field: string, required: readonly string[]): unknown {
  const own = item[field]
  const fallback = defaults[field]
  if (own === undefined) return fallback
  if (!isObject(own) || !isObject(fallback)) return own
  const missing = required.filter((name) => own[name] === undefined)
  return missing.length === 0 ? own : { ...own, ...Object.fromEntries(missing.map((name) => [name, fallback[name]])) }
}

function semanticIn(body: JsonObject): Semantic {
  if (body['options'] === undefined) return 'execute_all'
  const { evaluations_semantic: semantic = 'execute_all' } = objectIn(body, 'options')
  const known = SEMANTICS.find((name) => name === semantic)
  return known ?? refuse('options.evaluations_semantic', `it is one of ${SEMANTICS.join(', ')}`)
}
