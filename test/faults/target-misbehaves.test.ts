// A real target that is down, cut off, slow, read-only, full or locked, whose administrative role has another password or fewer
// rights than it had, or whose clock is ten minutes away: never `verified` while it is so, and verified when it is over.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ReceiptRecord } from '#effect'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { jobOf, takenCase } from './grant-cases.ts'
import { MISBEHAVIOURS, siteFor } from './misbehaving-target.ts'
import type { Misbehaviour, Site } from './misbehaving-target.ts'
import { caseOf } from './plan-cases.ts'
import { endOf, login, notVerified, PASSWORD, planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import { skewed } from './skewed-clock.ts'
import type { Clock } from './skewed-clock.ts'

const why = { because: 'a test' }
const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
/** What is locked is tried for half a minute. */
const CHOSEN = Object.keys(MISBEHAVIOURS).filter((name) => EXHAUSTIVE || name !== 'locked')

describe('a target that misbehaves', { skip: postgresMissing(18), timeout: 10 * 60_000 }, () => {
  let world: PlanWorld
  const sites: Site[] = []
  before(async () => {
    world = await planWorld()
    for (const name of CHOSEN) sites.push(await siteFor(world, name))
  })
  after(async () => {
    for (const { session, proxy } of sites) {
      await session.end()
      await proxy.close()
    }
    await world?.close()
  })

  const contain = async ({ name, account }: Site): Promise<string> =>
    (
      await world.post(world.ida, '/v1/plans', {
        target: name,
        operation: 'contain',
        account,
        secret: PASSWORD,
        ...why,
      })
    ).id

  test(`${CHOSEN.join(', ')}: never verified while it is so, and verified when it is over`, async (t) => {
    await Promise.all(
      sites.map(async (site) => {
        const misbehaviour = MISBEHAVIOURS[site.misbehaves] ?? assert.fail()
        t.diagnostic(`${site.misbehaves}: ${await carriedThrough(site, misbehaviour)}`)
      }),
    )
  })

  for (const released of [true, false])
    test(
      `locked, and killed while it waits: it goes on when the lock is ${released ? 'released meanwhile' : 'still held'}`,
      { skip: released || EXHAUSTIVE ? false : 'REEVE_EXHAUSTIVE is not set' },
      async () => {
        const { locked = assert.fail() } = MISBEHAVIOURS
        const site = await siteFor(world, `killed_${released}`)
        sites.push(site)
        await locked.begins(site)
        const id = await contain(site)
        const waits = `select from pg_stat_activity where application_name = 'reeve plan ${id}' and wait_event_type = 'Lock'`
        await until(async () => (await world.postgres.sql(waits)).length > 0, `${id} waits for the lock`)
        await world.held.server.kill()
        if (released) await locked.ends(site)
        world.held.server = await world.start()
        const plan = await endOf(world, id)
        assert.equal(plan.state, 'unproven', notVerified(plan))
        assert.equal(await login(world, site.account), released ? '28000' : 'let in')
        if (!released) {
          assert.match(notVerified(plan), /55P03/)
          await locked.ends(site)
        }
        await world.post(world.ida, `/v1/plans/${id}/run`, { secret: PASSWORD, ...why }, 200)
        const done = await endOf(world, id)
        assert.equal(done.state, 'verified', notVerified(done))
        assert.equal(await login(world, site.account), '28000')
      },
    )

  test('ten minutes ahead of its target a server gives and ends a grant in its window, and a plan is verified', async () => {
    await atAnotherTime(world, 'ahead')
  })

  /** Answers what was said of it. */
  async function carriedThrough(site: Site, { state, said, next, begins, ends }: Misbehaviour): Promise<string> {
    let words = 'nothing'
    await begins(site)
    const first = await contain(site)
    const plan = await endOf(world, first)
    assert.equal(plan.state, state, notVerified(plan))
    const { data } = await world.get<{ data: ReceiptRecord }>(`/v1/receipts/${first}`)
    assert.equal(data.outcome, state)
    if (said !== undefined && next !== undefined) {
      assert.equal(await login(world, site.account), 'let in', 'nothing was done')
      const found = data.reasons.find(({ reason }) => said.test(reason))
      assert.ok(found !== undefined, JSON.stringify(data.reasons))
      assert.match(found.next, next)
      words = found.reason
    }
    await ends(site)
    // what was rolled back is over: it takes a plan anew
    const again = state === 'rolled_back' ? await contain(site) : first
    if (state === 'unproven') await world.post(world.ida, `/v1/plans/${first}/run`, { secret: PASSWORD, ...why }, 200)
    const done = await endOf(world, again)
    assert.equal(done.state, 'verified', notVerified(done))
    assert.equal(await login(world, site.account), '28000')
    return words
  }
})

test(
  'ten minutes behind its target, too',
  { skip: EXHAUSTIVE ? postgresMissing(18) : 'REEVE_EXHAUSTIVE is not set' },
  async () => {
    const world = await planWorld()
    try {
      await atAnotherTime(world, 'behind')
    } finally {
      await world.close()
    }
  },
)

async function atAnotherTime(world: PlanWorld, clock: Clock): Promise<void> {
  await world.held.server.stop()
  world.held.server = await world.start('a', await skewed(world, clock))
  const job = await jobOf(world)
  const [contained, taken] = [await caseOf(world, 'contain', 'app'), await takenCase(world, job)]
  const planId = await contained.begin()
  assert.equal((await endOf(world, planId)).state, 'verified')
  await contained.assertWhole(planId)
  await taken.assertWhole(await taken.begin())
}
