// The roles as PostgreSQL must have them: each layer's LOGIN role with nothing of its own, member of no other.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { LAYERS } from './layer.ts'
import { identifier } from './sql.ts'

export const OWNER_ROLE = 'reeve_owner'
export const SUPERUSER_ROLE = 'reeve_superuser'
export const LAYER_ROLES: readonly string[] = Object.values(LAYERS).map(({ role }) => role)

const BARE = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit'
/** What only a superuser may say, and CREATEROLE gives by itself. */
const BARE_FOR_CREATEROLE = 'login noinherit'

/** Makes what is missing and sets the password; `full` when the administrator is a superuser. Safe to repeat. */
export async function createRole(
  administrator: pg.ClientBase,
  role: string,
  password: string,
  full: boolean,
): Promise<void> {
  const { rows } = await administrator.query('select from pg_catalog.pg_roles where rolname = $1', [role])
  const verb = rows.length === 0 ? 'create' : 'alter'
  const attributes = full ? BARE : BARE_FOR_CREATEROLE
  await administrator.query(`${verb} role ${quoted(role)} ${attributes} password '${scramVerifier(password)}'`)
}

/** Nobody but the named roles enters the database; PUBLIC keeps nothing. `administrator` owns the database. */
export async function lockDown(
  administrator: pg.ClientBase,
  database: string,
  roles: readonly string[],
): Promise<void> {
  await administrator.query(
    `revoke all on database ${quoted(database)} from public;
     grant connect on database ${quoted(database)} to ${roles.map(quoted).join(', ')}`,
  )
}

function quoted(name: string): string {
  return identifier(name).compile().text
}

/** RFC 5803. SECURITY: sent instead of the password, which a server may write into its log. */
function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
