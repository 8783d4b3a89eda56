// Keeps the log: gives entries their places, grows the tree, signs, publishes, and asks the witnesses, again and again.
import { newId, REEVE } from '#kernel'
import type { Clock } from '#kernel'
import { appendEntry } from '../append.ts'
import { formatNote } from '../checkpoint/note.ts'
import { repeat } from '../repeat.ts'
import { BATCH, sequenceOnce } from '../sequencer.ts'
import { cosign } from '../witness/cosign.ts'
import type { WitnessPeer } from '../witness/cosign.ts'
import { newestCheckpoint, rememberedBy, storeCosignature } from './checkpoints.ts'
import { Log } from './log.ts'
import type { LogParts } from './log.ts'

export interface LogKeeping extends LogParts {
  readonly clock: Clock
  readonly witnesses?: readonly WitnessPeer[]
  /** What kept a pass from being done; it is tried again. */
  readonly onFailure: (error: unknown) => void
  /** A witness says that this log is not the one that it knows. Also an entry, `log.witness_alarmed`, once each. */
  readonly onAlarm?: (witness: string, why: string) => void
  readonly everyMs?: number
}

export interface LogKeeper {
  /** Entries under the newest checkpoint that this process signed or saw. */
  readonly size: number
  stop(): Promise<void>
}

const EVERY_MS = 250

/** Throws LogDamaged where the stored entries are not those over which the last checkpoint was signed. */
export async function keepLog(keeping: LogKeeping): Promise<LogKeeper> {
  const { evidence, clock, onFailure, everyMs = EVERY_MS } = keeping
  const log = await Log.open(keeping)
  const growing = repeat(
    async () => {
      const { sequenced } = await sequenceOnce(evidence, clock())
      await log.integrate(clock())
      return sequenced === BATCH ? 'more' : 'done'
    },
    { everyMs, onFailure },
  )
  const alarmed = new Set<string>()
  const asking = (keeping.witnesses ?? []).map((peer) =>
    repeat(
      async () => {
        await ask(keeping, peer, alarmed)
        return 'done'
      },
      { everyMs: Math.max(everyMs, EVERY_MS), onFailure },
    ),
  )
  return {
    get size() {
      return log.size
    },
    stop: async () => {
      await Promise.all([growing, ...asking].map(async (loop) => loop.stop()))
    },
  }
}

/** Offers the newest checkpoint to one witness, where it has not cosigned it yet. */
async function ask(keeping: LogKeeping, peer: WitnessPeer, alarmed: Set<string>): Promise<void> {
  const { evidence, tiles, clock } = keeping
  const { name } = peer.verifier
  const [newest, remembered] = await evidence.transaction(
    async (tx) => [await newestCheckpoint(tx), await rememberedBy(tx, name)] as const,
    { readOnly: true },
  )
  if (newest === undefined || newest.size === 0 || newest.witnesses.includes(name)) return
  const said = await cosign(peer, newest.note, tiles.readingOnce(), remembered)
  if (said.outcome === 'cosigned') {
    await storeCosignature(evidence, newest.size, said.signature, clock())
    const now = await evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
    if (now !== undefined) await tiles.writeCheckpoint(formatNote(now.note))
    return
  }
  if (said.outcome !== 'alarm') throw new Error(`the witness ${name} did not cosign: ${said.why}`)
  keeping.onAlarm?.(name, said.why)
  if (alarmed.has(`${name} ${said.why}`)) return
  alarmed.add(`${name} ${said.why}`)
  await evidence.transaction(async (tx) => {
    await appendEntry(tx, {
      id: newId('entry'),
      layer: 'evidence',
      type: 'log.witness_alarmed',
      at: clock(),
      actor: REEVE,
      subjects: [],
      reason: said.why,
      content: { witness: name, size: newest.size },
    })
  })
}
