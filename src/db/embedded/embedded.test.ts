import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { openDatabase } from '../connect.ts'
import type { Connection } from '../connect.ts'
import { databaseUnavailable } from '../database-in-test.ts'
import { LAYER_NAMES, LAYERS } from '../layer.ts'
import type { Layer } from '../layer.ts'
import { OWNER_ROLE } from '../roles.ts'
import { sql } from '../sql.ts'
import { blockedAt, databaseAccount, isRoot, parsePasswd } from './account.ts'
import { binariesFor, linksRestored, packageFolder } from './binaries.ts'
import { startEmbedded } from './embedded.ts'
import type { EmbeddedServer } from './embedded.ts'
import { isAlive } from './process.ts'

const SERVER = fileURLToPath(new URL('./server-in-test.ts', import.meta.url))

interface Told {
  readonly pid: number
  readonly adopted: boolean
  readonly uid: number
  readonly fault?: string
}

function isFault(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, 'database_refused')
    assert.match(error.detail, pattern)
    return true
  }
}

async function started(dataDirectory: string, as: object = {}): Promise<readonly [ChildProcess, Told]> {
  const child = spawn(process.execPath, [SERVER, dataDirectory], { stdio: ['pipe', 'pipe', 'inherit'], ...as })
  const lines = createInterface({ input: child.stdout })
  const [line] = (await once(lines, 'line')) as [string]
  return [child, JSON.parse(line) as Told]
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit')
    child.stdin?.end()
    await exit
  }
}

async function ask(connection: Connection, text: string): Promise<unknown[]> {
  const client = new Client(connection)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the embedded server', { skip: databaseUnavailable() }, () => {
  let made: string
  let folder: string
  let running: EmbeddedServer | undefined
  const start = async (dataDirectory = folder): Promise<EmbeddedServer> => {
    running = await startEmbedded({ dataDirectory, durable: false })
    return running
  }
  // one cluster is made; every test has a copy, which is a tenth of the time
  before(async () => {
    made = await mkdtemp(join(tmpdir(), 'reeve-embedded-'))
    await openPath(made)
    const server = await startEmbedded({ dataDirectory: join(made, 'first'), durable: false })
    await server.stop()
  })
  const copied = async (): Promise<string> => {
    const copy = await mkdtemp(join(made, 'copy-'))
    await cp(join(made, 'first'), copy, { recursive: true })
    await sameOwners(join(made, 'first'), copy)
    return copy
  }
  afterEach(async () => {
    await running?.stop()
    running = undefined
  })
  after(() => rm(made, { recursive: true, force: true }))

  test('is closed to others: directories 0700, no network, no login without a password', async () => {
    folder = await copied()
    const server = await start()
    for (const name of ['18', 'run', 'log'])
      assert.equal((await stat(join(folder, 'postgresql', name))).mode & 0o777, 0o700, name)
    assert.equal((await stat(join(folder, 'postgresql', 'passwords.json'))).mode & 0o777, 0o600)
    assert.deepEqual(await ask(server.adminConnection(), 'show listen_addresses'), [{ listen_addresses: '' }])
    for (const password of ['', 'wrong'])
      await assert.rejects(ask({ ...server.adminConnection(), password }, 'select 1'), /password/)
    const running_as = (await stat(`/proc/${server.pid}`).catch(() => undefined))?.uid
    assert.notEqual(running_as, 0)
  })

  test('the owner owns the database, and no layer enters any other', async () => {
    folder = await copied()
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
    folder = await copied()
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
    folder = await copied()
    await start()
    await assert.rejects(
      startEmbedded({ dataDirectory: folder, durable: false }),
      isFault(new RegExp(`process ${process.pid} already serves`)),
    )
  })

  test('so is one that cannot see the first, as in another container', async () => {
    folder = await copied()
    await start()
    await unlink(join(folder, 'postgresql', 'server.lock'))
    await assert.rejects(startEmbedded({ dataDirectory: folder, durable: false }), isFault(/another container/))
  })

  test('after kill -9 of the Reeve process, the next one takes the running server over', async () => {
    folder = await copied()
    const [child, told] = await started(folder)
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(isAlive(told.pid), 'the postmaster lives on')
    const server = await start()
    assert.equal(server.adopted, true)
    assert.equal(server.pid, told.pid)
    await server.stop()
    assert.equal(isAlive(told.pid), false)
  })

  test('after kill -9 of the postmaster, it is started again and the pools reconnect by themselves', async () => {
    folder = await copied()
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
    const killed = server.pid
    process.kill(killed, 'SIGKILL')
    let answer: unknown
    for (const until = Date.now() + 30_000; answer === undefined && Date.now() < until; await sleep(50)) {
      if (events.at(-1) !== 'up') continue
      answer = await one()
    }
    await database.close()
    assert.deepEqual(answer, [{ one: 1 }])
    assert.deepEqual(events, ['down', 'up'])
    assert.notEqual(server.pid, killed)
  })

  test('after kill -9 of both, the next start recovers', async () => {
    folder = await copied()
    const [child, told] = await started(folder)
    child.kill('SIGKILL')
    process.kill(told.pid, 'SIGKILL')
    await once(child, 'exit')
    const server = await start()
    assert.equal(server.adopted, false)
    assert.equal((await ask(server.adminConnection(), 'select 1')).length, 1)
  })

  test('a postmaster.pid whose number another program has now does not stop the start', async () => {
    folder = await copied()
    const file = join(folder, 'postgresql', '18', 'postmaster.pid')
    await writeFile(file, `${process.pid}\n${folder}\n1\n5432\n/nowhere\n\n  0 0\nready   \n`)
    if (isRoot()) await chown(file, databaseAccount()?.uid ?? 0, databaseAccount()?.gid ?? 0)
    const server = await start()
    assert.notEqual(server.pid, process.pid)
  })

  test('a first start that was interrupted is done again', async () => {
    folder = await mkdtemp(join(made, 'interrupted-'))
    const child = spawn(process.execPath, [SERVER, folder], { stdio: ['pipe', 'ignore', 'inherit'] })
    const postgresql = join(folder, 'postgresql')
    const half = async (): Promise<boolean> =>
      (await readdir(postgresql).catch(() => [] as string[])).some((name) => name.startsWith('18.new-'))
    for (const until = Date.now() + 20_000; !(await half()) && Date.now() < until;) await sleep(5)
    await sleep(200)
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(!(await readdir(postgresql)).includes('18'))
    const server = await start()
    assert.equal((await ask(server.connectionFor(OWNER_ROLE), 'select 1')).length, 1)
    assert.deepEqual(
      (await readdir(postgresql)).filter((name) => name.includes('.new-')),
      [],
    )
  })

  test('a directory of another major version is refused with what to do', async () => {
    folder = await copied()
    await writeFile(join(folder, 'postgresql', '18', 'PG_VERSION'), '17\n')
    await assert.rejects(start(), isFault(/PostgreSQL 17 .* backup/))
  })

  test('a directory whose passwords are gone, or are not its own, is refused', async () => {
    folder = await copied()
    const file = join(folder, 'postgresql', 'passwords.json')
    const text = await readFile(file, 'utf8')
    await unlink(file)
    await assert.rejects(start(), isFault(/passwords\.json` is missing/))
    await writeFile(file, text.replace(/"reeve_superuser": "..../, '"reeve_superuser": "XXXX'))
    await assert.rejects(start(), isFault(/does not accept Reeve's password/))
    assert.deepEqual((await readdir(join(folder, 'postgresql', '18'))).includes('postmaster.pid'), false)
    await writeFile(file, '{ "reeve_superuser": "sec')
    await assert.rejects(start(), (error: Error) => isFault(/damaged/)(error) && !error.message.includes('sec'))
  })

  test('a data directory too deep for a socket still works', async () => {
    folder = join(await mkdtemp(join(made, 'deep-')), 'd'.repeat(100))
    await mkdir(dirname(folder), { recursive: true })
    await cp(join(made, 'first'), folder, { recursive: true })
    await sameOwners(join(made, 'first'), folder)
    if (isRoot()) await openPath(dirname(folder))
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
    const [child, told] = await started(folder, { uid: account.uid, gid: account.gid, cwd: '/' })
    try {
      assert.equal(told.fault, undefined)
      assert.equal(told.uid, account.uid)
      assert.equal((await stat(`/proc/${told.pid}`)).uid, account.uid)
    } finally {
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    }
    assert.equal(isAlive(told.pid), false)
  })

  test(
    'a data directory that its user cannot reach is refused with the remedy',
    { skip: !isRoot() && 'not root' },
    async () => {
      const closed = await mkdtemp(join(made, 'closed-'))
      await assert.rejects(
        startEmbedded({ dataDirectory: join(closed, 'data'), durable: false }),
        isFault(/cannot pass `.*closed-.*REEVE_DATA_DIR=/),
      )
    },
  )
})

