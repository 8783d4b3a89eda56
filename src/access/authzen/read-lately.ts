// Questions as they were asked lately, by their text: a gateway asks the same again and again, and reading it costs as much as
// deciding it. What has a context is not kept: it changes each time, and may hold what nobody else should keep.
import { Fault } from '#kernel'
import { Reading } from '../decide/index.ts'
import type { Question } from '../decide/index.ts'
import { itemsIn } from './batch-items.ts'
import { readBody } from './read-body.ts'
import { questionOf } from './read-question.ts'

/** Letters; longer ones are read each time. */
const TEXT_MAX = 1024
/** Then those that were not asked again since the last so many are forgotten. */
const KEPT_MAX = 1000

/** Letters of a batch, and of all that are kept since the last ones were forgotten. */
const BATCH_MAX = 64 * 1024
const BATCHES_MAX = 512 * 1024
/** Within the object and its list. */
const ITEM_DEPTH = 2

export class ReadLately {
  readonly #questions = new Lately<Question>(KEPT_MAX, () => 1)
  readonly #batches = new Lately<readonly Question[]>(BATCHES_MAX, (text) => text.length)

  /** `depth`: in how much else it is nested. Throws Fault('invalid') that names the field. */
  questionIn(text: string, depth = 0): Question {
    const known = this.#questions.of(text)
    if (known !== undefined) return known
    const question = questionOf(readBody(text, depth))
    if (question.context !== undefined || text.length > TEXT_MAX) return question
    return this.#questions.keep(copyOf(text), { ...question, reading: new Reading(question) })
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
      const questions = items?.map((item) => this.questionIn(item, ITEM_DEPTH))
      const isKept = text.length <= BATCH_MAX && questions?.every(({ reading }) => reading !== undefined)
      return questions !== undefined && isKept === true ? this.#batches.keep(text, questions) : questions
    } catch (error) {
      if (error instanceof Fault) return undefined
      throw error
    }
  }
}

/** By text, in two generations. */
class Lately<Value> {
  readonly #max: number
  readonly #weigh: (text: string) => number
  #newer = new Map<string, Value>()
  #older: ReadonlyMap<string, Value> = new Map()
  #weight = 0

  constructor(max: number, weigh: (text: string) => number) {
    this.#max = max
    this.#weigh = weigh
  }

  of(text: string): Value | undefined {
    const known = this.#newer.get(text)
    if (known !== undefined) return known
    const before = this.#older.get(text)
    return before && this.keep(text, before)
  }

  keep(text: string, value: Value): Value {
    if (this.#weight >= this.#max) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#weight = 0
    }
    this.#newer.set(text, value)
    this.#weight += this.#weigh(text)
    return value
  }
}

/** A part of a text keeps all of it in memory. */
const copyOf = (text: string): string => Buffer.from(text).toString()
