// A copy of a test's database that takes its place under whoever is connected, as when somebody restores an older one.
import { Client } from 'pg'
import type { TestDatabase } from './database-in-test.ts'
import { LAYER_ROLES, lockDown } from './roles.ts'

export interface DatabaseCopy {
  /** The two change names; every connection is ended. A second time, the first one is back. */
  swap(): Promise<void>
  remove(): Promise<void>
}

/** As it is now. Ends every connection: PostgreSQL copies only what nobody uses. */
export async function copyOf({ name, superuser }: TestDatabase): Promise<DatabaseCopy> {
  const client = new Client({ ...superuser, database: 'postgres' })
  await client.connect()
  const [copy, aside] = [`${name}_copy`, `${name}_aside`]
  const alone = async (work: () => Promise<void>): Promise<void> => {
    await client.query(`alter database ${name} with allow_connections false`)
    await client.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [name])
    await work()
    await client.query(`alter database ${name} with allow_connections true`)
  }
  await alone(async () => {
    await client.query(`create database ${copy} template ${name} strategy file_copy`)
    await lockDown(client, copy, LAYER_ROLES)
  })
  return {
    swap: async () =>
      await alone(async () => {
        await client.query(`alter database ${name} rename to ${aside}`)
        await client.query(`alter database ${copy} rename to ${name}`)
        await client.query(`alter database ${aside} rename to ${copy}`)
      }),
    remove: async () => {
      await client.query(`drop database ${copy} with (force)`)
      await client.end()
    },
  }
}
