// A server that is stopped in the middle of plans and grants, and not gone: another one takes them and ends them. What the first had
// under way still reaches the target when it wakes up, and changes nothing of how they end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MAJORS_BY_LOT, postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import type { ServerInTest } from '../e2e/server-in-test.ts'
import { namedPoints, sampledPoint, spelledOut } from './chosen-points.ts'
import type { Kind, Point } from './chosen-points.ts'
import { happensAt } from './crash-points.ts'
import { givenCase, jobOf, takenCase } from './grant-cases.ts'
import type { Job } from './grant-cases.ts'
import { ACTING, caseOf } from './plan-cases.ts'
import type { Acting, Case } from './plan-cases.ts'
import { planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

const ROUNDS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 1 : 12
/** The first looks at what became of what it had asked, and at what else is due. */
const AWAKE_MS = 3000

for (const major of MAJORS_BY_LOT) {
  describe(`a stopped server, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 30 * 60_000 }, () => {
    let world: PlanWorld
    let job: Job
    let accounts = 0
    let other: ServerInTest
    const random = seededRandom()
    before(async () => {
      world = await planWorld(major)
      job = await jobOf(world)
      other = await world.start('b')
    })
    after(async () => {
      if (other !== undefined) process.kill(other.pid, 'SIGCONT')
      await world?.close()
    })

    const caseFor = async (kind: Kind): Promise<Case> => {
      if (kind === 'given') return await givenCase(world, job)
      return kind === 'taken' ? await takenCase(world, job) : await caseOf(world, kind, `role_${++accounts}`)
    }

    /** Grants are one to a round: their sessions do not say for which. */
    const sampled = Array.from({ length: ROUNDS }, (): Point[][] => [
      ([...ACTING] satisfies Acting[]).map((kind) => sampledPoint(random, kind)),
      [sampledPoint(random, random.pick(['given', 'taken'] as const))],
    ]).flat()
    for (const [at, points] of (namedPoints() ?? sampled).entries())
      test(`in the middle of ${points.map(({ kind }) => kind).join(', ')}, round ${at}, seed ${random.seed}: another takes over`, async (t) => {
        const aimed = []
        for (const point of points) aimed.push({ ...point, case: await caseFor(point.kind) })
        const first = world.held.server
        const awake = Promise.withResolvers<void>()
        process.kill(other.pid, 'SIGSTOP')
        const held = await happensAt(
          world,
          aimed,
          async () => {
            process.kill(first.pid, 'SIGSTOP')
            process.kill(other.pid, 'SIGCONT')
            world.held.server = other
          },
          awake.promise,
        )
        for (const [index, { case: one }] of aimed.entries())
          await until(async () => await one.isOver(held[index]?.id ?? ''), `${held[index]?.id} is over`)
        awake.resolve()
        process.kill(first.pid, 'SIGCONT')
        await sleep(AWAKE_MS)
        for (const [index, { case: one, ...point }] of aimed.entries()) {
          const { id = '', text = 'was over' } = held[index] ?? {}
          t.diagnostic(`${spelledOut(point)}: ${text.replaceAll(/\s+/g, ' ').slice(0, 90)}`)
          await one.assertWhole(id)
        }
        other = first
        assert.notEqual(world.held.server, first)
      })
  })
}
