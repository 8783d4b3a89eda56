// Two servers on one database and one target: only one carries a plan or a grant out, another goes on when that one is gone or
// stopped, and one that was stopped does and writes nothing more of it when it wakes up.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '#db'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { ServerInTest } from '../e2e/server-in-test.ts'
import { jobOf, shortGrant, stateOf } from './grant-cases.ts'
import { caseOf } from './plan-cases.ts'
import { endOf, login, planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import type { Passing } from './statement-proxy.ts'

const PLANS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 2 : 30
/** The lease of a lock, and the next look. */
const TAKEN_OVER_MS = 13_000
const CHANGES = /^(?:ALTER|DROP|SELECT reeve\.hand_over)/
/** What a reaper looks at, whichever server has it by then: every half minute somebody may begin to. */
const LOOKS = /^(?:login|select )/

describe('two servers on one database', { skip: postgresMissing(18), timeout: 20 * 60_000 }, () => {
  let world: PlanWorld
  let second: ServerInTest
  before(async () => {
    world = await planWorld()
    second = await world.start('b')
  })
  after(async () => await world?.close())

  const versionOf = async (id: string): Promise<unknown> =>
    await world.base.database
      .layer('effect')
      .transaction(async (tx) => await tx.query(sql`select version from effect.plan where id = ${id}`))

  /** Of the plan, at the target. */
  const sentOf = (id: string): Passing[] =>
    world.proxy.passed.filter(({ application }) => application === `reeve plan ${id}`)

  test(`${PLANS} plans: each is carried by one of them, and the target sees each change once`, async () => {
    const first = world.held.server
    const cases = []
    for (let made = 0; made < PLANS; made++)
      cases.push(await caseOf(world, made % 2 === 0 ? 'contain' : 'revoke', `both_${made}`))
    const ids = []
    for (const [index, one] of cases.entries()) {
      world.held.server = index % 2 === 0 ? second : first
      ids.push(await one.begin())
    }
    world.held.server = first
    for (const id of ids) {
      const { operation, state, steps } = await endOf(world, id)
      assert.equal(state, 'verified', JSON.stringify(steps))
      const changes = sentOf(id)
        .map(({ text }) => text)
        .filter((text) => CHANGES.test(text))
      assert.deepEqual(changes, [...new Set(changes)], 'a change was sent twice')
      assert.equal(changes.length, operation === 'contain' ? 2 : 4, changes.join('\n'))
    }
    for (const [index, one] of cases.entries()) await one.assertWhole(ids[index] ?? '')
  })

  test('the one that carries a plan or keeps grants is stopped: the other goes on, and the first does nothing more', async (t) => {
    const job = await jobOf(world)
    const first = world.held.server
    process.kill(second.pid, 'SIGSTOP')
    const one = await caseOf(world, 'contain', 'stopped')
    const held = Promise.withResolvers<void>()
    const letGo = Promise.withResolvers<void>()
    world.proxy.hook = async (when, { text }) => {
      if (when !== 'after' || !text.startsWith('ALTER ROLE "stopped" NOLOGIN')) return
      world.proxy.hook = () => undefined
      held.resolve()
      await letGo.promise
    }
    const id = await one.begin()
    await held.promise
    const grantId = await shortGrant(world, job)
    process.kill(second.pid, 'SIGCONT')
    world.held.server = second
    const soFar = sentOf(id).length
    await sleep(2500)
    assert.equal(sentOf(id).length, soFar, 'its runner lives: nobody else acts for the plan')

    process.kill(first.pid, 'SIGSTOP')
    const stopped = Date.now()
    const { state } = await endOf(world, id)
    t.diagnostic(`the other had ended it ${Date.now() - stopped} ms after the first was stopped`)
    assert.equal(state, 'unproven', 'the credential was in the memory of the first')
    assert.equal(await login(world, 'stopped'), '28000')
    await until(async () => (await stateOf(world, grantId)) === 'ended', 'the grant has ended', TAKEN_OVER_MS)
    assert.deepEqual(await world.postgres.sql(`select 1 from pg_roles where rolname = 'reeve_${grantId}'`), [])

    const [sent, version] = [world.proxy.passed.length, await versionOf(id)]
    letGo.resolve()
    process.kill(first.pid, 'SIGCONT')
    await sleep(4000)
    const more = world.proxy.passed.slice(sent)
    const harmless = ({ application, text }: Passing): boolean => application === 'reeve' && LOOKS.test(text)
    assert.deepEqual(
      more.filter((passing) => !harmless(passing)),
      [],
      'the first sent something more',
    )
    assert.deepEqual(await versionOf(id), version, 'the first wrote something more')

    // and it is well: it goes on alone
    await second.kill()
    world.held.server = first
    await one.assertWhole(id)
  })
})
