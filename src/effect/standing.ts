// How plans and targets stand, for whoever judges them: each plan with what became of it, each target with what is said of it.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { CURRENT, everyCurrent } from '#db/history'
import { TARGET } from './records.ts'
import type { CurrentPlan, CurrentTarget, Outcome, TargetRecord } from './records.ts'

const BATCH = 500

export interface PlanStanding extends CurrentPlan {
  /** What the receipt says that the plan names. */
  readonly outcome: Outcome | null
  /** Each time that it ended without proof, the first before the others. */
  readonly unproven: readonly { readonly receiptId: string; readonly at: Instant }[]
  /** A plan that was made later has done the same or more at this account, with proof. */
  readonly followed: boolean
  /** Each reason of the receipt that it names was accepted there, in the same words. */
  readonly accepted: boolean | null
}

/** Every plan, in the order of ids. */
export async function* everyPlan(db: LayerDatabase): AsyncGenerator<PlanStanding> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) =>
        await tx.query<PlanStanding>(sql`
          select p.*, r.data ->> 'outcome' as outcome,
            (select coalesce(jsonb_agg(jsonb_build_object('receiptId', u.id,
                'at', to_char(u.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by u.recorded_at), '[]')
              from effect.receipt u where u.plan_id = p.id and u.data ->> 'outcome' = 'unproven') as unproven,
            r.data ? 'acceptedWays' and not exists (
              select from jsonb_array_elements(r.data -> 'reasons') e
              where not exists (select from jsonb_array_elements(r.data #> '{acceptedWays,ways}') w
                where (w ->> 'step', w ->> 'reason') = (e ->> 'step', e ->> 'reason'))) as accepted,
            exists (select from effect.plan q
              where q.target_id = p."targetId" and q.account = p.account and q.state = 'verified'
                and q.made_at > p.data ->> 'madeAt'
                and (q.data ->> 'operation' in (p.data ->> 'operation', 'revoke')
                  or p.data ->> 'operation' = 'deny' and q.data ->> 'operation' = 'contain')) as followed
          from (select ${CURRENT}, target_id as "targetId", account from effect.plan
                where id > ${after} order by id limit ${BATCH}) p
          left join effect.receipt r on r.id = p.data ->> 'receiptId' and r.plan_id = p.id
          order by p.id`),
      { readOnly: true },
    )
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}

/** Every target that plans may act on. */
export async function* everyTarget(db: LayerDatabase): AsyncGenerator<CurrentTarget> {
  for await (const target of everyCurrent<TargetRecord>(db, TARGET)) if (target.data.state === 'enabled') yield target
}
