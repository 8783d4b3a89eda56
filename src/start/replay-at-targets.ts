// After a restore nothing at a target goes on by itself: what was under way is of the past, and the target is not.
import type { Act } from '#kernel'
import { sql } from '#db'
import type { AsLayer, Tx } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { endIn } from '../access/grant/end-grant.ts'
import { DENIAL, GRANT } from '../access/grant/records.ts'
import type { DenialRecord, GrantRecord } from '../access/grant/records.ts'
import { TARGET } from '../effect/records.ts'
import type { CurrentPlan, TargetRecord } from '../effect/records.ts'
import { restrain } from '../effect/restraint.ts'
import { movePlan, without } from '../effect/write-plan.ts'
import type { NewerEvidence } from './newer-evidence.ts'

export interface ReplayedAtTargets {
  readonly plansPaused: number
  readonly plansCancelled: number
  readonly targetsRemoved: number
  readonly grantsEnded: number
  readonly denials: number
}

/** Every act at targets stays stopped until a person lifts that. */
export async function replayAtTargets(as: AsLayer, evidence: NewerEvidence, act: Act): Promise<ReplayedAtTargets> {
  const effect = as('effect')
  const access = as('access')
  await restrain(effect, act, { observeOnly: true })
  return {
    ...(await stopPlans(effect, evidence, act)),
    targetsRemoved: await removeTargets(effect, evidence, act),
    grantsEnded: await endGrants(access, evidence, act),
    denials: await denyAgain(access, evidence, act),
  }
}

/** What waits for an approval is planned again: nobody knows what it would meet now. */
async function stopPlans(
  tx: Tx,
  { cancelledPlans }: NewerEvidence,
  act: Act,
): Promise<Pick<ReplayedAtTargets, 'plansPaused' | 'plansCancelled'>> {
  const cancelled = [...cancelledPlans]
  const open = await tx.query<CurrentPlan>(sql`
    select ${CURRENT} from effect.plan
    where state in ('proposed', 'running', 'undoing') or state = 'paused' and id = any(${cancelled}) order by id for update`)
  let plansCancelled = 0
  for (const plan of open) {
    const { state } = plan.data
    const ends = state === 'proposed' || (state !== 'undoing' && cancelledPlans.has(plan.id))
    if (ends) plansCancelled++
    await movePlan(tx, act, plan, { type: ends ? 'plan.cancelled' : 'plan.paused' }, (data) => ({
      ...without(data),
      state: ends ? 'cancelled' : 'paused',
    }))
  }
  return { plansCancelled, plansPaused: open.length - plansCancelled }
}

async function removeTargets(tx: Tx, { removedTargets }: NewerEvidence, act: Act): Promise<number> {
  const found = await readCurrent<TargetRecord>(tx, TARGET, [...removedTargets], { lock: true })
  const there = [...found.values()].filter(({ data }) => data.state === 'enabled')
  const patch = (data: TargetRecord): TargetRecord => ({ ...data, state: 'removed' })
  const words = { type: 'target.removed' }
  await changeWithEntries<TargetRecord>(
    tx,
    TARGET,
    act,
    there.map((current) => ({ current, patch, words })),
  )
  return there.length
}

/** What has begun at its target is ended there once more, and seen to be. */
async function endGrants(tx: Tx, { endedGrants }: NewerEvidence, act: Act): Promise<number> {
  const live = await tx.query<{ id: string }>(sql`
    select id from access.access_grant
    where id = any(${[...endedGrants]}) and state in ('approved', 'provisioning', 'active') order by id`)
  const found = await readCurrent<GrantRecord>(
    tx,
    GRANT,
    live.map(({ id }) => id),
    { lock: true },
  )
  for (const current of found.values()) await endIn(tx, act, current, 'it had ended before the restore')
  return found.size
}

/** What is denied in the backup and was lifted since stays denied: a person lifts it again. */
async function denyAgain(tx: Tx, { denials }: NewerEvidence, act: Act): Promise<number> {
  const subjects = [...denials.values()].map(({ subjectId }) => subjectId)
  const denied = await tx.query<{ subjectId: string }>(sql`
    select subject_id as "subjectId" from access.denial where lifted_at is null and subject_id = any(${subjects})`)
  const known = new Set(denied.map(({ subjectId }) => subjectId))
  const missing = [...denials].filter(([, { subjectId }]) => !known.has(subjectId))
  const lifted = await readCurrent<DenialRecord>(
    tx,
    DENIAL,
    missing.map(([id]) => id),
  )
  const made = missing.filter(([id]) => !lifted.has(id))
  await createWithEntries<DenialRecord>(
    tx,
    DENIAL,
    act,
    made.map(([id, data]) => ({
      id,
      data,
      words: { type: 'subject.denied', about: [data.subjectId], reason: data.reason },
    })),
  )
  return made.length
}
