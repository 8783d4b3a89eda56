// Questions as they were asked lately, by their text: a gateway asks the same again and again, and reading it costs as much as
// deciding it. What has a context is not kept: it changes each time, and may hold what nobody else should keep.
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

  /** Throws Fault('invalid') that names the field. */
  questionIn(text: string): Question {
    if (text.length > TEXT_MAX) return questionOf(readBody(text))
    const known = this.#newer.get(text)
    if (known !== undefined) return known
    const question = this.#older.get(text) ?? questionOf(readBody(text))
    if (question.context === undefined) this.#keep(text, question)
    return question
  }

  #keep(text: string, question: Question): void {
    if (this.#newer.size >= KEPT_MAX) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(text, question)
  }
}
