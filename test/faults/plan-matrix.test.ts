// Plans and grants at a real PostgreSQL, carried by a real server that is killed at each statement that it sends: they converge,
// also where the clock of the server that goes on is ten minutes behind the one that was killed, or ahead of it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { messageOf } from '#kernel'
import { MAJORS_BY_LOT, postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import { chosenPoints, spelledOut } from './chosen-points.ts'
import type { Kind, Point } from './chosen-points.ts'
import { killedAt } from './crash-points.ts'
import { skewed } from './skewed-clock.ts'
import { givenCase, jobOf, takenCase } from './grant-cases.ts'
import type { Job } from './grant-cases.ts'
import { caseOf } from './plan-cases.ts'
import type { Case } from './plan-cases.ts'
import { planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

for (const major of MAJORS_BY_LOT) {
  describe(
    `plans and grants at PostgreSQL ${major} whose server is killed`,
    { skip: postgresMissing(major), timeout: 90 * 60_000 },
    () => {
      let world: PlanWorld
      let job: Job
      let accounts = 0
      before(async () => {
        world = await planWorld(major)
        job = await jobOf(world)
      })
      after(async () => await world?.close())

      const caseFor = async (kind: Kind): Promise<Case> => {
        if (kind === 'given') return await givenCase(world, job)
        return kind === 'taken' ? await takenCase(world, job) : await caseOf(world, kind, `role_${++accounts}`)
      }

      /** Statements and logins, undisturbed; then everything has to hold, too. */
      const sentBy = async (kind: Kind): Promise<string[]> => {
        const one = await caseFor(kind)
        const from = world.proxy.passed.length
        const id = await one.begin()
        await until(async () => await one.isOver(id), `${id} is over`)
        const sent = world.proxy.passed.slice(from)
        await one.assertWhole(id)
        return sent.filter((passing) => one.isOf(passing, id)).map(({ text }) => text)
      }

      /** Those that do not converge, with what does not hold. */
      const killedRound = async (points: readonly Point[], say: (text: string) => void): Promise<string[]> => {
        const aimed = await Promise.all(points.map(async (point) => ({ ...point, case: await caseFor(point.kind) })))
        const began = performance.now()
        const killed = await killedAt(world, aimed)
        const dead = performance.now()
        const clock = points.find((point) => point.clock !== undefined)?.clock
        world.held.server = await world.start('a', clock === undefined ? {} : await skewed(world, clock))
        const up = performance.now()
        const ends = await Promise.allSettled(
          aimed.map(async (one, index) => await one.case.assertWhole(killed[index]?.id ?? '', clock)),
        )
        if (clock !== undefined) {
          // the next round is killed by the right time
          await world.held.server.stop()
          world.held.server = await world.start()
        }
        const [toIt, toStart, toEnd] = [dead - began, up - dead, performance.now() - up].map(Math.round)
        say(`${points.length} points: ${toIt} ms to them, ${toStart} ms to start, ${toEnd} ms to their ends`)
        return aimed.flatMap((point, index) => {
          const [text, end] = [inOneLine(killed[index]?.text ?? 'was over'), ends[index]]
          say(`${spelledOut(point)}: ${text}`)
          if (end?.status !== 'rejected') return []
          const failed = `${spelledOut(point)}, ${text}: ${messageOf(end.reason)}`
          say(`✖ ${failed}`)
          return [failed]
        })
      }

      test('killed before and after what they send to the target: each comes to its end, seen there and told once', async (t) => {
        const random = seededRandom()
        t.diagnostic(`seed ${random.seed}`)
        const failed: string[] = []
        for (const points of await chosenPoints(random, sentBy))
          failed.push(...(await killedRound(points, (text) => said(t, text))))
        assert.deepEqual(failed, [])
      })
    },
  )
}

/** At once, too: all of it takes an hour. */
function said(t: TestContext, text: string): void {
  t.diagnostic(text)
  if (process.env['REEVE_EXHAUSTIVE'] !== undefined) process.stderr.write(`${text}\n`)
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 90)
