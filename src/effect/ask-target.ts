// A target is asked by a person who waits for the answer: what went wrong there is told to them, in the target's own words.
import { Fault, messageOf, plainWords } from '#kernel'
import type { CurrentTarget } from './records.ts'

/** Throws Fault('unprocessable') with what the target answered. */
export async function askTarget<T>(target: CurrentTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const { name } = target.data.settings
    const detail = `\`${name}\` can't be asked: ${plainWords(messageOf(cause))}; \`reeve target doctor ${name}\` says what is missing`
    throw new Fault('unprocessable', detail, { cause })
  }
}
