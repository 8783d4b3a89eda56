// What controls read of effect: plans with what became of them and who was told, targets with their last examination, and the switch.
import type { Database } from '#db'
import { everyCurrent } from '#db/history'
import { everyPlan, everyTarget, RESTRAINT } from '#effect'
import type { PlanStanding } from '#effect'
import { entriesAbout } from '#evidence'
import type { Row, Rows } from '#governance'

const BATCH = 500
/** What is told of a plan that ended without proof. */
const OF_UNPROVEN: ReadonlySet<unknown> = new Set(['unproven', 'needs_credential'])

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
  const unproven = plans.flatMap(({ id, unprovenSince }) => (unprovenSince === null ? [] : [id]))
  const taken = await entriesAbout(database.layer('evidence'), unproven, ['alarm.taken'])
  const told = new Set(taken.flatMap(({ about, content }) => (OF_UNPROVEN.has(content?.['event']) ? [about] : [])))
  return plans.map(({ id, version, data, outcome, unprovenSince, followed }) => {
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
        approval: { behind: approval.behind ?? [], ...(approval.by !== undefined && { by: approval.by }) },
        acted: steps.some(({ asksOnly, startedAt }) => asksOnly !== true && startedAt !== undefined),
        ...(outcome !== null && { outcome }),
        ...(unprovenSince !== null && { unprovenSince }),
        told: told.has(id),
      },
    }
  })
}

export async function* targetRows(database: Database): AsyncGenerator<Row<Rows['targets']>> {
  for await (const { id, version, data } of everyTarget(database.layer('effect'))) {
    const { name, system, administrator } = data.settings
    const [last] = await entriesAbout(database.layer('evidence'), [id], ['target.examined'])
    const counts = last?.content ?? undefined
    const examined =
      last === undefined || counts === undefined
        ? undefined
        : { at: last.at, missing: Number(counts['missing']), tooMuch: Number(counts['tooMuch']) }
    const said = { name, system, administrator: administrator.user }
    yield { id, version, data: { ...said, ...(examined !== undefined && { examined }) } }
  }
}

export async function* restraintRows(database: Database): AsyncGenerator<Row<Rows['restraints']>> {
  const ids = (await Array.fromAsync(everyCurrent(database.layer('effect'), RESTRAINT))).map(({ id }) => id)
  const types = ['restraint.set', 'restraint.lifted']
  for (const { id, type, at, reason, pruned } of await entriesAbout(database.layer('evidence'), ids, types)) {
    const said = { at, observeOnly: type === 'restraint.set', pruned }
    yield { id, data: { ...said, ...(reason !== null && { reason }) } }
  }
}
