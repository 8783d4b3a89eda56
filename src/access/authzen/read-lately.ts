// Questions as they were asked lately, by their text: a gateway asks the same again and again, and reading it costs as much as
// deciding it. What has a context is not kept: it changes each time, and may hold what nobody else should keep.
import { Fault } from '#kernel'
import { Reading } from '../decide/index.ts'
import type { Question } from '../decide/index.ts'
import { itemsIn } from './batch-items.ts'
import { readBody } from './read-body.ts'
import { questionOf } from './read-question.ts'

/** Letters of a question, and of a batch; longer ones are read each time. */
const [QUESTION_MAX, BATCH_MAX] = [1024, 64 * 1024]
/** Letters of all of a kind; then those that were not asked again since the last so many are forgotten. */
const KEPT_MAX = 256 * 1024

/** Within the object and its list. */
const ITEM_DEPTH = 2

export class ReadLately {
  readonly #questions = new Lately<Question>()
  /** Apart: what may be nested so deep by itself may not within a batch. */
  readonly #items = new Lately<Question>()
  readonly #batches = new Lately<{ readonly text: string; readonly questions: readonly Question[] }>()

  /** Throws Fault('invalid') that names the field. */
  questionIn(text: string): Question {
    return read(text, this.#questions, 0)
  }

  /**
   * Of a batch of so many at most; `undefined` where it says more than its items, or anything is wrong with it: then it has to be read as
   * a whole.
   */
  questionsIn(text: string, max: number): readonly Question[] | undefined {
    const key = sampled(text)
    const known = this.#batches.of(key)
    if (known?.text === text) return known.questions
    const items = itemsIn(text, max)
    try {
      const questions = items?.map((item) => read(item, this.#items, ITEM_DEPTH))
      const isKept = text.length <= BATCH_MAX && questions?.every(({ reading }) => reading !== undefined)
      if (questions !== undefined && isKept === true) this.#batches.keep(key, { text, questions }, text.length)
      return questions
    } catch (error) {
      if (error instanceof Fault) return undefined
      throw error
    }
  }
}

/** `depth`: in how much else it is nested. */
function read(text: string, lately: Lately<Question>, depth: number): Question {
  const known = lately.of(text)
  if (known !== undefined) return known
  const question = questionOf(readBody(text, depth))
  if (question.context !== undefined || text.length > QUESTION_MAX) return question
  return lately.keep(text, { ...question, reading: new Reading(question) })
}

const SAMPLES = 16
const SAMPLE_LETTERS = 16

/** To hash the whole of a long text costs more than to compare it with another one; two that have this in common take turns. */
function sampled(text: string): string {
  const step = Math.floor(text.length / SAMPLES)
  if (step <= SAMPLE_LETTERS) return text
  const samples = [String(text.length)]
  for (let at = 0; at < text.length; at += step) samples.push(text.slice(at, at + SAMPLE_LETTERS))
  return samples.join('')
}

interface Kept<Value> {
  readonly value: Value
  readonly letters: number
}

/** By text, in two generations. */
class Lately<Value> {
  #newer = new Map<string, Kept<Value>>()
  #older: ReadonlyMap<string, Kept<Value>> = new Map()
  #letters = 0

  of(text: string): Value | undefined {
    const known = this.#newer.get(text)
    if (known !== undefined) return known.value
    const before = this.#older.get(text)
    return before && this.keep(text, before.value, before.letters)
  }

  /** `letters`: of all that is kept with it. */
  keep(text: string, value: Value, letters = text.length): Value {
    if (this.#letters >= KEPT_MAX) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#letters = 0
    }
    this.#newer.set(copyOf(text), { value, letters })
    this.#letters += letters
    return value
  }
}

/** SECURITY: a part of a text keeps all of it in memory, and an item may come in a large batch. */
const copyOf = (text: string): string => Buffer.from(text).toString()
