import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { deriveId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { DecisionState } from '#access/decisions'
import type { Administration } from '#access/records'
import { listAlarms, sendAlarms } from '#effect'
import type { AlarmToSend } from '#effect'
import { facts, policies, principalId } from '../access/decide/state-in-test.ts'
import { fulfillerInTest, targetInTest } from '../access/fulfil/target-in-test.ts'
import type { TargetInTest as GrantTarget } from '../access/fulfil/target-in-test.ts'
import { grantInTest } from '../access/grant/grant-in-test.ts'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { layerInTest } from '../effect/effect-in-test.ts'
import { TargetInTest } from '../effect/target-in-test.ts'
import { startGrants } from './grants.ts'
import { tellUnproven } from './tell-unproven.ts'

const WINDOW_MS = 600_000
const RECEIVERS = ['webhook:example.com:1', 'mail:oncall@example.com'] as const

describe('a grant that its target keeps', { skip: databaseUnavailable(), timeout: 90_000 }, () => {
  let base: TestDatabase
  let target: GrantTarget
  before(async () => {
    base = await testDatabase()
    target = await targetInTest()
  })
  after(async () => {
    await target?.stop()
    await base?.close()
  })

  test('is told by webhook and by mail, with reason and next step, once, whoever keeps grants and however often', async () => {
    let ahead = 0
    const clock = (): Instant => new Date(Date.now() + ahead).toISOString() as Instant
    const access: Administration = {
      db: base.database.layer('access'),
      clock,
      tokenKeys: () => [],
      settings: { bothAdministrations: false, tokenDaysMax: 1 },
      fulfillers: [fulfillerInTest(target.url)],
    }
    const effect = layerInTest(base, new TargetInTest().adapter, { clock, receivers: RECEIVERS })
    const state = new DecisionState()
    state.putPrincipal(facts('app'))
    state.putPolicies(await policies(state, 'forbid(principal, action, resource) when { context.request has never };'))
    const act: Act = { actor: { id: deriveId('person', 'ada') }, at: clock() }
    const until = new Date(Date.now() + WINDOW_MS).toISOString() as Instant
    const right = { principalId: principalId('app'), actions: ['pg:SELECT'], resources: ['pg://main/*'], until }
    const { id } = await grantInTest(access, act, { ...right, kind: 'just_in_time' })
    const started = (): ReturnType<typeof startGrants> =>
      startGrants({
        opened: { connectionFor: (layer) => base.connectionFor(layer) },
        access,
        state: () => {
          state.knownAt = Date.parse(clock())
          return state
        },
        say: (event) => assert.fail(event),
        tellUnproven: async () => await tellUnproven(access, effect),
      })
    const first = started()
    for (const end = Date.now() + 10_000; target.rights.get(id)?.held !== true; await sleep(20))
      assert.ok(Date.now() < end, 'it is there')
    target.always = 'keeps it'
    ahead += WINDOW_MS
    const waiting = async (): ReturnType<typeof listAlarms> => await listAlarms(effect, { state: 'waiting', limit: 10 })
    // five attempts, each after twice the time
    for (const end = Date.now() + 30_000; (await waiting()).length === 0; await sleep(50), ahead += 1000)
      assert.ok(Date.now() < end, 'somebody is told')
    await first.stop()
    const second = started()
    ahead += 2 * 3_600_000
    await sleep(1500)
    await second.stop()
    await tellUnproven(access, effect)

    const [alarm, ...more] = await waiting()
    assert.deepEqual(more, [])
    assert.deepEqual([alarm?.about, alarm?.event], [id, 'unproven'])
    assert.match(
      alarm?.detail ?? '',
      /^pg:SELECT on pg:\/\/main\/\*: its time is over, and .* not seen to refuse it: \S/,
    )
    assert.match(alarm?.next ?? '', new RegExp(`reeve grant show ${id}`))
    const sent: AlarmToSend[] = []
    for (const kind of ['webhook', 'mail'] as const)
      await sendAlarms(effect, kind, async (message) => void sent.push(message))
    assert.deepEqual(new Set(sent.map(({ receiver }) => receiver)), new Set(RECEIVERS))
    assert.equal(sent.length, 2)
  })
})
