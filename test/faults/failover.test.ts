// The primary of a target is lost in the middle of plans and grants, and with it what it had committed and no standby had heard of:
// that is never taken for done. Each is `unproven` or true at the server that takes its place, and comes to its end there.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { MAJORS_BY_LOT, postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import type { Random } from '../../src/db/random-in-test.ts'
import { sampledPoint, spelledOut } from './chosen-points.ts'
import type { Kind, Point } from './chosen-points.ts'
import { happensAt } from './crash-points.ts'
import { failingOver } from './failing-over.ts'
import type { FailingOver } from './failing-over.ts'
import { assertGone, givenCase, granted, isOf, isState, jobOf, passwordOf } from './grant-cases.ts'
import type { Job } from './grant-cases.ts'
import { ACTING, assertAsBefore, caseOf } from './plan-cases.ts'
import type { Acting, Case } from './plan-cases.ts'
import { endOf, login, notVerified, PASSWORD, receiptsOf, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

/** Statements and logins of an end that somebody asks for: no session of it is open. */
const ASKED_TO_END = 18
const why = { because: 'a test' }
const ROUNDS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 1 : 12

for (const major of MAJORS_BY_LOT) {
  describe(`PostgreSQL ${major} fails over`, { skip: postgresMissing(major), timeout: 30 * 60_000 }, () => {
    let target: FailingOver
    let world: PlanWorld
    let job: Job
    let accounts = 0
    const random = seededRandom()
    before(async () => {
      target = await failingOver(major)
      world = target.world
      job = await jobOf(world)
    })
    after(async () => await target?.close())

    for (let round = 1; round <= ROUNDS; round++)
      test(`in the middle of plans, round ${round}, seed ${random.seed}: each comes to its end at the new primary`, async (t) => {
        // the number of its statements varies by one or two: a plan that was over before was not in the middle
        for (let [tries, open] = [0, true]; open; tries++) {
          assert.ok(tries < 4, 'plans have fewer statements than were counted')
          open = !(await allMet(
            t,
            ACTING.map((kind) => doneAt(random, kind)),
          ))
        }
      })

    /** Whether each was in its middle when the primary was lost; those that were have come to their end. */
    async function allMet(t: TestContext, points: readonly Point[]): Promise<boolean> {
      const aimed = []
      for (const point of points)
        aimed.push({ ...point, case: await caseOf(world, point.kind as Acting, `role_${++accounts}`) })
      await target.standBy()
      const held = await happensAt(world, aimed, target.failOver)
      for (const [index, point] of points.entries()) {
        const { id, text } = held[index] ?? assert.fail()
        t.diagnostic(`${spelledOut(point)}: ${text?.replaceAll(/\s+/g, ' ').slice(0, 90) ?? 'it was over before'}`)
        if (text !== undefined) await assertConverged(world, point.kind as Acting, id)
      }
      return held.every(({ text }) => text !== undefined)
    }

    test('in the middle of the begin of a grant: it begins at the new primary', async (t) => {
      const one = await givenCase(world, job)
      await target.standBy()
      const point = { ...doneAt(random, 'given'), case: one }
      const [held = assert.fail()] = met(await happensAt(world, [point], target.failOver))
      t.diagnostic(`${spelledOut(point)}: ${held.text}`)
      await one.assertWhole(held.id)
    })

    test('in the middle of the end of a grant: it has ended at the new primary', async (t) => {
      const id = await granted(world, job)
      await until(isState(world, id, 'active'), `${id} is active`)
      const password = await passwordOf(world, job, id)
      const ends: Case = {
        isOf,
        isOver: async () => await isState(world, id, 'ended')(),
        begin: async () => {
          await world.post(world.ida, `/v1/grants/${id}/end`, why, 200)
          return id
        },
        assertWhole: async () => await assertGone(world, id, password),
      }
      await target.standBy()
      const point = { ...doneAt(random, 'taken'), at: random.below(ASKED_TO_END), case: ends }
      const [held = assert.fail()] = met(await happensAt(world, [point], target.failOver))
      t.diagnostic(`${spelledOut(point)}: ${held.text}`)
      await ends.assertWhole(id)
    })

    test('a grant that had begun and whose login was lost is given again when it is asked for', async () => {
      await target.standBy()
      const id = await granted(world, job)
      await until(isState(world, id, 'active'), `${id} is active`)
      await target.failOver()
      assert.deepEqual(await world.postgres.sql(`select from pg_roles where rolname = 'reeve_${id}'`), [])
      const password = await passwordOf(world, job, id)
      const session = await world.postgres.session(`reeve_${id}`, password)
      await session.query('select n from orders')
      await world.post(world.ida, `/v1/grants/${id}/end`, why, 200)
      await until(isState(world, id, 'ended'), `${id} has ended`)
      await assert.rejects(session.query('select n from orders'), id)
      assert.equal(await login(world, `reeve_${id}`, password), '28P01')
    })
  })
}

/** What was over when the primary was lost is lost with it, and proves nothing here: each was in the middle. */
function met(held: Awaited<ReturnType<typeof happensAt>>): readonly { readonly id: string; readonly text: string }[] {
  const over = 'it was over before: it has fewer statements than were counted'
  return held.map(({ id, text }) => ({ id, text: text ?? assert.fail(over) }))
}

const doneAt = (random: Random, kind: Kind): Point => ({ ...sampledPoint(random, kind), when: 'after' })

const NEVER_SEEN = /^\[{"name":"try_credential_after"[^{]*never seen to be its password/
const REFUSED: Readonly<Record<Acting, string>> = { contain: '28000', revoke: '28P01', restore: 'let in' }

/** Once it says that it is verified, it is so at the server that is there now; until then it says what is not. */
async function assertConverged(world: PlanWorld, kind: Acting, planId: string): Promise<void> {
  let plan = await endOf(world, planId)
  const { account } = plan
  if (plan.state !== 'verified') {
    assert.equal(plan.state, 'unproven', notVerified(plan))
    await world.post(world.ida, `/v1/plans/${planId}/run`, { secret: PASSWORD, ...why }, 200)
    plan = await endOf(world, planId)
  }
  // lost before it was seen accepted: of a role that is gone nothing can prove any more whose password it was
  const neverSeen = kind === 'revoke' && NEVER_SEEN.test(notVerified(plan))
  if (!neverSeen) assert.equal(plan.state, 'verified', notVerified(plan))
  assert.equal(await login(world, account), REFUSED[kind], account)
  assert.equal((await receiptsOf(world, planId)).at(-1), plan.state)
  if (kind === 'contain') {
    await world.post(world.ida, `/v1/plans/${planId}/undo`, why, 200)
    assert.equal((await endOf(world, planId)).state, 'undone')
  }
  if (kind !== 'revoke') return await assertAsBefore(world, account)
  const [kept] = await world.postgres.sql(
    `select n, (select tableowner from pg_tables where schemaname = 'of_${account}') as owner from of_${account}.kept`,
  )
  assert.deepEqual(kept, { n: 7, owner: 'keeper' }, account)
}
