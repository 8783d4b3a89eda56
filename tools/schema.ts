// Writes src/db/schema.sql: what the migrations make, in a database that is thrown away. Run by `npm run schema`.
import { writeFile } from 'node:fs/promises'
import { Client } from 'pg'
import { testDatabase } from '../src/db/database-in-test.ts'
import { dumpSchema } from '../src/db/schema.ts'

const database = await testDatabase()
const client = new Client(database.owner)
await client.connect()
try {
  await writeFile(new URL('../src/db/schema.sql', import.meta.url), await dumpSchema(client))
} finally {
  await client.end()
  await database.close()
}
