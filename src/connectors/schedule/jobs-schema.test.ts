import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Client } from 'pg'
import { getConstructionPlans } from 'pg-boss'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'

const words = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

test('the migration of the job queue is what pg-boss constructs, but for its transaction and its day partitions', async () => {
  const migration = words(await readFile(new URL('../../db/migrations/0005-jobs.sql', import.meta.url), 'utf8'))
  const constructed = words(getConstructionPlans('jobs', { createSchema: false }))
  const begin = 'BEGIN; SET LOCAL lock_timeout'
  assert.ok(constructed.startsWith(begin))
  const body = constructed.slice(constructed.indexOf('CREATE TYPE'), constructed.lastIndexOf('COMMIT;'))
  const partitions = / ; DO \$\$.*?\$\$ ;|; ?; DO \$\$.*?\$\$ ;/
  assert.match(body, partitions)
  const statements = (text: string): string[] =>
    text
      .replace(partitions, ';')
      .split(';')
      .map(words)
      .filter((statement) => statement !== '')
  const made = migration.slice(migration.indexOf('CREATE TYPE'), migration.indexOf('-- no owner'))
  assert.deepEqual(statements(made), statements(body), 'pg-boss was upgraded: write a migration from getMigrationPlans')
})

test(
  'the role of connections can make no table in the schema of the queue',
  { skip: databaseUnavailable() },
  async () => {
    const database = await testDatabase()
    const client = new Client(database.connectionFor('connections'))
    await client.connect()
    try {
      await assert.rejects(client.query('create table jobs.mine (a int)'), { code: '42501' })
      await assert.rejects(client.query('alter table jobs.job add column mine int'), { code: '42501' })
      await assert.rejects(client.query('truncate jobs.job'), { code: '42501' })
    } finally {
      await client.end()
      await database.close()
    }
  },
)