describe('the binaries', { skip: databaseUnavailable() }, () => {
  test('their links are restored where no install script ran', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-links-'))
    await cp(packageFolder(), folder, { recursive: true, verbatimSymlinks: true })
    const lib = join(folder, 'native', 'lib')
    const links = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
    for (const { name } of links) await unlink(join(lib, name))
    assert.ok(links.length > 5)
    assert.equal(await linksRestored(folder), true)
    const restored = (await readdir(lib, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
    assert.deepEqual(
      restored.map(({ name }) => name),
      links.map(({ name }) => name),
    )
    await rm(folder, { recursive: true })
  })

  test('they are copied where the database user cannot reach them', { skip: !isRoot() && 'not root' }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-closed-'))
    const target = await mkdtemp(join(tmpdir(), 'reeve-copied-'))
    await openPath(target)
    await cp(packageFolder(), join(folder, 'package'), { recursive: true, verbatimSymlinks: true })
    const account = databaseAccount()
    const { postgres } = await binariesFor(account, target, join(folder, 'package'))
    assert.ok(postgres.startsWith(target))
    assert.equal(blockedAt(account, postgres), undefined)
    assert.deepEqual((await readdir(target)).length, 1)
    await rm(folder, { recursive: true })
    await rm(target, { recursive: true })
  })
})

test('the account is the first that is known, and never root', () => {
  const accounts = parsePasswd('root:x:0:0::/:\ntoor:x:0:0::/:\nnobody:x:65534:65534::/:\nodd\n-:x:-2:-2::/:\n')
  assert.deepEqual(accounts, [{ name: 'nobody', uid: 65534, gid: 65534 }])
  if (isRoot()) assert.throws(() => databaseAccount(() => 'root:x:0:0::/:'), isFault(/useradd --system reeve/))
})

function ordinaryUserMissing(): string | false {
  if (!isRoot()) return 'the other tests run as an ordinary user already'
  return blockedAt(databaseAccount(), dirname(SERVER)) === undefined ? false : 'the sources are closed to other users'
}

async function openPath(path: string): Promise<void> {
  await chmod(path, 0o711)
}

async function sameOwners(from: string, to: string): Promise<void> {
  if (!isRoot()) return
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { uid, gid } = await stat(path)
    await chown(path.replace(from, to), uid, gid)
  }
  const { uid, gid } = await stat(from)
  await chown(to, uid, gid)
}
