import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { backup, tablesOf, targetsFirst } from './backup.ts'
import { readFrames, writeFrames } from './backup-frames.ts'
import type { Frame } from './backup-frames.ts'
import type { BackupMade, Progress } from './backup.ts'
import type { Connection } from './connect.ts'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { migrate, readMigrations } from './migrate.ts'
import { restore, verifyBackup } from './restore.ts'
import { sql } from './sql.ts'

const AT = '2026-01-31T08:00:00.000Z'

function fault(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code)
    assert.match(error.detail, pattern)
    return true
  }
}

/** A backup that ends where its fifth table would begin. */
async function betweenTables(path: string): Promise<Buffer> {
  async function* some(): AsyncGenerator<Frame | Buffer> {
    let tables = 0
    for await (const frame of readFrames(path)) {
      if (!Buffer.isBuffer(frame) && frame.kind === 'table' && ++tables === 5) return
      yield frame
    }
  }
  await writeFrames(`${path}.cut`, some())
  return await readFile(`${path}.cut`)
}

async function on<T>(connection: Connection, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(connection)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Every row of every table, as text, and where each table's counting is. */
function contents(connection: Connection): Promise<Record<string, string[]>> {
  return on(connection, async (client) => {
    const found: Record<string, string[]> = {}
    for (const { name } of await tablesOf(client)) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t order by 1`)
      found[name] = rows.map(({ row }) => row)
    }
    return found
  })
}

describe('backup and restore', { skip: databaseUnavailable() }, () => {
  let folder: string
  let source: TestDatabase
  let path: string
  let made: BackupMade
  const targets: TestDatabase[] = []
  const target = async (): Promise<TestDatabase> => {
    const database = await testDatabase()
    targets.push(database)
    return database
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-backup-'))
    source = await testDatabase()
    const odd = fc
      .sample(fc.string({ unit: 'binary', maxLength: 40 }), 300)
      .map((text) => text.replaceAll('\0', '\\N\t\n\\.'))
    await source.database.layer('identity').transaction(async (tx) => {
      await tx.copyIn(
        'identity.version',
        ['record_id', 'version', 'valid_from', 'recorded_at', 'actor', 'reason', 'entry_id', 'hash', 'data'],
        odd.map((text, at) => [
          `prn_${at}`,
          1,
          AT,
          AT,
          text,
          at % 2 === 0 ? text : null,
          'evt',
          Buffer.from(text),
          { text },
        ]),
      )
      for (let at = 0; at < 5; at++)
        await tx.execute(sql`
          insert into evidence.entry (id, layer, type, at, actor, subjects)
          values (${`evt_${at}`}, 'identity', 'test.done', ${AT}, 'a', ${['x,y', '"', 'NULL']})`)
    })
    await writeFile(join(folder, 'key'), 'a key', { mode: 0o600 })
    path = join(folder, 'first.reeve-backup')
    await rm(join(folder, 'keys'), { recursive: true, force: true })
    made = await backup({ owner: source.owner, path, release: '1', createdAt: AT })
  })
  after(async () => {
    for (const database of [source, ...targets]) await database.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('what is restored is what was there, row by row', async () => {
    const { owner } = await target()
    const progress: Progress[] = []
    const restored = await restore({ owner, path, release: '1', onProgress: (one) => progress.push(one) })
    assert.deepEqual(await contents(owner), await contents(source.owner))
    assert.deepEqual(restored.rows, made.rows)
    assert.equal(restored.rows['identity.version'], 300)
    assert.deepEqual(restored.migrated, [])
    assert.equal(progress.at(-1)?.done, made.manifest.tables.length)
    assert.deepEqual(await migrate(owner), { applied: [], already: readMigrations().length })
  })

  test('counting goes on where it was, and layers may do what they could before', async () => {
    const database = await target()
    await restore({ owner: database.owner, path, release: '1' })
    await database.database.layer('access').transaction((tx) =>
      tx.execute(sql`
        insert into evidence.entry (id, layer, type, at, actor, subjects)
        values ('evt_new', 'access', 'test.done', ${AT}, 'a', '{}')`),
    )
    const ordinals = await on(database.owner, (client) =>
      client.query('select ordinal, written_by from evidence.entry order by ordinal::int desc limit 2'),
    )
    assert.deepEqual(ordinals.rows, [
      { ordinal: '6', written_by: 'reeve_access' },
      { ordinal: '5', written_by: 'reeve_identity' },
    ])
    await assert.rejects(
      database.database.layer('access').transaction((tx) => tx.query(sql`delete from evidence.entry`)),
      { code: '42501' },
    )
  })

  test('only we can read it, and it is verified without a database', async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await verifyBackup(path), made)
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.new')),
      [],
    )
  })

  test('a backup that is cut or altered anywhere is refused, and nothing of it stays', async () => {
    const whole = await readFile(path)
    const database = await target()
    const untouched = await contents(database.owner)
    const bad = join(folder, 'bad')
    const flipped = (at: number): Buffer => {
      const altered = Buffer.from(whole)
      altered.writeUInt8(altered.readUInt8(at) ^ 0x10, at)
      return altered
    }
    const cuts = [0, 10, 20, 200, whole.length >> 1, whole.length - 8].map((length) => whole.subarray(0, length))
    const flips = Array.from({ length: 40 }, (_, at) => flipped(Math.floor((at * whole.length) / 40)))
    let refused = 0
    for (const content of [...cuts, ...flips]) {
      await writeFile(bad, content)
      const found = await verifyBackup(bad).catch((error: unknown) => error)
      // bits of the compression's own headers can flip without a change to what is in it
      if (!(found instanceof Error)) assert.deepEqual(found, made)
      else refused += fault('unreadable_input', /damaged|ends too early/)(found) ? 1 : 0
    }
    assert.ok(refused >= flips.length, `only ${refused} were refused`)
    for (const content of [cuts[3] ?? '', cuts[4] ?? '', flips[20] ?? '', await betweenTables(path)]) {
      await writeFile(bad, content)
      await assert.rejects(restore({ owner: database.owner, path: bad, release: '1' }), fault('unreadable_input', /./))
    }
    await assert.rejects(verifyBackup(join(folder, 'absent')), fault('unreadable_input', /absent/))
    assert.deepEqual(await contents(database.owner), untouched)
  })

  test('a database that is not empty is kept, unless it may be replaced; then what is newer in it is read first', async () => {
    const database = await target()
    await database.database.layer('identity').transaction((tx) =>
      tx.execute(sql`
        insert into evidence.entry (id, layer, type, at, actor, subjects)
        values ('evt_newer', 'identity', 'credential.revoked', ${AT}, 'a', '{}')`),
    )
    await database.database.close()
    const { owner } = database
    await assert.rejects(restore({ owner, path, release: '1' }), fault('conflict', /not empty/))
    const newer: Record<string, unknown>[] = []
    await restore({
      owner,
      path,
      release: '1',
      replace: true,
      async gather(as) {
        newer.push(...(await as('evidence').query(sql`select id, type from evidence.entry`)))
      },
      async replay(as, manifest) {
        assert.equal(manifest.createdAt, AT)
        for (const { id } of newer)
          await as('evidence').execute(sql`update identity.version set reason = ${id} where record_id = 'prn_1'`)
      },
    })
    assert.deepEqual(newer, [{ id: 'evt_newer', type: 'credential.revoked' }])
    const rows = await on(owner, (client) =>
      client.query(`select reason from identity.version where record_id = 'prn_1'`),
    )
    assert.deepEqual(rows.rows, [{ reason: 'evt_newer' }])
  })

  test('a replay that fails leaves the database as it was', async () => {
    const { owner } = await target()
    const before1 = await contents(owner)
    await assert.rejects(
      restore({ owner, path, release: '1', replay: () => Promise.reject(new Error('cannot replay')) }),
      /cannot replay/,
    )
    assert.deepEqual(await contents(owner), before1)
  })

  test('while a server uses the database it is refused', async () => {
    const database = await target()
    await database.database.layer('identity').transaction((tx) => tx.query(sql`select 1`))
    await assert.rejects(
      restore({ owner: database.owner, path, release: '1' }),
      fault('conflict', /stop every Reeve server/),
    )
  })

  test('a backup of an older release is brought up to this one; a newer one is refused', async () => {
    const known = readMigrations()
    const older = await target()
    await on(older.superuser, async (client) => {
      const { rows } = await client.query<{ schema: string }>(
        `select nspname as schema from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`,
      )
      await client.query(`drop schema ${rows.map(({ schema }) => schema).join(', ')} cascade`)
    })
    await migrate(older.owner, '0', known.slice(0, -1))
    const olderPath = join(folder, 'older.reeve-backup')
    await backup({ owner: older.owner, path: olderPath, release: '0', createdAt: AT })
    const { owner } = await target()
    const { migrated } = await restore({ owner, path: olderPath, release: '1' })
    assert.equal(migrated.length, 1)
    await on(older.owner, (client) =>
      client.query(
        `insert into reeve.migration (number, name, checksum, release) values (98, 'a', 'b', '9'), (99, 'a', 'b', '9')`,
      ),
    )
    await backup({ owner: older.owner, path: olderPath, release: '9', createdAt: AT })
    await assert.rejects(
      restore({ owner: (await target()).owner, path: olderPath, release: '1' }),
      fault('database_refused', /migration 98|newer release 9/),
    )
  })

  test('files beside the database go with it; another one in their place is not overwritten', async () => {
    const keys = await mkdtemp(join(folder, 'keys-'))
    await writeFile(join(keys, 'log.key'), Buffer.from([0, 255, 10]))
    const withKeys = join(folder, 'keys.reeve-backup')
    await backup({ owner: source.owner, path: withKeys, release: '1', createdAt: AT, filesFolder: keys })
    const into = join(folder, 'new', 'keys')
    await restore({ owner: (await target()).owner, path: withKeys, release: '1', filesFolder: into })
    assert.deepEqual(await readFile(join(into, 'log.key')), Buffer.from([0, 255, 10]))
    assert.equal((await stat(join(into, 'log.key'))).mode & 0o777, 0o600)
    await writeFile(join(into, 'log.key'), 'another')
    await assert.rejects(
      restore({ owner: (await target()).owner, path: withKeys, release: '1', filesFolder: into }),
      fault('conflict', /log\.key` is another one/),
    )
    assert.equal(await readFile(join(into, 'log.key'), 'utf8'), 'another')
  })
})

test('a table comes after those that it refers to', () => {
  const tables = ['a', 'b', 'c', 'd'].map((name) => ({ name }))
  const references = [
    { name: 'a', target: 'c' },
    { name: 'c', target: 'd' },
  ]
  assert.deepEqual(
    targetsFirst(tables, references).map(({ name }) => name),
    ['d', 'c', 'a', 'b'],
  )
})
