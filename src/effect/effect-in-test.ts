// An effect layer over a database of its own, for tests of plans.
import { deriveId, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { holdLock, sql } from '#db'
import type { TargetAdapter } from '#connectors/target'
import type { TestDatabase } from '../db/database-in-test.ts'
import { PlanKeeper } from './keep-plans.ts'
import type { EffectLayer } from './layer.ts'
import { makePlan } from './make-plan.ts'
import type { PlanAsked } from './make-plan.ts'
import { OfferedCredentials } from './offered.ts'
import type { CurrentPlan } from './records.ts'
import { addTarget } from './targets.ts'

export const actBy = (who = 'ada', reason = 'it leaked'): Act => ({
  actor: { id: deriveId('person', who) },
  at: new Date().toISOString() as Instant,
  reason,
})

/** Each is a server of its own on one database: what one holds in memory the other does not have. */
export const layerInTest = (
  base: TestDatabase,
  adapter: TargetAdapter,
  more: Partial<EffectLayer> = {},
): EffectLayer => ({
  db: base.database.layer('effect'),
  clock: () => new Date().toISOString() as Instant,
  adapters: [adapter],
  secretOf: async () => 'of the administrator',
  offered: new OfferedCredentials(),
  marksOf: (secret) => [`fk_test:${Buffer.from(secret).toString('hex').slice(0, 8)}`],
  host: 'host-in-test',
  ...more,
})

export const keeperInTest = (
  base: TestDatabase,
  layer: EffectLayer,
  signal = new AbortController().signal,
): PlanKeeper =>
  new PlanKeeper({
    layer,
    signal,
    lock: async (name) => await holdLock(base.connectionFor('effect'), name),
    onFailure: (_, error) => {
      throw error
    },
  })

export const passOver = async (base: TestDatabase, layer: EffectLayer, signal?: AbortSignal): Promise<void> => {
  const keeper = keeperInTest(base, layer, signal)
  await keeper.pass()
  await keeper.settled()
}

export const targetNamed = async (layer: EffectLayer, name: string): Promise<string> => {
  const password = 'env:PASSWORD_IN_TEST'
  const address = { host: '127.0.0.1', port: 5432 }
  const rest = { database: 'postgres', administrator: { user: 'reeve', password }, tls: 'off', entrances: [] } as const
  return (await addTarget(layer, actBy(), { system: 'postgresql', name, address, ...rest })).id
}

export const planFor = async (layer: EffectLayer, asked: Partial<PlanAsked> = {}): Promise<CurrentPlan> =>
  await makePlan(layer, actBy(), {
    target: 'main',
    operation: 'contain',
    account: 'app',
    purpose: { kind: 'emergency' },
    about: [newId('principal')],
    behind: [deriveId('person', 'ada')],
    needsApproval: false,
    credential: { secret: 'open sesame' },
    ...asked,
  })

export async function entriesOf(base: TestDatabase, id: string): Promise<string[]> {
  const found = await base.database
    .layer('evidence')
    .transaction((tx) =>
      tx.query<{ type: string }>(sql`select type from evidence.entry where ${id} = any(subjects) order by ordinal`),
    )
  return found.map(({ type }) => type)
}
