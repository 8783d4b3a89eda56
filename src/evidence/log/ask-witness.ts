// Asks one witness again and again to cosign the newest checkpoint: at once while it does, ever more seldom while it does not.
import { newId, REEVE } from '#kernel'
import { sql } from '#db'
import { appendEntry } from '../append.ts'
import { formatNote } from '../checkpoint/note.ts'
import { repeat } from '../repeat.ts'
import type { Repeating } from '../repeat.ts'
import { cosign } from '../witness/cosign.ts'
import type { Cosigned, WitnessPeer } from '../witness/cosign.ts'
import type { MisbehaviourKind } from '../witness/misbehaviour.ts'
import { newestCheckpoint, rememberedBy, storeCosignature } from './checkpoints.ts'
import type { SignedCheckpoint } from './checkpoints.ts'
import type { LogKeeping } from './keep-log.ts'

/** How it stands with a witness; said when it changes. */
export interface WitnessState {
  readonly state: Cosigned['outcome']
  /** Of all but `cosigned`. */
  readonly why?: string
}

const BACK_OFF_MS = { least: 1000, most: 60_000 } as const
/** So often a log that does not grow is cosigned anew: the witness can tell it from one that fell silent. */
const SIGN_OF_LIFE_MS = 300_000

type Asked = Pick<LogKeeping, 'evidence' | 'tiles' | 'clock' | 'onWitness' | 'onFailure'>

export function askWitness(keeping: Asked, peer: WitnessPeer, everyMs: number): Repeating {
  const { name } = peer.verifier
  let state: Cosigned['outcome'] = 'cosigned'
  let cause: MisbehaviourKind | undefined
  let failures = 0
  let cosignedMs = -SIGN_OF_LIFE_MS
  let cosignedSize = -1
  return repeat(
    async () => {
      const said = await offerNewest(
        keeping,
        peer,
        performance.now() - cosignedMs < SIGN_OF_LIFE_MS ? cosignedSize : -1,
      )
      if (said === undefined) return 'done'
      const changed = said.outcome !== state || (said.outcome === 'alarm' && said.cause !== cause)
      if (changed) keeping.onWitness?.(name, { state: said.outcome, ...('why' in said ? { why: said.why } : {}) })
      state = said.outcome
      if (said.outcome === 'cosigned') {
        cosignedMs = performance.now()
        cosignedSize = said.size
        failures = 0
        cause = undefined
        return 'done'
      }
      if (said.outcome === 'alarm') {
        cause = said.cause
        if (changed) await writeAlarm(keeping, name, said)
      }
      failures += 1
      return { afterMs: backOffMs(failures) }
    },
    { everyMs, onFailure: keeping.onFailure },
  )
}

/** From a second to a minute, doubled each time, and anything from the half of it on: many logs do not ask at once. */
export function backOffMs(failures: number): number {
  const whole = Math.min(BACK_OFF_MS.most, BACK_OFF_MS.least * 2 ** Math.min(failures - 1, 10))
  return whole * (0.5 + Math.random() / 2)
}

/** `undefined`: the witness cosigned, lately, all that there is. */
async function offerNewest(
  { evidence, tiles, clock }: Asked,
  peer: WitnessPeer,
  cosignedLately: number,
): Promise<(Cosigned & { readonly size: number }) | undefined> {
  const { name } = peer.verifier
  const newestOf = async (atMost?: number): Promise<SignedCheckpoint | undefined> =>
    await evidence.transaction(async (tx) => await newestCheckpoint(tx, atMost === undefined ? {} : { atMost }), {
      readOnly: true,
    })
  // with proofs out of this folder, which another process of this log may be ahead of
  const newest = await newestOf(await tiles.reach())
  if (newest === undefined || newest.size === 0 || newest.size === cosignedLately) return undefined
  const remembered = await evidence.transaction(async (tx) => await rememberedBy(tx, name), { readOnly: true })
  const said = await cosign(peer, newest.note, tiles.readingOnce(), remembered)
  if (said.outcome === 'cosigned') {
    await storeCosignature(evidence, newest.size, said.signature, clock())
    const now = await newestOf(await tiles.reach())
    if (now !== undefined) await tiles.writeCheckpoint(formatNote(now.note))
  }
  // another process of this log was faster: the witness remembers what this log has
  if (said.outcome === 'alarm' && said.itsSize !== undefined && ((await newestOf())?.size ?? 0) >= said.itsSize)
    return undefined
  return { ...said, size: newest.size }
}

/**
 * INVARIANT: one entry for a cause, however often the witness says it and however large a log it says that it knows: else the
 * log would grow by its own alarms until it has passed what the witness remembers.
 */
async function writeAlarm(
  { evidence, clock }: Asked,
  witness: string,
  { cause, why }: { readonly cause: MisbehaviourKind; readonly why: string },
): Promise<void> {
  await evidence.transaction(async (tx) => {
    const newest = await newestCheckpoint(tx)
    const [written] = await tx.query(sql`
      select from evidence.entry
      where type = 'log.witness_alarmed' and content ->> 'witness' = ${witness} and content ->> 'cause' = ${cause}
        and at > coalesce((select max(received_at) from evidence.cosignature where witness = ${witness}), '-infinity')
      limit 1`)
    if (written !== undefined) return
    await appendEntry(tx, {
      id: newId('entry'),
      layer: 'evidence',
      type: 'log.witness_alarmed',
      at: clock(),
      actor: REEVE,
      subjects: [],
      reason: why,
      content: { witness, cause, size: newest?.size ?? 0 },
    })
  })
}
