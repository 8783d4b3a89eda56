// What a decision point decided: each decision in the spool before its answer leaves, sent in batches afterwards. An act of high
// risk is allowed only when its batch has its entry.
import { messageOf } from '#kernel'
import type { Decided } from '../authzen/index.ts'
import type { DecidedKind } from './decision-line.ts'
import { KindsLately, tailOf } from './kinds-lately.ts'
import type { LatelyKind } from './kinds-lately.ts'
import { SpoolSender } from './send-spool.ts'
import type { SendSpoolOptions } from './send-spool.ts'
import { Spool } from './spool.ts'

export interface DecisionLogOptions extends SendSpoolOptions {
  readonly folder: string
  readonly everyMs?: number
}

const EVERY_MS = 1000
/** Sent at once when so many wait, so that they are still in memory; unless the last ones could not be sent. */
const WAITING_MAX = 5000
const LAST_WAIT_MS = 5000
const HIGH_RISK_WAIT_MS = 2000

export class DecisionLog {
  readonly #spool: Spool
  readonly #options: DecisionLogOptions
  readonly #sender: SpoolSender
  readonly #kinds = new KindsLately()
  readonly #timer: NodeJS.Timeout
  #sending: Promise<void> | undefined
  /** Since it was last sent. */
  #waiting = 0
  #said = ''
  #lastWritten: Promise<void> | undefined
  #lastTried: Promise<true> = Promise.resolve(true)

  private constructor(spool: Spool, options: DecisionLogOptions) {
    this.#spool = spool
    this.#options = options
    this.#sender = new SpoolSender(spool, options)
    this.#timer = setInterval(() => void this.#sendSafely(), options.everyMs ?? EVERY_MS)
  }

  static async open(options: DecisionLogOptions): Promise<DecisionLog> {
    return new DecisionLog(await Spool.open(options.folder), options)
  }

  /** False: what was allowed must not be, since it could not be written down. */
  readonly onDecided = (decided: Decided): Promise<boolean> => {
    const tail = this.#kinds.of(decided)
    const { kind } = tail
    const written = this.#append(decided, tail)
    return kind.allowed && kind.highRisk && kind.enforced !== false
      ? this.#withEntry(decided, kind, written)
      : this.#tried(written)
  }

  #append({ id, decision: { decidedAt: at } }: Decided, tail: LatelyKind): Promise<void> {
    this.#waiting += 1
    if (this.#waiting >= WAITING_MAX && this.#said === '' && this.#sending === undefined) void this.#sendSafely()
    return this.#spool.append({ head: `{"id":"${id}","at":${at},`, tail, at })
  }

  /** All that is written in one turn waits for the same promise. */
  #tried(written: Promise<void>): Promise<true> {
    if (written !== this.#lastWritten) {
      this.#lastWritten = written
      this.#lastTried = written.then(
        () => true,
        (error: unknown) => this.#unwritten(error),
      )
    }
    return this.#lastTried
  }

  async #withEntry(decided: Decided, kind: DecidedKind, written: Promise<void>): Promise<boolean> {
    const { keptAside } = this.#sender
    try {
      await written
      const isSent = await inTime(this.#sendAnew(), HIGH_RISK_WAIT_MS)
      // SECURITY: what was kept aside meanwhile may be this one, which waits no more and has no entry
      if (isSent && this.#sender.keptAside === keptAside) return true
      // it is said to be denied, so that is what counts
      const denied: DecidedKind = { ...kind, allowed: false, reason: 'evidence_unavailable', insteadOf: kind.reason }
      await this.#append(decided, tailOf(denied))
    } catch (error) {
      this.#unwritten(error)
    }
    return false
  }

  #unwritten(error: unknown): true {
    this.#say(`a decision could not be written to the spool: ${messageOf(error)}`)
    return true
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    const sent = this.#overUnderWay().then(async () => await this.#sendSafely())
    await inTime(sent, LAST_WAIT_MS)
    await this.#spool.close()
  }

  /** All that is written by now. */
  async #sendAnew(): Promise<void> {
    await this.#overUnderWay()
    await this.#send()
  }

  /** What is under way takes what waited when it began, which may be less than is there now. */
  async #overUnderWay(): Promise<void> {
    await this.#sending?.catch(() => undefined)
  }

  async #sendSafely(): Promise<void> {
    try {
      await this.#send()
      this.#said = ''
    } catch (error) {
      this.#say(`not all decisions were sent: ${messageOf(error)}`)
    }
  }

  #send(): Promise<void> {
    if (this.#sending === undefined) this.#waiting = 0
    this.#sending ??= this.#sender.sendAll().finally(() => (this.#sending = undefined))
    return this.#sending
  }

  #say(event: string): void {
    if (event !== this.#said) this.#options.say(event)
    this.#said = event
  }
}

/** Whether it worked within so long. */
async function inTime(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs)
  })
  const worked = work.then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([worked, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
