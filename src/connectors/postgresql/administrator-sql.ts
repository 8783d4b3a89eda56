// The one command that makes the administrative role: SQL for `psql`, run once by a superuser. It gives what holding and
// revoking need and nothing more; the password is in it as its verifier only, so that no log of the server has it.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { HELD_SETTING } from './deny-new-logins.ts'
import { reviewedFunctions } from './reviewed-functions.ts'
import { identifier, literal } from './sql-text.ts'

export interface AdministratorWanted {
  readonly role: string
  /** SCRAM-SHA-256, see `scramVerifier`. */
  readonly verifier: string
  /** Databases that it must enter, for what roles own there. */
  readonly databases: readonly string[]
  /** Roles that it may hold, revoke and give back. None of them a superuser. */
  readonly managed: readonly string[]
  /** The server's: 15, 18. */
  readonly version: number
}

const ATTRIBUTES = 'LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOREPLICATION NOBYPASSRLS'

/** Each statement can be run again. The reviewed functions go into the database that `psql` is connected to. */
export function administratorStatements(wanted: AdministratorWanted): string[] {
  const role = identifier(wanted.role)
  const name = literal(wanted.role)
  // from 16 on each grant says whether it is inherited; before, only an inheriting role can use what it is a member of
  const inherit = wanted.version >= 16 ? 'NOINHERIT' : 'INHERIT'
  return [
    `DO $make$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${name}) THEN CREATE ROLE ${role}; END IF; END $make$`,
    `ALTER ROLE ${role} ${ATTRIBUTES} ${inherit} PASSWORD ${literal(wanted.verifier)}`,
    `GRANT pg_signal_backend, pg_read_all_stats TO ${role}${wanted.version >= 16 ? ' WITH INHERIT TRUE, SET FALSE' : ''}`,
    `GRANT SET ON PARAMETER ${identifier(HELD_SETTING)} TO ${role}`,
    ...wanted.databases.map((database) => `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${role}`),
    ...(wanted.version >= 16
      ? wanted.managed.map((one) => `GRANT ${identifier(one)} TO ${role} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
      : []),
    ...reviewedFunctions(wanted.role),
  ]
}

/** All of it or nothing. SECURITY: the verifier stands in it; it is not the password, and is still nobody else's to see. */
export function administratorSql(wanted: AdministratorWanted): string {
  const statements = administratorStatements(wanted)
  return ['\\set ON_ERROR_STOP on', 'BEGIN;', ...statements.map((one) => `${one};`), 'COMMIT;', ''].join('\n')
}

/** RFC 5803, as PostgreSQL keeps it. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`
}
