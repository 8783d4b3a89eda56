// One sync: what was read of one source becomes records of the roll and of the access layer. Every step can be repeated,
// so a sync that was killed is simply run again.
import type { Act, BlindSpot, Fact, ReadProblem } from '#kernel'
import type { AccessLayer } from '#access/records'
import type { ClassificationRules, OwnerOverride } from '#identity'
import { askManagers, whileSourceIsHeld } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { partsOf } from './parts.ts'
import { applyPeople } from './people.ts'
import type { SyncResult } from './result.ts'
import { SyncWork } from './sync-work.ts'
import type { Say } from './sync-work.ts'

/** What a read of the source gave. A `ReadResult` of `readTree` is one, with `partial` from its `stats`. */
export interface SyncRead {
  readonly facts: Iterable<Fact> | AsyncIterable<Fact>
  readonly problems: readonly ReadProblem[]
  readonly blindSpots: readonly BlindSpot[]
  /** Something that was to be read was not. */
  readonly partial: boolean
}

export interface SyncProgress {
  readonly step: 'reading' | 'people' | 'correlating' | 'principals' | 'credentials' | 'rights' | 'gone'
  readonly done: number
  readonly total?: number
}

export interface SyncOptions {
  readonly identity: IdentityLayer
  readonly access: AccessLayer
  /** A connection's id, or another that stays the same from run to run. */
  readonly source: { readonly id: string; readonly name: string }
  readonly read: SyncRead
  readonly act: Act
  /** Of the key that the read's fingerprints were made with; absent when it was made up for this read. */
  readonly keyId?: string
  /** What `reeve.yaml` states. */
  readonly classification?: ClassificationRules
  readonly owners?: readonly OwnerOverride[]
  /** Applies the leavers of a people feed although they are more than the bound. */
  readonly confirmLeavers?: boolean
  readonly onProgress?: (progress: SyncProgress) => void
  readonly signal?: AbortSignal
  /** Of a source with more facts than this, parts are worked out one after the other. */
  readonly partFacts?: number
  /** Records in one transaction. */
  readonly batch?: number
  /** Counts what would be done, and writes nothing. */
  readonly dryRun?: boolean
}

/** Throws Fault('conflict') where this source is being synced already. */
export async function sync(options: SyncOptions): Promise<SyncResult> {
  return await whileSourceIsHeld(options.identity, options.source.id, () => syncHeld(options))
}

async function syncHeld(options: SyncOptions): Promise<SyncResult> {
  // a sync is repeatable by its nature; the key of the request that asked for it is not that of each change
  const { idempotency: _request, ...act } = options.act
  const say = sayer(options)
  say('reading')
  const parts = await partsOf(options.read.facts, options.partFacts)
  try {
    say('people', 0, parts.facts)
    const { people, roll } = await applyPeople(options, act, parts.everywhere)
    const work = new SyncWork({ options, act, parts, roll, say })
    try {
      for (let part = 0; part < parts.count; part++) await work.observe(await parts.part(part))
      const result = await work.end(people)
      if (options.dryRun !== true) await askManagers(options.identity, act)
      return result
    } finally {
      await work.settle()
    }
  } finally {
    await parts.close()
  }
}

function sayer({ onProgress, signal }: SyncOptions): Say {
  return (step, done = 0, total) => {
    signal?.throwIfAborted()
    onProgress?.({ step, done, ...(total === undefined ? {} : { total }) })
  }
}
