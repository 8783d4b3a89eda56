// One question (AuthZEN Authorization API 1.0, section 6), answered from resident facts.
import { newId } from '#kernel'
import type { Id } from '#kernel'
import { decide } from '../decide/index.ts'
import type { Decision, DecisionState, Question } from '../decide/index.ts'
import { answerOf } from './answer.ts'
import type { AnswersLately, AnswerText } from './answers-lately.ts'
import type { EvaluationAnswer } from './answer.ts'
import type { JsonObject } from './read-body.ts'
import { questionOf, withOwnContext } from './read-question.ts'
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

/** Decided, and maybe not written down yet. */
export interface Asked extends Decided {
  written: Promise<boolean> | undefined
}

export function decidedOn(point: DecisionPoint, question: Question, now = point.now()): Asked {
  const decision = decide(point.state(), question, now)
  const asked: Asked = { id: newId('decision'), question, decision, written: undefined }
  asked.written = point.onDecided?.(asked)
  return asked
}

/** Throws Fault('invalid') that names the field. */
export function evaluate(point: DecisionPoint, body: JsonObject): EvaluationAnswer | Promise<EvaluationAnswer> {
  const asked = decidedOn(point, questionOf(withOwnContext(body)))
  return asked.written === undefined
    ? answerIn(point, asked, true)
    : asked.written.then((was) => answerIn(point, asked, was))
}

export type Sendable = EvaluationAnswer | AnswerText

/** The same for whoever sends it on: as text, where the same was said lately. */
export function evaluateToSend(
  point: DecisionPoint,
  question: Question,
  lately: AnswersLately,
): Sendable | Promise<Sendable> {
  const asked = decidedOn(point, question)
  const told = (was: boolean): Sendable => answerIn(point, asked, was, lately)
  return asked.written === undefined ? told(true) : asked.written.then(told)
}

export function answerIn(point: DecisionPoint, made: Decided, wasWritten: boolean): EvaluationAnswer
export function answerIn(point: DecisionPoint, made: Decided, wasWritten: boolean, lately: AnswersLately): Sendable
export function answerIn(
  { hint }: DecisionPoint,
  made: Decided,
  wasWritten: boolean,
  lately?: AnswersLately,
): Sendable {
  const decided = wasWritten ? made : { ...made, decision: unwritten(made.decision) }
  const { id, decision } = decided
  const more = hint?.(decided)
  return lately?.textOf(id, decision, more) ?? answerOf(id, decision, more)
}

/** What was decided and is not on record, where it has to be. */
export const unwritten = (decision: Decision): Decision => ({
  ...decision,
  allowed: false,
  reason: decision.allowed ? 'evidence_unavailable' : decision.reason,
  obligations: [],
  expiresAt: decision.decidedAt,
})
