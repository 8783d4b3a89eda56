// Plans and grants at a real PostgreSQL, carried by a real server that is killed at each statement that it sends: they converge.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import type { Random } from '../../src/db/random-in-test.ts'
import { killedAt } from './crash-points.ts'
import type { CrashPoint } from './crash-points.ts'
import { givenCase, jobOf, takenCase } from './grant-cases.ts'
import type { Job } from './grant-cases.ts'
import { ACTING, caseOf } from './plan-cases.ts'
import type { Case } from './plan-cases.ts'
import { planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const KINDS = [...ACTING, 'given', 'taken'] as const
type Kind = (typeof KINDS)[number]
/** Statements and logins of each, undisturbed: where a sample is taken from; all of them are counted anew. */
const ABOUT: Readonly<Record<Kind, number>> = { contain: 47, revoke: 70, restore: 18, given: 7, taken: 9 }
/** Killed together. Grants share their sessions: one of them at a time. */
const PLANS_TOGETHER = 7

interface Point extends CrashPoint {
  readonly kind: Kind
}

describe('plans and grants whose server is killed', { skip: postgresMissing(18), timeout: 90 * 60_000 }, () => {
  let world: PlanWorld
  let job: Job
  let accounts = 0
  before(async () => {
    world = await planWorld()
    job = await jobOf(world)
  })
  after(async () => await world?.close())

  const caseFor = async (kind: Kind): Promise<Case> => {
    if (kind === 'given') return await givenCase(world, job)
    return kind === 'taken' ? await takenCase(world, job) : await caseOf(world, kind, `role_${++accounts}`)
  }

  /** How many statements and logins it is, undisturbed; then everything has to hold, too. */
  const lengthOf = async (kind: Kind): Promise<number> => {
    const one = await caseFor(kind)
    const from = world.proxy.passed.length
    const id = await one.begin()
    await until(async () => await one.isOver(id), `${id} is over`)
    const sent = world.proxy.passed.slice(from)
    await one.assertWhole(id)
    return sent.filter((passing) => one.isOf(passing, id)).length
  }

  test('killed before and after what they send to the target: each comes to its end, seen there and told once', async (t) => {
    const random = seededRandom()
    t.diagnostic(`seed ${random.seed}`)
    for (const points of EXHAUSTIVE ? await rounds(lengthOf) : [sampled(random)]) {
      const aimed = await Promise.all(
        points.map(async ({ kind, at, when }) => ({ kind, at, when, case: await caseFor(kind) })),
      )
      const killed = await killedAt(world, aimed)
      world.held.server = await world.start()
      for (const [index, { kind, when, at }] of aimed.entries())
        t.diagnostic(`${kind} ${when} ${at}: ${inOneLine(killed[index]?.text ?? 'was over')}`)
      await Promise.all(aimed.map(async (one, index) => await one.case.assertWhole(killed[index]?.id ?? '')))
    }
  })
})

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 90)

const pointsOf = (kind: Kind, length: number): Point[] =>
  Array.from({ length }, (_, at) => at).flatMap((at): Point[] => [
    { kind, at, when: 'before' },
    { kind, at, when: 'after' },
  ])

/** A point of each operation, and of how a grant begins or how it ends. */
const sampled = (random: Random): Point[] =>
  [...ACTING, random.pick(['given', 'taken'] as const)].map((kind) => random.pick(pointsOf(kind, ABOUT[kind])))

/** All points, each once. */
async function rounds(lengthOf: (kind: Kind) => Promise<number>): Promise<Point[][]> {
  const plans: Point[] = []
  const grants: Point[] = []
  for (const kind of KINDS) {
    const points = pointsOf(kind, await lengthOf(kind))
    assert.ok(points.length > 4, kind)
    if (kind === 'given' || kind === 'taken') grants.push(...points)
    else plans.push(...points)
  }
  const all: Point[][] = []
  while (plans.length + grants.length > 0) all.push([...plans.splice(0, PLANS_TOGETHER), ...grants.splice(0, 1)])
  return all
}
