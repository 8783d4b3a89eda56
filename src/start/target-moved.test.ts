import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveId, systemClock } from '#kernel'
import type { Act, Instant } from '#kernel'
import { DecisionState, grantsHeldBy } from '#access/decisions'
import { sql } from '#db'
import type { TargetAdapter, TargetCall } from '#connectors/target'
import { changeTarget, getTarget, removeTarget } from '#effect'
import type { EffectLayer } from '#effect'
import { facts, policies, principalId } from '../access/decide/state-in-test.ts'
import { keepGrants } from '../access/fulfil/keeper-in-test.ts'
import { grantInTest } from '../access/grant/grant-in-test.ts'
import type { AccessLayer } from '../access/observe/records.ts'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { actBy, layerInTest, targetNamed } from '../effect/effect-in-test.ts'
import { TargetInTest } from '../effect/target-in-test.ts'
import { fulfillerName, targetGrants } from './target-grants.ts'

describe('a target that is moved while a grant begins there', { skip: databaseUnavailable(), timeout: 60_000 }, () => {
  let base: TestDatabase
  let effect: EffectLayer
  let access: AccessLayer
  let state: DecisionState
  let name: string
  let targetId: string
  let made = 0
  /** What was done at which port, in order. */
  let done: string[]
  let asked: () => Promise<unknown> = async () => undefined
  let giving: () => Promise<unknown> = async () => undefined
  /** How long has passed beside what really did. */
  let ahead = 0
  const now = (): number => Date.now() + ahead

  const at =
    (what: string) =>
    async ({ settings }: TargetCall) => {
      done.push(`${what} ${settings.address.port}`)
      if (what === 'give') await giving()
      return { done: true, answer: what } as const
    }
  const timed: NonNullable<TargetAdapter['timed']> = {
    reaches: (settings, { resources }) => resources.some((one) => one.startsWith(`pg://${settings.name}/`)),
    give: at('give'),
    take: at('take'),
    see: async (call) => {
      await at('see')(call)
      return { effect: 'verified', answer: 'refused (28P01)' }
    },
    login: async () => assert.fail(),
    reap: async () => ({ gone: [], left: [] }),
  }

  before(async () => {
    base = await testDatabase()
    state = new DecisionState()
    state.putPrincipal(facts('app'))
    state.putPolicies(await policies(state, 'forbid(principal, action, resource) when { context.request has never };'))
  })
  after(async () => await base?.close())
  beforeEach(async () => {
    done = []
    ahead = 0
    giving = asked = async () => undefined
    const carried = targetGrants()
    access = { db: base.database.layer('access'), clock: () => new Date(now()).toISOString() as Instant, ...carried }
    effect = layerInTest(
      base,
      { ...new TargetInTest().adapter, timed },
      {
        grantsAt: async (target) => {
          const held = await grantsHeldBy(access, fulfillerName(target))
          await asked()
          return held
        },
      },
    )
    carried.of(effect)
    name = `main${++made}`
    targetId = await targetNamed(effect, name)
    await carried.lookForTargets()
  })

  const pass = async (): Promise<void> => {
    state.knownAt = now()
    await keepGrants({ access, state: () => state, signal: new AbortController().signal })
  }
  const granted = async (ms = 600_000): Promise<string> => {
    const act: Act = { actor: { id: deriveId('person', 'ada') }, at: systemClock() }
    const until = new Date(Date.now() + ms).toISOString() as Instant
    const right = { actions: ['pg:SELECT'], resources: [`pg://${name}/shop/public.orders`], until }
    return (await grantInTest(access, act, { principalId: principalId('app'), kind: 'just_in_time', ...right })).id
  }
  const isState = async (id: string, wanted: string): Promise<void> => {
    const query = sql`select state from access.access_grant where id = ${id}`
    for (const end = Date.now() + 10_000; ; await sleep(20)) {
      const [row] = await access.db.transaction((tx) => tx.query<{ state: string }>(query))
      if (row?.state === wanted) return
      assert.ok(Date.now() < end, `${id} is ${row?.state}, not ${wanted}`)
    }
  }
  const moved = async (port: number): Promise<unknown> => {
    const { settings } = (await getTarget(effect, targetId)).data
    const there = { ...settings, address: { host: '127.0.0.1', port } }
    return await changeTarget(effect, actBy(), { id: targetId, settings: there })
  }

  test('it was asked for grants before: what begins meanwhile waits, and begins at the new place', async () => {
    const id = await granted()
    let passing: Promise<void> = Promise.resolve()
    asked = async () => {
      passing = pass()
      await isState(id, 'provisioning')
      await sleep(300)
      assert.deepEqual(done, [], 'nothing begins while it is moved')
    }
    await moved(6543)
    await passing
    await isState(id, 'active')
    assert.deepEqual(done, ['give 6543'])
    asked = async () => undefined
    await assert.rejects(moved(6544), { code: 'conflict' })
  })

  test('a grant whose login is being made is in the way, by name', async () => {
    const id = await granted()
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    giving = async () => {
      begun.resolve()
      await goOn.promise
    }
    const passing = pass()
    await begun.promise
    await assert.rejects(moved(6543), new RegExp(id))
    goOn.resolve()
    await passing
    await isState(id, 'active')
    assert.deepEqual(done, ['give 5432'])
  })

  test('what began at the new place ends there, though whoever carries it had looked at the targets before', async () => {
    const list = [...(access.fulfillers ?? [])]
    await moved(6543)
    const id = await granted(60_000)
    const stale = { ...access, fulfillers: list, lookForTargets: async () => undefined }
    giving = async () => void (ahead = 120_000)
    for (const _ of [1, 2]) {
      state.knownAt = now()
      await keepGrants({ access: stale, state: () => state, signal: new AbortController().signal })
    }
    await isState(id, 'ended')
    assert.deepEqual(done, ['give 6543', 'take 6543', 'see 6543'])
  })

  test('nothing begins at a target that was removed since it was granted', async () => {
    const id = await granted()
    await removeTarget(effect, actBy(), { id: targetId })
    await pass()
    await pass()
    await isState(id, 'ended')
    assert.deepEqual(done, ['take 5432', 'see 5432'])
  })
})
