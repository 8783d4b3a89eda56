import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Client } from 'pg'
import { databaseUnavailable, testDatabase } from './database-in-test.ts'
import { dumpSchema } from './schema.ts'

test('schema.sql is what the migrations make', { skip: databaseUnavailable() }, async () => {
  const database = await testDatabase()
  const client = new Client(database.owner)
  await client.connect()
  try {
    const committed = await readFile(new URL('schema.sql', import.meta.url), 'utf8')
    assert.equal(await dumpSchema(client), committed, 'run `npm run schema` and commit what it writes')
    await client.query('grant update (name) on identity.principal to reeve_access')
    assert.match(await dumpSchema(client), /grant update \(name\) on identity\.principal to reeve_access/)
  } finally {
    await client.end()
    await database.close()
  }
})
