// Calls for one target that come in the same moment are done in one session, and one session after another: five hundred grants
// that begin or end together are a few sessions of the administrative role, not five hundred.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetCall } from '#connectors/target'
import { TargetError } from './target-error.ts'

/** Shorter than what a caller waits. */
const SESSION_MS = 25_000
const TOGETHER_MS = 5

interface Waiting<Asked, Answer> {
  readonly asked: Asked[]
  readonly signals: AbortSignal[]
  readonly done: Promise<Answer>
}

export class OneSession<Asked, Answer> {
  /** By target: the next session, which those who come meanwhile join. */
  readonly #next = new Map<string, Waiting<Asked, Answer>>()
  readonly #under = new Map<string, Promise<unknown>>()
  readonly #work: (call: TargetCall, asked: readonly Asked[]) => Promise<Answer>

  constructor(work: (call: TargetCall, asked: readonly Asked[]) => Promise<Answer>) {
    this.#work = work
  }

  async join(call: TargetCall, one: Asked): Promise<Answer> {
    const key = JSON.stringify(call.settings)
    const next = this.#next.get(key)
    if (next !== undefined) {
      next.asked.push(one)
      next.signals.push(call.signal)
      return await next.done
    }
    const [asked, signals] = [[one], [call.signal]]
    const before = this.#under.get(key) ?? Promise.resolve()
    const done = before
      // those that are asked for in the same moment come along
      .then(async () => await sleep(TOGETHER_MS))
      .then(async () => {
        this.#next.delete(key)
        const signal = AbortSignal.any([AbortSignal.timeout(SESSION_MS), whenAll(signals)])
        return await this.#work({ ...call, signal }, asked)
      })
    this.#next.set(key, { asked, signals, done })
    const over = done.catch(() => undefined).finally(() => this.#under.get(key) === over && this.#under.delete(key))
    this.#under.set(key, over)
    return await done
  }
}

/** Nobody waits for it any more. One who does is not let down by another. */
function whenAll(signals: readonly AbortSignal[]): AbortSignal {
  const all = new AbortController()
  const look = (): void => {
    if (signals.every(({ aborted }) => aborted)) all.abort()
  }
  for (const signal of signals) signal.addEventListener('abort', look, { once: true })
  look()
  return all.signal
}

/** All at once; where one of them keeps the others, each by itself. Throws what one alone throws. */
export async function allOrEach<T>(all: readonly T[], work: (some: readonly T[]) => Promise<void>): Promise<void> {
  if (all.length === 0) return
  try {
    await work(all)
  } catch (error) {
    if (!(error instanceof TargetError) || all.length === 1) throw error
    for (const one of all) await work([one])
  }
}

/** Locks of a server are bounded, and each role that is made or dropped holds some. */
const AT_ONCE = 50

export const inParts = <T>(all: readonly T[], most = AT_ONCE): T[][] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, part) => all.slice(part * most, (part + 1) * most))
