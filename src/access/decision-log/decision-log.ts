// What a decision point decided: each decision in the spool before its answer leaves, sent in batches afterwards. An act of high
// risk is allowed only when its batch has its entry.
import { messageOf } from '#kernel'
import type { Decided } from '../authzen/index.ts'
import { resourceName } from '../decide/index.ts'
import { recordedName } from './recorded-name.ts'
import { SpoolSender } from './send-spool.ts'
import type { SendSpoolOptions } from './send-spool.ts'
import { Spool } from './spool.ts'

/** One decision, as it is counted and, where it is a denial or of high risk, written down. */
export interface DecisionLine {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly principalId: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly reason: string
  readonly highRisk: boolean
  readonly grantId?: string
  /** The enforcement point that asked, by its own word. */
  readonly point?: string
  /** Only where nothing hangs on the answer: a denial would have been one. */
  readonly enforced?: false
  /** Policies that could not be evaluated, the first of them: a permit had no say, a forbid denied. */
  readonly failed?: readonly string[]
  /** For which reason a line before said that this decision allows: it was denied after all, and that one does not count. */
  readonly insteadOf?: string
}

const FAILED_MAX = 5
/** Letters of the name of a policy. */
const POLICY_NAME_MAX = 100

export interface DecisionLogOptions extends SendSpoolOptions {
  readonly folder: string
  readonly everyMs?: number
}

/** Often enough that what waits is still in memory at fifty thousand decisions a second. */
const EVERY_MS = 1000
const LAST_WAIT_MS = 5000
const HIGH_RISK_WAIT_MS = 2000

export class DecisionLog {
  readonly #spool: Spool
  readonly #options: DecisionLogOptions
  readonly #sender: SpoolSender
  readonly #timer: NodeJS.Timeout
  #sending: Promise<void> | undefined
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
    const line = lineOf(decided)
    const written = this.#spool.append(JSON.stringify(line))
    return line.allowed && line.highRisk && line.enforced !== false
      ? this.#withEntry(line, written)
      : this.#tried(written)
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

  async #withEntry(line: DecisionLine, written: Promise<void>): Promise<boolean> {
    try {
      await written
      if (await this.#sentInTime()) return true
      // it is said to be denied, so that is what counts
      const denied = { ...line, allowed: false, reason: 'evidence_unavailable', insteadOf: line.reason }
      await this.#spool.append(JSON.stringify(denied))
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
    await inTime(this.#sendSafely(), LAST_WAIT_MS)
    await this.#spool.close()
  }

  async #sentInTime(): Promise<boolean> {
    // what is under way may have begun before the line was there
    const before = this.#sending ?? Promise.resolve()
    const sent = before.catch(() => undefined).then(async () => await this.#send())
    return await inTime(sent, HIGH_RISK_WAIT_MS)
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
    this.#sending ??= this.#sender.sendAll().finally(() => (this.#sending = undefined))
    return this.#sending
  }

  #say(event: string): void {
    if (event !== this.#said) this.#options.say(event)
    this.#said = event
  }
}

export function lineOf({ id, question, decision }: Decided): DecisionLine {
  const actor = decision.chain.at(-1)
  return {
    id,
    at: decision.decidedAt,
    principalId: actor?.principalId ?? '',
    action: recordedName(question.action.name),
    resource: recordedName(resourceName(question.resource)),
    allowed: decision.allowed,
    reason: decision.reason,
    highRisk: decision.highRisk,
    ...(actor?.grantId !== undefined && { grantId: actor.grantId }),
    ...(question.point !== undefined && { point: question.point }),
    ...(question.enforced === false && { enforced: false }),
    ...(decision.errors.length > 0 && { failed: failedIn(decision) }),
  }
}

const failedIn = ({ errors }: Decided['decision']): string[] =>
  [...new Set(errors.map(({ policyId }) => policyId.slice(0, POLICY_NAME_MAX)))].slice(0, FAILED_MAX)

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
