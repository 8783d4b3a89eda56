// Steps of many grants, written together: what was taken while one transaction was under way is in the next one. Five hundred
// grants that end together are a few transactions, and a few lines in the outbox.
import { setImmediate as turn } from 'node:timers/promises'
import { Fault, REEVE } from '#kernel'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { RecordChange } from '#evidence/port'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { changeOf } from './record-step.ts'
import type { StepTaken } from './record-step.ts'

/** The target is told of the first while the others are written. */
const BATCH_MAX = 100

interface Taken {
  readonly seen: CurrentGrant
  readonly step: StepTaken
}

interface Waiting extends Taken {
  readonly resolve: (made: CurrentGrant | undefined) => void
  readonly reject: (why: unknown) => void
}

export class StepWriter {
  readonly #access: AccessLayer
  #waiting: Waiting[] = []
  #writing = false

  constructor(access: AccessLayer) {
    this.#access = access
  }

  /**
   * Resolves when a version and its entry are committed; with `undefined` where somebody else has moved the grant meanwhile:
   * what it is now counts. One step of a grant at a time.
   */
  async write(seen: CurrentGrant, step: StepTaken): Promise<CurrentGrant | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<CurrentGrant | undefined>()
    this.#waiting.push({ seen, step, resolve, reject })
    if (!this.#writing) void this.#writeAll()
    return await promise
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    // what others take in this turn goes along
    await turn()
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, BATCH_MAX))
    this.#writing = false
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const made = await writeSteps(this.#access, batch)
      for (const { seen, resolve } of batch) resolve(made.get(seen.id))
    } catch (error) {
      // one that PostgreSQL refuses is no reason not to end the others
      if (batch.length > 1 && !(error instanceof Fault)) for (const one of batch) await this.#writeBatch([one])
      else for (const { reject } of batch) reject(error)
    }
  }
}

/** By id; without those that were moved meanwhile. */
async function writeSteps(access: AccessLayer, batch: readonly Taken[]): Promise<ReadonlyMap<string, CurrentGrant>> {
  const act = { actor: { id: REEVE }, at: access.clock() }
  return await access.db.transaction(async (tx) => {
    const ids = batch.map(({ seen }) => seen.id)
    const locked = await readCurrent<GrantRecord>(tx, GRANT, ids, { lock: true })
    const changes = batch.flatMap(({ seen, step }): RecordChange<GrantRecord>[] => {
      const current = locked.get(seen.id)
      return current?.version === seen.version ? [changeOf(current, step, act.at)] : []
    })
    const made = await changeWithEntries<GrantRecord>(tx, GRANT, act, changes)
    return new Map(made.map((current) => [current.id, current]))
  })
}
