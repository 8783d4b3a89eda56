// The roles as PostgreSQL must have them: each layer's LOGIN role with nothing of its own, member of no other.
import type pg from 'pg'
import { scramVerifier } from '#kernel'
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
