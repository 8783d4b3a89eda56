// Questions as they were asked lately, by their text: a gateway asks the same again and again, and reading it costs as much as
// deciding it. What has a context is not kept: it changes each time, and may hold what nobody else should keep.
import { Reading } from '../decide/index.ts'
import type { Question } from '../decide/index.ts'
import { readBody } from './read-body.ts'
import { questionOf } from './read-question.ts'

/** Letters; longer ones are read each time. */
const TEXT_MAX = 1024
/** Then those that were not asked again since the last so many are forgotten. */
const KEPT_MAX = 1000

export class ReadLately {
  #newer = new Map<string, Question>()
  #older: ReadonlyMap<string, Question> = new Map()

  /** `depth`: in how much else it is nested. Throws Fault('invalid') that names the field. */
  questionIn(text: string, depth = 0): Question {
    const known = this.#newer.get(text)
    if (known !== undefined) return known
    const before = this.#older.get(text)
    if (before !== undefined) return this.#keep(text, before)
    const question = questionOf(readBody(text, depth))
    if (question.context !== undefined || text.length > TEXT_MAX) return question
    return this.#keep(copyOf(text), { ...question, reading: new Reading(question) })
  }

  #keep(text: string, question: Question): Question {
    if (this.#newer.size >= KEPT_MAX) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(text, question)
    return question
  }
}

/** A part of a text keeps all of it in memory. */
const copyOf = (text: string): string => Buffer.from(text).toString()
