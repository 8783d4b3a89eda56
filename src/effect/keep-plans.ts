// One pass over the plans that are due. Each is carried by whoever holds its lock: two servers never act for one plan at once.
import { msAfter } from '#kernel'
import type { Instant } from '#kernel'
import { fencedBy, sql } from '#db'
import type { HeldLock } from '#db'
import { CURRENT } from '#db/history'
import { carryPlan } from './carry-plan.ts'
import type { EffectLayer } from './layer.ts'
import type { CurrentPlan } from './records.ts'
import { readRestraint } from './restraint.ts'

const BATCH = 100
const AT_ONCE = 8
/** There is always a place for what holds an account. */
const EMERGENCIES_AT_ONCE = 24
/** A plan is left so long to the server that was offered its credential: no other can prove it. */
const OFFERED_ELSEWHERE_MS = 3000
/** What goes on for a time is looked at again within it: what says later was written by a clock that was ahead. */
const LATER_MAX_MS = 10 * 60_000

export interface Keeping {
  readonly layer: EffectLayer
  readonly signal: AbortSignal
  /** The lock of that name, or nothing where somebody else has it. */
  readonly lock: (name: string) => Promise<HeldLock | undefined>
  readonly onFailure: (plan: string, error: unknown) => void
}

/** Those that are carried here. One that hangs keeps no other waiting. */
export class PlanKeeper {
  readonly #work: Keeping
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(work: Keeping) {
    this.#work = work
  }

  /** Takes up what is due, and does not wait for its end. */
  async pass(): Promise<'done'> {
    for (const { id, emergency } of await duePlans(this.#work.layer)) {
      const most = emergency ? EMERGENCIES_AT_ONCE : AT_ONCE
      if (this.#underWay.has(id) || this.#underWay.size >= most || this.#work.signal.aborted) continue
      const carried = carryOne(this.#work, id)
        .catch((error: unknown) => this.#work.onFailure(id, error))
        .finally(() => this.#underWay.delete(id))
      this.#underWay.set(id, carried)
    }
    return 'done'
  }

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values())
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
    if (plan === undefined) return
    const fenced = { ...layer, db: fencedBy(held, layer.db) }
    await carryPlan({ layer: fenced, signal: AbortSignal.any([signal, held.lost]), mayStillAct: held.assertHeld }, plan)
  } finally {
    await held.release()
  }
}

interface Due {
  readonly id: string
  readonly emergency: boolean
  readonly offeredAt: Instant | null
}

/**
 * What acts is due from when it is written: no clock is asked, which may have been set back since. Only what goes on for a time
 * waits for one.
 */
async function duePlans({ db, clock, offered }: EffectLayer): Promise<Due[]> {
  const now = clock()
  const due = await db.transaction(
    async (tx) => {
      if ((await readRestraint(tx)).observeOnly) return []
      return await tx.query<Due>(
        sql`select id, data ->> 'operation' in ('contain', 'deny') as emergency, case when state = 'running' then data ->> 'offeredAt' end as "offeredAt"
          from effect.plan
          where next_at is not null
            and (data ->> 'operation' <> 'observe' or next_at <= ${now} or next_at > ${msAfter(now, LATER_MAX_MS)})
          order by data ->> 'operation' in ('contain', 'deny') desc, next_at, id limit ${BATCH}`,
      )
    },
    { readOnly: true },
  )
  const isLeft = (offeredAt: Instant): boolean =>
    Math.abs(Date.parse(now) - Date.parse(offeredAt)) < OFFERED_ELSEWHERE_MS
  return due.filter(({ id, offeredAt }) => offeredAt === null || !isLeft(offeredAt) || offered.of(id) !== undefined)
}
