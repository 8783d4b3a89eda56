// An answer that may take minutes: worked out once for all who ask for the same, and fetched by asking again.
import { Fault } from '#kernel'

const WAIT_MS = 40_000
/** How long a finished answer waits for whoever asked for it. */
const KEPT_MS = 600_000

interface Run<T> {
  readonly key: string
  readonly answer: Promise<T>
  endedAt?: number
}

/** One at a time: whoever asks for another one meanwhile is told to come back. */
export class LongAnswer<T> {
  readonly #waitMs: number
  #run: Run<T> | undefined

  constructor(waitMs = WAIT_MS) {
    this.#waitMs = waitMs
  }

  /** Throws Fault('conflict') while it is not there yet; asked again with the same key it is. An answer is given once. */
  async ask(key: string, work: () => Promise<T>): Promise<T> {
    const run = this.#runFor(key, work)
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<'too long'>((resolve) => {
      timer = setTimeout(resolve, this.#waitMs, 'too long')
    })
    try {
      const answer = await Promise.race([run.answer, tooLong])
      if (answer === 'too long') throw new Fault('conflict', 'it is still being worked out: ask for the same again')
      if (this.#run === run) this.#run = undefined
      return answer
    } catch (error) {
      if (run.endedAt !== undefined && this.#run === run) this.#run = undefined
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  #runFor(key: string, work: () => Promise<T>): Run<T> {
    const held = this.#run
    const stale = held?.endedAt !== undefined && Date.now() - held.endedAt > KEPT_MS
    if (held !== undefined && !stale && held.key === key) return held
    if (held !== undefined && held.endedAt === undefined)
      throw new Fault('conflict', 'another one is being worked out: ask again in a moment')
    const answer = work()
    const run: Run<T> = { key, answer }
    const end = (): void => {
      run.endedAt = Date.now()
    }
    answer.then(end, end)
    this.#run = run
    return run
  }
}
