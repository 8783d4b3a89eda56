import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../connect.ts'
import type { Connection } from '../connect.ts'
import { databaseUnavailable } from '../database-in-test.ts'
import { LAYER_NAMES, LAYERS } from '../layer.ts'
import type { Layer } from '../layer.ts'
import { OWNER_ROLE } from '../roles.ts'
import { sql } from '../sql.ts'
import { databaseAccount, isRoot } from './account.ts'
import { ask, endedApart, isRefusal, killed, openPath, ordinaryUserMissing, SERVER } from './embedded-in-test.ts'
import { startedApart } from './embedded-in-test.ts'
import { startEmbedded } from './embedded.ts'
import type { EmbeddedServer } from './embedded.ts'
import { isAlive } from './process.ts'

describe('the embedded server', { skip: databaseUnavailable() }, () => {
  let made: string
  let folder: string
  let running: EmbeddedServer | undefined
  let apart: ChildProcess | undefined
  const start = async (dataDirectory = folder): Promise<EmbeddedServer> => {
    running = await startEmbedded({ dataDirectory, durable: false })
    return running
  }
  // one cluster is made, and each test starts it again: that is a tenth of the time
  before(async () => {
    made = await mkdtemp(join(tmpdir(), 'reeve-embedded-'))
    await openPath(made)
    folder = join(made, 'data')
    await (await start()).stop()
  })
  afterEach(async () => {
    if (apart !== undefined) await endedApart(apart)
    await running?.stop()
    apart = running = undefined
  })
  after(() => rm(made, { recursive: true, force: true }))

  test('is closed to others: directories 0700, no network, no login without a password', async () => {
    const server = await start()
    const within = join(folder, 'postgresql')
    for (const path of [join(within, '18'), join(within, 'log'), String(server.adminConnection().host)])
      assert.equal((await stat(path)).mode & 0o777, 0o700, path)
    assert.equal((await stat(join(folder, 'postgresql', 'passwords.json'))).mode & 0o777, 0o600)
    assert.deepEqual(await ask(server.adminConnection(), 'show listen_addresses'), [{ listen_addresses: '' }])
    for (const password of ['', 'wrong'])
      await assert.rejects(ask({ ...server.adminConnection(), password }, 'select 1'), /password/)
    const running_as = (await stat(`/proc/${server.pid}`).catch(() => undefined))?.uid
    assert.notEqual(running_as, 0)
  })

  test(
    'as root, others cannot come to anything below the data directory, whatever its mode',
    {
      skip: isRoot() ? false : 'only root can be somebody else',
    },
    async () => {
      const server = await start()
      const open = join(folder, 'open-by-mistake')
      await writeFile(open, 'read')
      await chmod(open, 0o644)
      await chmod(folder, 0o711)
      await server.stop()
      await start()
      for (const path of [folder, join(folder, 'postgresql')]) {
        const { mode, gid } = await stat(path)
        assert.deepEqual([mode & 0o777, gid], [0o710, databaseAccount()?.gid], path)
      }
      // this somebody can run it, so that it fails for the file's sake
      const cat = (path: string): string =>
        execFileSync('/bin/cat', [path], { uid: 61_234, gid: 61_234, stdio: 'pipe' }).toString()
      assert.match(cat('/etc/passwd'), /^root:/)
      assert.throws(() => cat(open), /Permission denied/)
    },
  )

  test('the owner owns the database, and no layer enters any other', async () => {
    const server = await start()
    const [owner] = await ask(
      server.connectionFor(OWNER_ROLE),
      `select current_user as name, pg_get_userbyid(datdba) as owner from pg_database where datname = 'reeve'`,
    )
    assert.deepEqual(owner, { name: OWNER_ROLE, owner: OWNER_ROLE })
    for (const database of ['postgres', 'template1'])
      await assert.rejects(ask(server.connectionFor(LAYERS.identity.role, database), 'select 1'), /permission denied/)
    await assert.rejects(ask(server.connectionFor(LAYERS.identity.role), 'create temp table t ()'), /permission denied/)
  })

  test('stopped and started again, all is still there, and nothing is left running', async () => {
    const first = await start()
    await ask(first.connectionFor(OWNER_ROLE), 'create table kept as select 7 as seven')
    const { pid } = first
    await first.stop()
    assert.equal(isAlive(pid), false)
    const second = await start()
    assert.equal(second.adopted, false)
    assert.deepEqual(await ask(second.connectionFor(OWNER_ROLE), 'select seven from kept'), [{ seven: 7 }])
  })

  test('a second server on one data directory is refused, naming the first', async () => {
    await start()
    await assert.rejects(
      startEmbedded({ dataDirectory: folder, durable: false }),
      isRefusal(new RegExp(`process ${process.pid} already serves`)),
    )
  })

  test('so is one that cannot see the first, as in another container', async () => {
    await start()
    await unlink(join(folder, 'postgresql', 'server.lock'))
    await assert.rejects(startEmbedded({ dataDirectory: folder, durable: false }), isRefusal(/another container/))
  })

  test('after kill -9 of the Reeve process, the next one takes the running server over', async () => {
    const [child, told] = await startedApart(folder)
    apart = child
    await killed(child)
    assert.ok(isAlive(told.pid), 'the postmaster lives on')
    const server = await start()
    assert.equal(server.adopted, true)
    assert.equal(server.pid, told.pid)
    await server.stop()
    assert.equal(isAlive(told.pid), false)
  })

  test('after kill -9 of the postmaster, it is started again and the pools reconnect by themselves', async () => {
    const events: string[] = []
    running = await startEmbedded({
      dataDirectory: folder,
      durable: false,
      onDown: () => events.push('down'),
      onUp: () => events.push('up'),
    })
    const server = running
    const layers = LAYER_NAMES.map((layer) => [layer, server.connectionFor(LAYERS[layer].role)])
    const database = openDatabase(Object.fromEntries(layers) as Record<Layer, Connection>)
    const one = (): Promise<unknown> => database.layer('identity').transaction((tx) => tx.query(sql`select 1 as one`))
    await one()
    const first = server.pid
    process.kill(first, 'SIGKILL')
    let answer: unknown
    for (const until = Date.now() + 30_000; answer === undefined && Date.now() < until; await sleep(50)) {
      if (events.at(-1) !== 'up') continue
      answer = await one()
    }
    await database.close()
    assert.deepEqual(answer, [{ one: 1 }])
    assert.deepEqual(events, ['down', 'up'])
    assert.notEqual(server.pid, first)
  })

  test('after kill -9 of both, the next start recovers', async () => {
    const [child, told] = await startedApart(folder)
    apart = child
    process.kill(child.pid ?? 0, 'SIGKILL')
    process.kill(told.pid, 'SIGKILL')
    await once(child, 'exit')
    const server = await start()
    assert.equal(server.adopted, false)
    assert.equal((await ask(server.adminConnection(), 'select 1')).length, 1)
  })

  test('a postmaster.pid whose number another program has now does not stop the start', async () => {
    const file = join(folder, 'postgresql', '18', 'postmaster.pid')
    await writeFile(file, `${process.pid}\n${folder}\n1\n5432\n/nowhere\n\n  0 0\nready   \n`)
    if (isRoot()) await chown(file, databaseAccount()?.uid ?? 0, databaseAccount()?.gid ?? 0)
    const server = await start()
    assert.notEqual(server.pid, process.pid)
  })

  test('a first start that was interrupted is done again', async () => {
    const first = await mkdtemp(join(made, 'interrupted-'))
    const child = spawn(process.execPath, [SERVER, first], { stdio: ['pipe', 'ignore', 'inherit'] })
    const postgresql = join(first, 'postgresql')
    const half = async (): Promise<boolean> =>
      (await readdir(postgresql).catch(() => [] as string[])).some((name) => name.startsWith('18.new-'))
    for (const until = Date.now() + 20_000; !(await half()) && Date.now() < until;) await sleep(5)
    await sleep(200)
    await killed(child)
    assert.ok(!(await readdir(postgresql)).includes('18'))
    const server = await start(first)
    assert.equal((await ask(server.connectionFor(OWNER_ROLE), 'select 1')).length, 1)
    assert.deepEqual(
      (await readdir(postgresql)).filter((name) => name.includes('.new-')),
      [],
    )
  })

  test('a directory of another major version is refused with what to do', async () => {
    const older = await mkdtemp(join(made, 'older-'))
    await mkdir(join(older, 'postgresql', '18'), { recursive: true })
    await writeFile(join(older, 'postgresql', '18', 'PG_VERSION'), '17\n')
    await assert.rejects(start(older), isRefusal(/PostgreSQL 17 .* backup/))
  })

  test('a directory whose passwords are gone, or are not its own, is refused', async () => {
    const file = join(folder, 'postgresql', 'passwords.json')
    const text = await readFile(file, 'utf8')
    await unlink(file)
    await assert.rejects(start(), isRefusal(/passwords\.json` is missing/))
    await writeFile(file, text.replace(/"reeve_superuser": "..../, '"reeve_superuser": "XXXX'))
    await assert.rejects(start(), isRefusal(/does not accept Reeve's password/))
    assert.deepEqual((await readdir(join(folder, 'postgresql', '18'))).includes('postmaster.pid'), false)
    await writeFile(file, '{ "reeve_superuser": "sec')
    await assert.rejects(start(), (error: Error) => isRefusal(/damaged/)(error) && !error.message.includes('sec'))
    await writeFile(file, text)
  })

  test('a data directory too deep for a socket still works', async () => {
    const deep = join(await mkdtemp(join(made, 'deep-')), 'd'.repeat(100))
    await openPath(dirname(deep))
    await rename(folder, deep)
    folder = deep
    const server = await start()
    const { host } = server.adminConnection()
    assert.ok((host ?? '').length < 90 && !(host ?? '').startsWith(folder), host)
    await server.stop()
    const again = await start()
    assert.equal(again.adminConnection().host, host)
    await again.stop()
    await rm(host ?? '', { recursive: true })
  })

  test('as an ordinary user it runs as that user', { skip: ordinaryUserMissing() }, async () => {
    const account = databaseAccount()
    assert.ok(account !== undefined)
    folder = await mkdtemp(join(tmpdir(), 'reeve-ordinary-'))
    await chown(folder, account.uid, account.gid)
    const [child, told] = await startedApart(folder, { uid: account.uid, gid: account.gid, cwd: '/' })
    try {
      assert.equal(told.fault, undefined)
      assert.equal(told.uid, account.uid)
      assert.equal((await stat(`/proc/${told.pid}`)).uid, account.uid)
    } finally {
      await endedApart(child)
      await rm(folder, { recursive: true, force: true })
    }
    assert.equal(isAlive(told.pid), false)
  })
})
