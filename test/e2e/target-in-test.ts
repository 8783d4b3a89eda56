// A PostgreSQL of its own as a target of a server that runs as a process, and files with secrets for its command line.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { scramVerifier } from '#kernel'
import { startPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { startWithPersons } from './persons-in-test.ts'
import type { Persons } from './persons-in-test.ts'
import type { ServerOptions } from './server-in-test.ts'

export interface ContainWorld extends Persons {
  readonly postgres: TestPostgres
  /** A file that only its owner reads. */
  readonly file: (name: string, text: string) => Promise<string>
}

/** The target is called `main`, and is added with `target` beside its address; the roles are those that its administrative role may hold. */
export async function startWithTarget(
  t: TestContext,
  roles: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  target: readonly string[] = [],
  options: Partial<ServerOptions> = {},
): Promise<ContainWorld> {
  // what is sent to it is in its log, to be searched
  const postgres = await startPostgres(18, { logging_collector: 'on', log_statement: 'all', log_connections: 'on' })
  t.after(async () => await postgres.stop())
  const made = Object.entries(roles).map(
    ([role, password]) => `create role "${role}" login password '${scramVerifier(password)}'`,
  )
  await postgres.sql(made.join(';'))
  await postgres.administered(Object.keys(roles))
  const persons = await startWithPersons(t, args, options)
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(persons.folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const call = postgres.call()
  await mkdir(join(persons.folder, 'data', 'secrets'), { recursive: true, mode: 0o700 })
  const password = await file('data/secrets/main', await call.secretOf(''))
  const { ida, run } = persons
  const host = ['--host', '127.0.0.1', '--port', String(postgres.port), '--tls', 'off']
  const secret = ['--password', `file:${password}`]
  const added = await run(ida, 'target', 'add', 'main', ...host, ...secret, ...target)
  assert.equal(added.code, 0, added.stderr)
  return { ...persons, postgres, file }
}
