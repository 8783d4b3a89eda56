import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { msAfter } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { sendAlarms } from './alarms.ts'
import { layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import type { EffectLayer } from './layer.ts'
import { getPlan } from './read-plans.ts'
import { TargetInTest } from './target-in-test.ts'

const TEN_MINUTES_MS = 600_000
const MONTH_MS = 30 * 24 * 3600_000

describe('a clock that was set back', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let target: TargetInTest
  before(async () => {
    base = await testDatabase()
    target = new TargetInTest()
    for (const account of ['app', 'app_seen', 'other', 'other_seen', 'used'])
      target.accounts.set(account, { mayLogIn: true, sessions: 3, password: 'open sesame' })
    await targetNamed(layerInTest(base, target.adapter), 'main')
  })
  after(() => base.close())

  const now = (): Instant => new Date().toISOString() as Instant
  /** A server of its own, whose clock is that much behind. */
  const behind = (ms: number): EffectLayer =>
    layerInTest(base, target.adapter, { clock: () => msAfter(now(), -ms), receivers: ['webhook:example.com:1'] })

  for (const [account, ms] of [
    ['app', TEN_MINUTES_MS],
    ['other', MONTH_MS],
  ] as const)
    test(`by ${ms / 60_000} minutes: a plan that acts goes on at once, and who has to know is told`, async () => {
      const killed = behind(0)
      const unproven = await planFor(killed, { account: `${account}_seen`, credential: undefined as never })
      await passOver(base, killed)
      const gone = new AbortController()
      const { id } = await planFor(killed, { account })
      target.before = (call) => {
        if (call === 'act end_sessions') gone.abort()
      }
      await passOver(base, killed, gone.signal)
      target.before = () => undefined
      assert.equal((await getPlan(killed, id)).data.state, 'running')
      const restarted = behind(ms)
      await passOver(base, restarted)
      assert.equal((await getPlan(restarted, id)).data.state, 'unproven')
      assert.deepEqual(target.accounts.get(account)?.sessions, 0)
      const told: string[] = []
      await sendAlarms(restarted, 'webhook', async ({ about }) => void told.push(about))
      assert.deepEqual(told.toSorted(), [unproven.id, id].toSorted())
    })

  test('what goes on for a time is looked at once, and then when it is due', async () => {
    const killed = behind(0)
    await planFor(killed, { operation: 'observe', account: 'used', until: msAfter(now(), 2 * MONTH_MS) })
    await passOver(base, killed)
    const looks = (): number => target.calls.filter((call) => call === 'goOn observe').length
    assert.equal(looks(), 1)
    const restarted = behind(MONTH_MS)
    for (const _ of [1, 2, 3]) await passOver(base, restarted)
    assert.equal(looks(), 2)
  })
})
