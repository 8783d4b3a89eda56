// One pass over the plans that are due. Each is carried by whoever holds its lock: two servers never act for one plan at once.
import { sql } from '#db'
import type { HeldLock } from '#db'
import { CURRENT } from '#db/history'
import { carryPlan } from './carry-plan.ts'
import type { EffectLayer } from './layer.ts'
import type { CurrentPlan } from './records.ts'
import { readRestraint } from './restraint.ts'

const BATCH = 100
const AT_ONCE = 8

export interface Keeping {
  readonly layer: EffectLayer
  readonly signal: AbortSignal
  /** The lock of that name, or nothing where somebody else has it. */
  readonly lock: (name: string) => Promise<HeldLock | undefined>
  readonly onFailure: (plan: string, error: unknown) => void
}

export async function keepPlans(work: Keeping): Promise<'more' | 'done'> {
  const due = await duePlans(work.layer)
  const queue = due[Symbol.iterator]()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => await carryEach(work, queue)))
  return due.length === BATCH ? 'more' : 'done'
}

async function carryEach(work: Keeping, queue: Iterator<{ id: string }>): Promise<void> {
  for (let next = queue.next(); next.done !== true && !work.signal.aborted; next = queue.next()) {
    const { id } = next.value
    try {
      await carryOne(work, id)
    } catch (error) {
      work.onFailure(id, error)
    }
  }
}

async function carryOne({ layer, signal, lock }: Keeping, id: string): Promise<void> {
  const held = await lock(`reeve plan ${id}`)
  if (held === undefined) return
  try {
    // as it is under the lock: another server may have ended it since it was found due
    const [plan] = await layer.db.transaction(
      async (tx) =>
        await tx.query<CurrentPlan>(sql`select ${CURRENT} from effect.plan where id = ${id} and next_at is not null`),
      { readOnly: true },
    )
    if (plan !== undefined) await carryPlan({ layer, signal: AbortSignal.any([signal, held.lost]) }, plan)
  } finally {
    await held.release()
  }
}

async function duePlans({ db, clock }: EffectLayer): Promise<{ id: string }[]> {
  return await db.transaction(
    async (tx) => {
      if ((await readRestraint(tx)).observeOnly) return []
      return await tx.query<{ id: string }>(
        sql`select id from effect.plan where next_at <= ${clock()} order by next_at, id limit ${BATCH}`,
      )
    },
    { readOnly: true },
  )
}
