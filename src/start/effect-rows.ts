// What controls read of effect: plans with what became of them and who was told, targets with their last examination, and the switch.
import type { Database } from '#db'
import { everyCurrent } from '#db/history'
import { everyPlan, everyTarget, RESTRAINT } from '#effect'
import type { PlanStanding } from '#effect'
import { entriesAbout } from '#evidence'
import type { Row, Rows } from '#governance'
import type { Instant } from '#kernel'

const BATCH = 500
/** What is told of a plan that ended without proof. */
const OF_UNPROVEN: ReadonlySet<unknown> = new Set(['unproven', 'needs_credential'])

interface Told {
  readonly at: Instant
  readonly receipt: unknown
}

export async function* planRows(database: Database): AsyncGenerator<Row<Rows['plans']>> {
  let batch: PlanStanding[] = []
  for await (const plan of everyPlan(database.layer('effect'))) {
    batch.push(plan)
    if (batch.length < BATCH) continue
    yield* await withTold(database, batch)
    batch = []
  }
  yield* await withTold(database, batch)
}

async function withTold(database: Database, plans: readonly PlanStanding[]): Promise<Row<Rows['plans']>[]> {
  const ids = plans.flatMap(({ id, unproven }) => (unproven.length === 0 ? [] : [id]))
  const told = new Map<string, Told[]>()
  for await (const { about, at, content } of entriesAbout(database.layer('evidence'), ids, ['alarm.taken']))
    if (OF_UNPROVEN.has(content?.['event']))
      told.set(about, [{ at, receipt: content?.['receipt'] }, ...(told.get(about) ?? [])])
  return plans.map(({ id, version, data, outcome, unproven, followed, accepted }) => {
    const { operation, targetName, account, about, madeAt, plannedBy, plannedBehind, approval, state, steps } = data
    return {
      id,
      version,
      data: {
        operation,
        targetName,
        account,
        about,
        madeAt,
        plannedBy,
        plannedBehind,
        state,
        followed,
        accepted: accepted === true,
        approval: { behind: approval.behind ?? [], ...(approval.by !== undefined && { by: approval.by }) },
        acted: steps.some(({ asksOnly, startedAt }) => asksOnly !== true && startedAt !== undefined),
        ...(outcome !== null && { outcome }),
        unproven: unproven.map(({ receiptId, at }) => {
          // one from before alarms named their receipt counts for whatever ended until then
          const toldAt = told
            .get(id)
            ?.find(({ at: taken, receipt }) => (receipt ?? receiptId) === receiptId && taken >= at)?.at
          return { at, ...(toldAt !== undefined && { toldAt }) }
        }),
      },
    }
  })
}

export async function* targetRows(database: Database): AsyncGenerator<Row<Rows['targets']>> {
  for await (const { id, version, recordedAt, data } of everyTarget(database.layer('effect'))) {
    const { name, system, administrator } = data.settings
    const examined = await lastExamined(database, { id, version })
    const said = { name, system, administrator: administrator.user, changedAt: recordedAt }
    yield { id, version, data: { ...said, ...(examined !== undefined && { examined }) } }
  }
}

/** `ofThis`: of the target as it is now. Entries from before they said so are judged by their time. */
async function lastExamined(
  database: Database,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<Rows['targets']['examined']> {
  for await (const { at, content } of entriesAbout(database.layer('evidence'), [id], ['target.examined'])) {
    if (content === null) return undefined
    const count = (name: string): number => Number(content[name])
    const counts = { missing: count('missing'), tooMuch: count('tooMuch'), unknown: count('unknown') }
    const { version: seen } = content
    return { at, ...counts, ...(typeof seen === 'number' && { ofThis: seen === version }) }
  }
  return undefined
}

export async function* restraintRows(database: Database): AsyncGenerator<Row<Rows['restraints']>> {
  const ids = (await Array.fromAsync(everyCurrent(database.layer('effect'), RESTRAINT))).map(({ id }) => id)
  const types = ['restraint.set', 'restraint.lifted']
  for await (const { id, type, at, reason, pruned } of entriesAbout(database.layer('evidence'), ids, types)) {
    const said = { at, observeOnly: type === 'restraint.set', pruned }
    yield { id, data: { ...said, ...(reason !== null && { reason }) } }
  }
}
