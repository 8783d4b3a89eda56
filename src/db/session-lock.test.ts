import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { fencedBy, holdLock } from './session-lock.ts'
import type { HeldLock } from './session-lock.ts'
import { sql } from './sql.ts'

/** Longer than a busy machine keeps a process waiting. */
const LEASE_MS = 4000
const HOLDER = `
  import { holdLock } from ${JSON.stringify(new URL('session-lock.ts', import.meta.url).href)}
  const held = await holdLock(JSON.parse(process.argv[1]), 'of a test', { leaseMs: ${LEASE_MS} })
  process.stdout.write(held === undefined ? 'no\\n' : 'held\\n')
  held.lost.addEventListener('abort', () => process.stdout.write('lost\\n'))`

describe('a lock of one process', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase

  before(async () => {
    base = await testDatabase()
  })
  after(() => base.close())

  const take = async (): Promise<HeldLock | undefined> =>
    await holdLock(base.connectionFor('effect'), 'of a test', { leaseMs: LEASE_MS })

  test('is held longer than its lease by who lives, and by nobody else', async () => {
    const held = await take()
    await sleep(LEASE_MS * 2)
    assert.equal(held?.lost.aborted, false)
    held?.assertHeld()
    assert.equal(await take(), undefined)
    await held?.release()
  })

  test('is lost by a process that is stopped and not gone, once its lease is over', async () => {
    const args = ['--input-type=module', '-e', HOLDER, JSON.stringify(base.connectionFor('effect'))]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.setEncoding('utf8')
    try {
      assert.deepEqual(await once(child.stdout, 'data'), ['held\n'])
      assert.equal(await take(), undefined)
      child.kill('SIGSTOP')
      const since = performance.now()
      let mine: HeldLock | undefined
      while (mine === undefined && performance.now() - since < 20_000) {
        await sleep(100)
        mine = await take()
      }
      assert.ok(mine !== undefined, 'a stopped process keeps it')
      child.kill('SIGCONT')
      assert.deepEqual(await once(child.stdout, 'data'), ['lost\n'])
      await mine.release()
    } finally {
      child.kill('SIGKILL')
    }
  })

  test('what is written under a lock that is not held any more is not committed', async () => {
    const held = await take()
    assert.ok(held !== undefined)
    const db = base.database.layer('effect')
    const made = async (id: string): Promise<unknown> =>
      await fencedBy(held, db).transaction(async (tx) => {
        await tx.execute(sql`insert into effect.alarm (id, receiver, about, event, detail, next, at, next_at)
          values (${id}, 'r', 'pln_1', 'unproven', 'd', 'n', now(), now())`)
        if (id === 'alarm_2') await held.release()
      })
    await made('alarm_1')
    await assert.rejects(made('alarm_2'), /not known to be held any more/)
    const rows = await db.transaction(async (tx) => await tx.query(sql`select id from effect.alarm`))
    assert.deepEqual(rows, [{ id: 'alarm_1' }])
    assert.equal(held.lost.aborted, true)
  })
})
