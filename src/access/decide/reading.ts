// What a question says, whatever is known when it is asked. Worked out once where the same question is asked again and again.
import { levelOfAction } from '#kernel'
import type { ActionLevel } from '#kernel'
import type { Question } from './question.ts'
import { statedContext } from './request-context.ts'
import type { StatedContext } from './request-context.ts'
import { isAmbiguousName, resourceName } from './resource-name.ts'

export class Reading {
  readonly level: ActionLevel
  /** The name under which the resource is granted and known. */
  readonly resource: string
  readonly isAmbiguous: boolean
  readonly #question: Question
  #stated: StatedContext | undefined

  constructor(question: Question) {
    this.#question = question
    this.level = levelOfAction(question.action.name)
    this.resource = resourceName(question.resource)
    this.isAmbiguous = isAmbiguousName(this.resource)
  }

  /** Throws Fault('invalid'). */
  get stated(): StatedContext {
    return (this.#stated ??= statedContext(this.#question))
  }
}
