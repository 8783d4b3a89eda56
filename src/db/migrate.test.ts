import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createHash } from 'node:crypto'
import { Client } from 'pg'
import { Fault } from '#kernel'
import type { Connection } from './connect.ts'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import type { TestDatabase } from './database-in-test.ts'
import { migrate, readMigrations } from './migrate.ts'
import type { Migration } from './migrate.ts'

function migration(number: number, name: string, text: string): Migration {
  return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') }
}

function refused(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault && error.code === 'database_refused', String(error))
    assert.match(error.detail, pattern)
    return true
  }
}

describe('migrations', { skip: databaseUnavailable() }, () => {
  let own: TestDatabase
  let owner: Connection
  let known: Migration[]
  before(async () => {
    own = await testDatabase()
    owner = own.owner
    known = readMigrations()
  })
  after(() => own.close())
  const next = (text: string, name = 'next'): Migration => migration(known.length + 1, name, text)
  const rows = async (text: string): Promise<unknown[]> => {
    const client = new Client(owner)
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  test('all are applied, each once, each with its release', async () => {
    assert.deepEqual(await migrate(owner), { applied: [], already: known.length })
    const recorded = await rows('select number, release from reeve.migration order by number')
    assert.deepEqual(
      recorded,
      known.map(({ number }) => ({ number, release: 'test' })),
    )
  })

  test('one that fails leaves nothing of itself, and is done when it is mended', async () => {
    const broken = next('create table half (); select nothing from nowhere')
    await assert.rejects(migrate(owner, '2', [...known, broken]), /migration \d{4}-next failed: .*nowhere/)
    assert.deepEqual(await rows(`select to_regclass('half') as half`), [{ half: null }])
    const mended = [...known, next('create table whole ()')]
    assert.deepEqual((await migrate(owner, '2', mended)).applied.length, 1)
    known = mended
  })

  test('an applied migration that was edited is refused by name', async () => {
    const edited = known.with(0, migration(1, known[0]?.name ?? '', '-- edited'))
    await assert.rejects(migrate(owner, '2', edited), refused(/0001-\S+ was applied with another content/))
  })

  test('a database of a newer release is refused', async () => {
    await assert.rejects(
      migrate(owner, '1', known.slice(0, -1)),
      refused(/downgrades are refused: .*-next of release 2/),
    )
  })

  test('two at once do it once', async () => {
    const more = [...known, next('create table once (); select pg_sleep(0.2)', 'once')]
    const both = await Promise.all([migrate(owner, '3', more), migrate(owner, '3', more)])
    assert.deepEqual(
      both.map(({ applied }) => applied.length).sort((a, b) => a - b),
      [0, 1],
    )
    known = more
  })

  test('no layer reads or changes what was applied', async () => {
    const client = new Client(own.connectionFor('governance'))
    await client.connect()
    await assert.rejects(client.query('select * from reeve.migration'), { code: '42501' })
    await assert.rejects(client.query('create table public.mine ()'), { code: '42501' })
    await client.end()
  })
})

test('the files are numbered from 1 without gaps', () => {
  for (const [at, { number }] of readMigrations().entries()) assert.equal(number, at + 1)
})
