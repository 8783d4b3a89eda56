// A batch of questions (AuthZEN Authorization API 1.0, section 7), answered from resident facts.
import { setImmediate } from 'node:timers/promises'
import { Fault } from '#kernel'
import type { Question } from '../decide/index.ts'
import { unreadableAnswer } from './answer.ts'
import type { EvaluationAnswer } from './answer.ts'
import { AnswerText } from './answers-lately.ts'
import type { AnswersLately } from './answers-lately.ts'
import { answerIn, decidedOn, evaluate } from './evaluate.ts'
import type { Asked, DecisionPoint } from './evaluate.ts'
import { isObject, readBody, refuse } from './read-body.ts'
import type { JsonObject } from './read-body.ts'
import type { ReadLately } from './read-lately.ts'
import { objectIn, questionOf, withOwnContext } from './read-question.ts'

const EVALUATIONS_MAX = 1000
/** Then whoever else waits is answered. */
const SLICE_MS = 20
/** So many are decided before clocks are looked at: a decision that takes a millisecond is a slow one. */
const LOOKED_AT = 4
const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const
type Semantic = (typeof SEMANTICS)[number]

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
  const defaults = withOwnContext(body)
  const ask = (item: unknown, now?: number): Answered => askItem(point, defaults, item, now)
  const tell = (one: Answered, wasWritten: boolean): EvaluationAnswer =>
    'question' in one ? answerIn(point, one, wasWritten) : one
  if (semantic === 'execute_all') return { evaluations: await allOf(point, items, ask, tell) }
  const answers: EvaluationAnswer[] = []
  for (const item of items) {
    const one = ask(item)
    const answer = tell(one, !('question' in one) || ((await one.written) ?? true))
    answers.push(answer)
    if (answer.decision ? semantic === 'permit_on_first_permit' : semantic === 'deny_on_first_deny') break
  }
  return { evaluations: answers }
}

/** The same for whoever sends it on, and what was asked and said lately is neither read nor written anew. */
export async function evaluateAllToSend(
  point: DecisionPoint,
  text: string,
  { asked, answered }: { readonly asked: ReadLately; readonly answered: AnswersLately },
): Promise<EvaluationsAnswer | AnswerText> {
  const questions = asked.questionsIn(text, EVALUATIONS_MAX)
  if (questions === undefined) return await evaluateAll(point, readBody(text))
  const ask = (question: Question, now: number): Asked => decidedOn(point, question, now)
  const tell = (made: Asked, wasWritten: boolean): AnswerText => {
    const answer = answerIn(point, made, wasWritten, answered)
    return answer instanceof AnswerText ? answer : AnswerText.of(answer)
  }
  return inOne(await allOf(point, questions, ask, tell))
}

const [BEGIN, END] = ['{"evaluations":[', ']}']

function inOne(answers: readonly AnswerText[]): AnswerText {
  const pieces: string[] = []
  let byteLength = BEGIN.length + END.length + answers.length - 1
  for (const answer of answers) {
    pieces.push(pieces.length === 0 ? BEGIN : ',')
    for (const piece of answer.pieces) pieces.push(piece)
    byteLength += answer.byteLength
  }
  pieces.push(END)
  return new AnswerText([pieces.join('')], byteLength)
}

type Answered = EvaluationAnswer | Asked

/** Decided one after another, written down together: nearly all wait for the same. */
async function allOf<Item, One extends Answered, Told>(
  point: DecisionPoint,
  items: readonly Item[],
  ask: (item: Item, now: number) => One,
  tell: (answered: One, wasWritten: boolean) => Told,
): Promise<readonly Told[]> {
  const asked: One[] = []
  const waits = new Map<Promise<boolean>, boolean>()
  let since = performance.now()
  let last: Promise<boolean> | undefined
  let now = point.now()
  for (const item of items) {
    const one = ask(item, now)
    asked.push(one)
    if ('question' in one && one.written !== undefined && one.written !== last) waits.set((last = one.written), false)
    if (asked.length % LOOKED_AT !== 0) continue
    if (performance.now() - since > SLICE_MS) {
      await setImmediate()
      since = performance.now()
    }
    now = point.now()
  }
  await Promise.all([...waits.keys()].map(async (written) => waits.set(written, await written)))
  const wasWritten = ({ written }: Asked): boolean => written === undefined || waits.get(written) === true
  return asked.map((one) => tell(one, !('question' in one) || wasWritten(one)))
}

/** A bad item is that item's denial. */
function askItem(point: DecisionPoint, defaults: JsonObject, item: unknown, now?: number): Answered {
  try {
    if (!isObject(item)) return unreadableAnswer('an evaluation is an object')
    return decidedOn(
      point,
      questionOf({
        subject: merged(item, defaults, 'subject', ['type', 'id']),
        action: merged(item, defaults, 'action', ['name']),
        resource: merged(item, defaults, 'resource', ['type', 'id']),
        context: item['context'] === undefined ? defaults['context'] : withOwnContext(item)['context'],
      }),
      now,
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
