// Grants at a target while whoever keeps them is killed at each step, and while two keep them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { deriveId, systemClock } from '#kernel'
import type { Act, Instant } from '#kernel'
import { LAYER_NAMES, sql } from '#db'
import { principalId } from '../../src/access/decide/state-in-test.ts'
import { fulfillerInTest, targetInTest } from '../../src/access/fulfil/target-in-test.ts'
import type { TargetInTest } from '../../src/access/fulfil/target-in-test.ts'
import { endGrant } from '../../src/access/grant/end-grant.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import type { AccessLayer } from '../../src/access/observe/records.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'

const PROCESS = new URL('grants-process.ts', import.meta.url).pathname

/** So long that all have begun before the first is over, also on a busy machine. */
const WINDOW_MS = 15_000
const random = seededRandom()
const CALLS = ['activate', 'end', 'verify'] as const
const WHEN = ['before', 'after'] as const
/** Every point, or one of each call by lot. */
const points = CALLS.flatMap((call) =>
  (process.env['REEVE_EXHAUSTIVE'] === undefined ? [random.pick(WHEN)] : WHEN).map((at) => [call, at] as const),
)

describe('grants whose keeper is killed', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let base: TestDatabase
  let target: TargetInTest
  const running = new Set<ChildProcess>()

  const keeper = async (): Promise<ChildProcess> => {
    const connections = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, base.connectionFor(layer)]))
    const child = spawn(process.execPath, [PROCESS, JSON.stringify(connections), target.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    await once(child.stdout, 'data')
    return child
  }
  const act = (): Act => ({ actor: { id: deriveId('person', 'ada') }, at: systemClock() })
  const accessLayer = (): AccessLayer => ({
    db: base.database.layer('access'),
    clock: systemClock,
    fulfillers: [fulfillerInTest(target.url)],
  })
  const made = async (ms: number): Promise<string> => {
    const until = new Date(Date.now() + ms).toISOString() as Instant
    const right = { principalId: principalId('app'), actions: ['pg:SELECT'], resources: ['pg://main/*'], until }
    return (await grantInTest(accessLayer(), act(), { ...right, kind: 'just_in_time' })).id
  }
  const states = async (ids: readonly string[]): Promise<Set<string>> =>
    new Set(
      (
        await base.database
          .layer('access')
          .transaction((tx) =>
            tx.query<{ state: string }>(sql`select state from access.access_grant where id = any(${[...ids]})`),
          )
      ).map(({ state }) => state),
    )
  const until = async (holds: () => Promise<boolean>, what: string, limitMs = 30_000): Promise<void> => {
    const since = performance.now()
    while (!(await holds())) {
      assert.ok(performance.now() - since < limitMs, `not within ${limitMs} ms: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  const all = (ids: readonly string[], state: string) => async (): Promise<boolean> =>
    [...(await states(ids))].join() === state

  before(async () => {
    base = await testDatabase()
    target = await targetInTest()
  })
  after(async () => {
    for (const child of running) child.kill('SIGKILL')
    await target.stop()
    await base.close()
  })

  for (const [call, at] of points) {
    test(`killed ${at} the target's ${call}, seed ${random.seed}: another goes on, nothing lives that should be dead`, async () => {
      const child = await keeper()
      const skip = { activate: 0, end: 1, verify: 2 }[call]
      const kill = (): void => void child.kill('SIGKILL')
      target.faults.push(
        ...Array<undefined>(skip).fill(undefined),
        at === 'before' ? { before: kill } : { after: kill },
      )
      const died = once(child, 'exit')
      const id = await made(600_000)
      if (call !== 'activate') {
        await until(all([id], 'active'), 'active')
        await endGrant(accessLayer(), act(), { id, because: 'done' })
      }
      await died
      const second = await keeper()
      if (call === 'activate') {
        await until(all([id], 'active'), 'active')
        assert.equal(target.rights.get(id)?.held, true)
        await endGrant(accessLayer(), act(), { id, because: 'done' })
      }
      await until(all([id], 'ended'), 'ended')
      assert.equal(target.rights.get(id)?.held, false)
      second.kill('SIGKILL')
      await once(second, 'exit')
    })
  }

  test('two keepers tell a target once, and when one dies the other ends what is over', async () => {
    const keepers = [await keeper(), await keeper()]
    const ids = await Promise.all(Array.from({ length: 30 }, async () => await made(WINDOW_MS)))
    await until(all(ids, 'active'), 'active')
    const told = target.calls.filter((call) => ids.some((id) => call === `activate ${id}`))
    assert.equal(told.length, ids.length)
    // whichever holds the lock: the other one has to find that it is free
    keepers[0]?.kill('SIGKILL')
    await until(all(ids, 'ended'), 'ended')
    assert.equal(ids.filter((id) => target.rights.get(id)?.held !== false).length, 0)
    keepers[1]?.kill('SIGKILL')
  })
})
