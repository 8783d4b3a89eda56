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
  readonly #batches = new Lately<readonly Question[]>()

  /** Throws Fault('invalid') that names the field. */
  questionIn(text: string): Question {
    return read(text, this.#questions, 0)
  }

  /**
   * Of a batch of so many at most; `undefined` where it says more than its items, or anything is wrong with it: then it has to be read as
   * a whole.
   */
  questionsIn(text: string, max: number): readonly Question[] | undefined {
    const known = this.#batches.of(text)
    if (known !== undefined) return known
    const items = itemsIn(text, max)
    try {
      const questions = items?.map((item) => read(item, this.#items, ITEM_DEPTH))
      const isKept = text.length <= BATCH_MAX && questions?.every(({ reading }) => reading !== undefined)
      return questions !== undefined && isKept === true ? this.#batches.keep(text, questions) : questions
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

/** By text, in two generations. */
class Lately<Value> {
  #newer = new Map<string, Value>()
  #older: ReadonlyMap<string, Value> = new Map()
  #letters = 0

  of(text: string): Value | undefined {
    const known = this.#newer.get(text)
    if (known !== undefined) return known
    const before = this.#older.get(text)
    return before && this.keep(text, before)
  }

  keep(text: string, value: Value): Value {
    if (this.#letters >= KEPT_MAX) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#letters = 0
    }
    this.#newer.set(copyOf(text), value)
    this.#letters += text.length
    return value
  }
}

/** SECURITY: a part of a text keeps all of it in memory, and an item may come in a large batch. */
const copyOf = (text: string): string => Buffer.from(text).toString()
