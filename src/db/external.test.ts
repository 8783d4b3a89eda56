// A PostgreSQL of the user's own: Debian's 15, when the machine has it, and our own binaries in any case.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { databaseUnavailable } from './database-in-test.ts'
import { databaseAccount } from './embedded/account.ts'
import { ENVIRONMENT } from './embedded/cluster.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import { openReeveDatabase } from './open.ts'
import type { ReeveDatabase } from './open.ts'
import { sql } from './sql.ts'
import { externalDatabase } from './url.ts'

const BINARIES = '/usr/lib/postgresql/15/bin'
const missing =
  databaseUnavailable() === false && existsSync(join(BINARIES, 'postgres')) ? false : `no PostgreSQL 15 in ${BINARIES}`
const run = promisify(execFile)

function refused(pattern: RegExp, secret = 'no secret'): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.match(error.detail, pattern)
    assert.ok(!error.message.includes(secret), 'the password is in the message')
    return true
  }
}

describe('a PostgreSQL 15 of the user’s own', { skip: missing }, () => {
  let folder: string
  let data: string
  let server: ChildProcess
  const url = (user: string, password: string, database: string): string =>
    `postgresql:///${database}?host=${folder}&port=5432&user=${user}&password=${encodeURIComponent(password)}`
  const asAdministrator = async (text: string): Promise<void> => {
    const client = new Client({ host: folder, port: 5432, user: 'administrator', password: 'p', database: 'postgres' })
    await client.connect()
    try {
      for (const statement of text.split(';')) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  const open = (environment: Record<string, string>, dataDirectory = data): Promise<ReeveDatabase> =>
    openReeveDatabase({ dataDirectory, environment, release: '1', log: () => undefined })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-own-'))
    data = await mkdtemp(join(tmpdir(), 'reeve-data-'))
    const account = databaseAccount()
    if (account !== undefined) await chown(folder, account.uid, account.gid)
    const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
    const password = join(folder, 'password')
    await writeFile(password, 'p', { mode: 0o644 })
    const pgdata = join(folder, 'data')
    const settings = ['-U', 'administrator', '--auth=scram-sha-256', `--pwfile=${password}`, '-N', '-E', 'UTF8']
    const options = { ...as, cwd: '/', env: ENVIRONMENT }
    await run(join(BINARIES, 'initdb'), ['-D', pgdata, '--locale=C.UTF-8', ...settings], options)
    const socket = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off']
    server = spawn(join(BINARIES, 'postgres'), ['-D', pgdata, ...socket], { ...options, stdio: 'ignore' })
    for (let attempt = 0; ; attempt++) {
      try {
        await asAdministrator("create role roll login createrole password $$it's@secret$$")
        break
      } catch (error) {
        if (attempt > 100) throw error
        await sleep(100)
      }
    }
    await asAdministrator(`create database roll owner roll; create role plain login password 'plain-secret';
      create database plain owner plain`)
  })
  after(async () => {
    const exit = once(server, 'exit')
    server.kill('SIGINT')
    await exit
    await rm(folder, { recursive: true, force: true })
    await rm(data, { recursive: true, force: true })
  })

  test('is migrated, its roles are made, and each layer connects as its own; twice changes nothing', async () => {
    const environment = { REEVE_DATABASE_URL: url('roll', "it's@secret", 'roll') }
    const first = await open(environment)
    assert.equal(first.kind, 'external')
    assert.ok(first.migrated.applied.length > 0)
    for (const layer of LAYER_NAMES) {
      const rows = await first.database.layer(layer).transaction((tx) => tx.query(sql`select session_user as role`))
      assert.deepEqual(rows, [{ role: LAYERS[layer].role }])
    }
    await first.stop()
    const file = join(data, 'layer-passwords.json')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const second = await open(environment)
    assert.deepEqual(second.migrated.applied, [])
    await second.stop()
    // no right to make roles is needed once they are there
    await asAdministrator('alter role roll nocreaterole')
    await (await open(environment)).stop()
    await asAdministrator('alter role roll createrole')
  })

  test('layers can be given by URL; one that is somebody else is refused', async () => {
    const passwords = JSON.parse(await readFile(join(data, 'layer-passwords.json'), 'utf8')) as Record<string, string>
    const environment = Object.fromEntries(
      LAYER_NAMES.map((layer) => [
        `REEVE_DATABASE_URL_${layer.toUpperCase()}`,
        url(LAYERS[layer].role, passwords[LAYERS[layer].role] ?? '', 'roll'),
      ]),
    )
    const owner = { REEVE_DATABASE_URL: url('roll', "it's@secret", 'roll') }
    await (await open({ ...environment, ...owner }, join(data, 'other'))).stop()
    await assert.rejects(
      open({ ...environment, ...owner, REEVE_DATABASE_URL_ACCESS: environment['REEVE_DATABASE_URL_IDENTITY'] ?? '' }),
      refused(/the access layer must connect as reeve_access, not as reeve_identity/),
    )
    await assert.rejects(open(environment), refused(/REEVE_DATABASE_URL is not/))
  })

  test('a role with more than it may have is refused', async () => {
    const environment = { REEVE_DATABASE_URL: url('roll', "it's@secret", 'roll') }
    await asAdministrator('grant reeve_identity to reeve_access')
    await assert.rejects(open(environment), refused(/reeve_access is a member of reeve_identity/))
    await asAdministrator('revoke reeve_identity from reeve_access; alter role reeve_usage superuser')
    await assert.rejects(open(environment), refused(/reeve_usage has more than it may \(superuser\)/))
    await asAdministrator('alter role reeve_usage nosuperuser')
    await (await open(environment)).stop()
  })

  test('who may not make roles is told what an administrator runs', async () => {
    const environment = { REEVE_DATABASE_URL: url('plain', 'plain-secret', 'plain') }
    await assert.rejects(
      open(environment, join(data, 'plain')),
      refused(
        /plain may not make the role .*CREATE ROLE reeve_evidence LOGIN.*REEVE_DATABASE_URL_EVIDENCE/,
        'plain-secret',
      ),
    )
    await assert.rejects(
      open({ REEVE_DATABASE_URL: url('plain', 'plain-secret', 'postgres') }, join(data, 'plain')),
      refused(/ALTER DATABASE "postgres" OWNER TO "plain"/, 'plain-secret'),
    )
    await assert.rejects(
      open({ REEVE_DATABASE_URL: url('plain', 'wrong-secret', 'plain') }, join(data, 'plain')),
      refused(/its user is not let in/, 'wrong-secret'),
    )
    await assert.rejects(
      open({ REEVE_DATABASE_URL: url('roll', "it's@secret", 'absent') }, join(data, 'plain')),
      refused(/does not exist/, 'secret'),
    )
  })

  test('roles that another Reeve on the same server is using are left alone', async () => {
    const environment = { REEVE_DATABASE_URL: url('roll', "it's@secret", 'roll') }
    const first = await open(environment)
    await first.database.layer('identity').transaction((tx) => tx.query(sql`select 1`))
    await asAdministrator('create database second owner roll')
    await assert.rejects(
      open({ REEVE_DATABASE_URL: url('roll', "it's@secret", 'second') }, join(data, 'second')),
      refused(/reeve_identity is in use by the database `roll`/, 'secret'),
    )
    await first.database.layer('identity').transaction((tx) => tx.query(sql`select 1`))
    await first.stop()
  })
})

test('a URL that is none is refused without being shown', async () => {
  for (const text of [
    'very-secret',
    'https://u:very-secret@h/d',
    'postgresql://u:very-secret@h',
    'postgresql://u:very-secret@h/',
  ])
    await assert.rejects(
      externalDatabase({ REEVE_DATABASE_URL: text }, tmpdir()),
      refused(/REEVE_DATABASE_URL is no database URL/, 'very-secret'),
    )
  assert.equal(await externalDatabase({}, tmpdir()), undefined)
})
