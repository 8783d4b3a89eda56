// The one command that makes the administrative role: SQL for `psql`, run once by a superuser. It gives what holding and
// revoking need and nothing more; the password is in it as its verifier only, so that no log of the server has it.
import { Fault } from '#kernel'
import { HELD_SETTING } from './held-mark.ts'
import { handOverFunction } from './hand-over.ts'
import { reviewedFunctions } from './reviewed-functions.ts'
import { identifier, literal } from './sql-text.ts'

export interface AdministratorWanted {
  readonly role: string
  /** SCRAM-SHA-256, see `scramVerifier` of the kernel. */
  readonly verifier: string
  /** Where it signs in, and what it reads there. */
  readonly database: string
  /** The other databases that it must enter, for what roles own there. */
  readonly databases: readonly string[]
  /** Roles that it may hold, revoke and give back, and their successor. None of them a superuser. */
  readonly managed: readonly string[]
}

const ATTRIBUTES = 'LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOREPLICATION NOBYPASSRLS'
const ALONE = 'INHERIT FALSE, SET FALSE'

/** Statements for each database, those of the whole server in the first. Each can be run again. */
export function administratorStatements(
  wanted: AdministratorWanted,
): { readonly database: string; readonly statements: string[] }[] {
  const role = identifier(wanted.role)
  const others = wanted.databases.filter((database) => database !== wanted.database)
  const whole = [
    made(wanted.role),
    // from 16 on each grant says whether it is inherited; before, only a role that inherits can use what it is a member of
    since16(`ALTER ROLE ${role} NOINHERIT`, `ALTER ROLE ${role} INHERIT`),
    // SECURITY: from 17 on a login sets them off, too
    since(17, `ALTER ROLE ${role} SET event_triggers = off`),
    `ALTER ROLE ${role} ${ATTRIBUTES} PASSWORD ${literal(wanted.verifier)}`,
    ...['pg_signal_backend', 'pg_read_all_stats'].map((name) => memberOf(name, role)),
    // where who leaked took every connection it still gets in, if the server keeps some in reserve (`reserved_connections`)
    since16(`GRANT pg_use_reserved_connections TO ${role} WITH INHERIT TRUE, SET FALSE`),
    `GRANT SET ON PARAMETER ${identifier(HELD_SETTING)} TO ${role}`,
    ...[wanted.database, ...others].map((one) => `GRANT CONNECT ON DATABASE ${identifier(one)} TO ${role}`),
    // before 16 CREATEROLE is enough to change every role that is no superuser
    ...wanted.managed.map((one) => since16(`GRANT ${identifier(one)} TO ${role} WITH ADMIN TRUE, ${ALONE}`)),
    ...reviewedFunctions(wanted.role),
  ]
  const handOver = handOverFunction(wanted.role)
  return [
    { database: wanted.database, statements: [...whole, ...handOver] },
    ...others.map((database) => ({ database, statements: handOver })),
  ]
}

/**
 * Text for `psql`, in each database all or nothing. SECURITY: the verifier stands in it; it is not the password, and is still
 * nobody else's to see.
 */
export function administratorSql(wanted: AdministratorWanted): string {
  const lines = ['\\set ON_ERROR_STOP on']
  for (const { database, statements } of administratorStatements(wanted)) {
    // else a server that logs statements keeps the verifier
    const silent = ["SET LOCAL log_statement = 'none'", 'SET LOCAL log_min_duration_statement = -1']
    // SECURITY: whoever owns the database says what is found first in it
    const named = 'SET LOCAL search_path = pg_catalog, pg_temp'
    const whole = ['BEGIN', ...silent, named, ...statements, 'COMMIT'].map((one) => `${one};`)
    lines.push(`\\connect ${connectName(database)}`, ...whole)
  }
  return `${lines.join('\n')}\n`
}

/** As `psql` reads a name after `\connect`; with `=` it would be taken for a connection string. */
function connectName(database: string): string {
  if (/[\p{Cc}='"\\]/u.test(database) || database.includes('://'))
    throw new Fault(
      'usage',
      `\`psql\` cannot be told to connect to ${JSON.stringify(database)}: run its part there by hand`,
    )
  return `"${database}"`
}

const made = (name: string): string =>
  block(
    `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(name)}) THEN CREATE ROLE ${identifier(name)}; END IF;`,
  )

const memberOf = (name: string, role: string): string =>
  since16(`GRANT ${name} TO ${role} WITH INHERIT TRUE, SET FALSE`, `GRANT ${name} TO ${role}`)

const since16 = (newer: string, older?: string): string => since(16, newer, older)

/** One text for every version: what an older server can't read is in a string there. */
function since(version: number, newer: string, older?: string): string {
  const otherwise = older === undefined ? '' : ` ELSE EXECUTE ${literal(older)};`
  return block(
    `IF current_setting('server_version_num')::int >= ${version}0000 THEN EXECUTE ${literal(newer)};${otherwise} END IF;`,
  )
}

const block = (body: string): string => `DO ${literal(`BEGIN ${body} END`)}`
