import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { chmod, chown, cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUnavailable } from '../database-in-test.ts'
import { OWNER_ROLE } from '../roles.ts'
import { runningOwner } from '../running-owner.ts'
import { databaseAccount, isRoot } from './account.ts'
import { prepareDirectory } from './directory.ts'
import { ask, endedApart, isRefusal, killed, openPath, startedApart } from './embedded-in-test.ts'
import { startEmbedded } from './embedded.ts'
import type { EmbeddedServer } from './embedded.ts'
import { canHand } from './handed.ts'
import { isAlive } from './process.ts'

const unavailable = isRoot() ? (canHand() ? databaseUnavailable() : 'not on this system') : 'only root hands folders on'

describe('a data directory below a folder that is closed to the database user', { skip: unavailable }, () => {
  let closed: string
  let folder: string
  let running: EmbeddedServer | undefined
  let apart: ChildProcess | undefined
  const start = async (): Promise<EmbeddedServer> => {
    running = await startEmbedded({ dataDirectory: folder, durable: false })
    return running
  }
  const kept = async (): Promise<unknown> => {
    const owner = await runningOwner(folder)
    assert.ok(owner !== undefined)
    return ask(owner, 'select seven from kept')
  }
  before(async () => {
    closed = await mkdtemp(join(tmpdir(), 'reeve-closed-'))
    folder = join(closed, 'inner')
    const server = await start()
    await ask(server.connectionFor(OWNER_ROLE), 'create table kept as select 7 as seven')
    await ask(server.adminConnection(), 'checkpoint')
    await server.stop()
    assert.equal(isAlive(server.pid), false)
  })
  afterEach(async () => {
    if (apart !== undefined) await endedApart(apart)
    await running?.stop()
    apart = running = undefined
  })
  after(() => rm(closed, { recursive: true, force: true }))

  test('serves, stays closed, and is found by the commands beside it', async () => {
    const server = await start()
    assert.equal((await stat(`/proc/${server.pid}`)).uid, databaseAccount()?.uid)
    assert.deepEqual(await kept(), [{ seven: 7 }])
    assert.equal(server.adminConnection().host, join(folder, 'postgresql', 'run'))
    for (const path of [closed, folder, join(folder, 'postgresql', '18')])
      assert.equal((await stat(path)).mode & 0o777, 0o700, path)
    await assert.rejects(startEmbedded({ dataDirectory: folder, durable: false }), isRefusal(/already serves/))
  })

  test('after kill -9 of the postmaster, it is started again there', async () => {
    const server = await start()
    const first = server.pid
    process.kill(first, 'SIGKILL')
    for (const until = Date.now() + 30_000; server.pid === first && Date.now() < until;) await sleep(50)
    assert.notEqual(server.pid, first)
    assert.deepEqual(await kept(), [{ seven: 7 }])
  })

  test('after kill -9 of the Reeve process, the running server is taken over, and stops with us', async () => {
    const [child, told] = await startedApart(folder)
    apart = child
    assert.equal(told.fault, undefined)
    await killed(child)
    assert.ok(isAlive(told.pid), 'the postmaster lives on')
    const server = await start()
    assert.equal(server.adopted, true)
    assert.equal(server.pid, told.pid)
    assert.deepEqual(await kept(), [{ seven: 7 }])
    await server.stop()
    assert.equal(isAlive(told.pid), false)
  })

  test('after kill -9 of both, the next start recovers', async () => {
    const [child, told] = await startedApart(folder)
    apart = child
    process.kill(told.pid, 'SIGKILL')
    await killed(child)
    assert.equal((await start()).adopted, false)
    assert.deepEqual(await kept(), [{ seven: 7 }])
  })

  test('a server of another directory, whose number stands in its postmaster.pid, is not taken for its own', async () => {
    const [other, aside] = [join(closed, 'other'), join(folder, 'postgresql', '18', 'postmaster.pid')]
    const [child, told] = await startedApart(other)
    apart = child
    await cp(join(other, 'postgresql', '18', 'postmaster.pid'), aside)
    await chown(aside, databaseAccount()?.uid ?? 0, databaseAccount()?.gid ?? 0)
    const server = await start()
    assert.notEqual(server.pid, told.pid)
    assert.ok(isAlive(told.pid))
  })

  test('opened to all, a server that was left running is taken over too, and runs by its path afterwards', async () => {
    const [child, told] = await startedApart(folder)
    apart = child
    await killed(child)
    await openPath(closed)
    try {
      const server = await start()
      assert.equal(server.pid, told.pid)
      await server.stop()
      assert.deepEqual(await prepareDirectory(folder, databaseAccount()).then(({ handed }) => handed), false)
      await start()
      assert.deepEqual(await kept(), [{ seven: 7 }])
    } finally {
      await running?.stop()
      await chmod(closed, 0o700)
      await chmod(folder, 0o700)
    }
  })

  test('is refused with the remedy where folders cannot be handed on', async () => {
    await assert.rejects(
      prepareDirectory(folder, databaseAccount(), false),
      isRefusal(/cannot pass `.*reeve-closed-\w+`: .*REEVE_DATA_DIR=/),
    )
  })
})
