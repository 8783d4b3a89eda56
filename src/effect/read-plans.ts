// Plans and receipts as they are listed and shown.
import { Fault } from '#kernel'
import { sql } from '#db'
import { CURRENT } from '#db/history'
import type { EffectLayer } from './layer.ts'
import type { CurrentPlan, CurrentReceipt, PlanState } from './records.ts'

export interface PlanFilter {
  readonly state?: PlanState
  readonly targetId?: string
  readonly limit: number
  /** The id of the last one of the page before. */
  readonly after?: string
}

/** The newest first. */
export async function listPlans({ db }: EffectLayer, filter: PlanFilter): Promise<CurrentPlan[]> {
  const { state, targetId, limit, after } = filter
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentPlan>(sql`
        select ${CURRENT} from effect.plan p
        where true
          ${state === undefined ? sql`` : sql`and state = ${state}`}
          ${targetId === undefined ? sql`` : sql`and target_id = ${targetId}`}
          ${after === undefined ? sql`` : sql`and (made_at, id) < (select a.made_at, a.id from effect.plan a where a.id = ${after})`}
        order by made_at desc, id desc limit ${limit}`),
    { readOnly: true },
  )
}

export async function getPlan({ db }: EffectLayer, id: string): Promise<CurrentPlan> {
  const [found] = await db.transaction(
    async (tx) => await tx.query<CurrentPlan>(sql`select ${CURRENT} from effect.plan where id = ${id}`),
    { readOnly: true },
  )
  if (found === undefined)
    throw new Fault('not_found', 'there is no such plan: `reeve plan list` shows those there are')
  return found
}

/** By its own id or by that of its plan: then the newest. */
export async function getReceipt({ db }: EffectLayer, id: string): Promise<CurrentReceipt> {
  const [found] = await db.transaction(
    async (tx) =>
      await tx.query<CurrentReceipt>(sql`
        select ${CURRENT} from effect.receipt where id = ${id} or plan_id = ${id} order by recorded_at desc, id limit 1`),
    { readOnly: true },
  )
  if (found === undefined) throw new Fault('not_found', 'there is no such receipt; a plan has one when it has ended')
  return found
}
