// Keeps the log: gives entries their places, grows the tree, signs, publishes, and asks the witnesses, again and again.
import type { Clock } from '#kernel'
import { repeat } from '../repeat.ts'
import { BATCH, isAllSigned, sequenceOnce } from '../sequencer.ts'
import type { WitnessPeer } from '../witness/cosign.ts'
import { askWitness } from './ask-witness.ts'
import type { WitnessState } from './ask-witness.ts'
import { ClockWatch } from './clock-watch.ts'
import { Log } from './log.ts'
import type { LogParts } from './log.ts'
import { RefusedToSign } from './refused-to-sign.ts'

export interface LogKeeping extends LogParts {
  readonly clock: Clock
  readonly witnesses?: readonly WitnessPeer[]
  /** What kept a pass from being done; it is tried again. */
  readonly onFailure: (error: unknown) => void
  /** How it stands with a witness, when that changes. An alarm is also an entry, `log.witness_alarmed`, once for a cause. */
  readonly onWitness?: (witness: string, said: WitnessState) => void
  readonly everyMs?: number
}

export interface LogKeeper {
  /** Entries under the newest checkpoint that this process signed or saw. */
  readonly size: number
  /** Why this process signs nothing; `undefined` where it signs. */
  readonly refusesToSign: string | undefined
  stop(): Promise<void>
}

const EVERY_MS = 250
/** So long no whole pass is made where nothing is new; one puts back what was lost beside the database. */
const QUIET_MS = 10_000

/** Throws LogDamaged where the stored entries are not those over which the last checkpoint was signed. */
export async function keepLog(keeping: LogKeeping): Promise<LogKeeper> {
  const { evidence, clock, onFailure, everyMs = EVERY_MS } = keeping
  const log = await Log.open(keeping)
  let refusesToSign: string | undefined
  const integrate = async (): Promise<void> => {
    try {
      await log.integrate(clock())
      refusesToSign = undefined
    } catch (error) {
      refusesToSign = error instanceof RefusedToSign ? error.short : undefined
      throw error
    }
  }
  const watch = new ClockWatch(evidence)
  // what the process before said last, of its clock maybe, need not have its place yet
  await sequenceOnce(evidence, clock())
  await watch.look(clock())
  let passedAt = -Infinity
  const growing = repeat(
    async () => {
      const began = performance.now()
      if (began - passedAt < QUIET_MS && (await isAllSigned(evidence, log.size))) return 'done'
      passedAt = -Infinity
      const { sequenced } = await sequenceOnce(evidence, clock())
      await integrate()
      if (sequenced > 0) await watch.look(clock())
      passedAt = began
      return sequenced === BATCH ? 'more' : 'done'
    },
    { everyMs, onFailure },
  )
  const asking = (keeping.witnesses ?? []).map((peer) => askWitness(keeping, peer, Math.max(everyMs, EVERY_MS)))
  return {
    get size() {
      return log.size
    },
    get refusesToSign() {
      return refusesToSign
    },
    stop: async () => {
      await Promise.all([growing, ...asking].map(async (loop) => loop.stop()))
    },
  }
}
