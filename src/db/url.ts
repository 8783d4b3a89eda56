// A PostgreSQL of the user's own: REEVE_DATABASE_URL is its owner's, REEVE_DATABASE_URL_<LAYER> a layer's. Roles that
// have no URL are made, where the owner may make roles.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { Fault } from '#kernel'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { passwordsFor } from './passwords.ts'
import { faultOf, sqlStateOf } from './pg-faults.ts'
import { createRole, LAYER_ROLES, lockDown } from './roles.ts'

const URL_VARIABLE = 'REEVE_DATABASE_URL'
const VERSION_MIN = 15

export type Environment = Readonly<Record<string, string | undefined>>

export interface ExternalDatabase {
  readonly owner: Connection
  readonly layers: Readonly<Record<Layer, Connection>>
}

/** `undefined` where the user has not asked for a database of their own. */
export async function externalDatabase(
  environment: Environment,
  dataDirectory: string,
): Promise<ExternalDatabase | undefined> {
  const url = parsedUrl(environment, URL_VARIABLE)
  if (url === undefined) {
    const lone = LAYER_NAMES.map(variableOf).find((name) => environment[name] !== undefined)
    if (lone !== undefined)
      throw new Fault('config_invalid', `${lone} is set and ${URL_VARIABLE} is not: set the owner's URL too`)
    return undefined
  }
  const owner: Connection = { connectionString: url.href }
  const given = new Map(LAYER_NAMES.map((layer) => [layer, parsedUrl(environment, variableOf(layer))]))
  const missing = LAYER_NAMES.filter((layer) => given.get(layer) === undefined)
  const passwords = missing.length === 0 ? new Map<string, string>() : await layerPasswords(dataDirectory, missing)
  await prepare(owner, passwords)
  const connectionOf = (layer: Layer): Connection => {
    const { role } = LAYERS[layer]
    return { connectionString: given.get(layer)?.href ?? asRole(url, role, passwords.get(role) ?? '') }
  }
  const layers = LAYER_NAMES.map((layer) => [layer, connectionOf(layer)])
  return { owner, layers: Object.fromEntries(layers) as Record<Layer, Connection> }
}

function variableOf(layer: Layer): string {
  return `${URL_VARIABLE}_${layer.toUpperCase()}`
}

/** SECURITY: the text holds a password; no message quotes it. */
function parsedUrl(environment: Environment, name: string): URL | undefined {
  const text = environment[name]
  if (text === undefined || text === '') return undefined
  const url = URL.parse(text)
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol) || url.pathname.length < 2)
    throw new Fault('config_invalid', `${name} is no database URL: write postgresql://user:password@host:port/database`)
  return url
}

/** As parameters, because a URL without a host (a Unix socket) cannot name a user. */
function asRole(url: URL, role: string, password: string): string {
  const own = new URL(url)
  own.username = ''
  own.password = ''
  own.searchParams.set('user', role)
  own.searchParams.set('password', password)
  return own.href
}

async function layerPasswords(dataDirectory: string, layers: readonly Layer[]): Promise<Map<string, string>> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const roles = layers.map((layer) => LAYERS[layer].role)
  const passwords = await passwordsFor(join(dataDirectory, 'layer-passwords.json'), roles)
  return new Map([...passwords].filter(([role]) => roles.some((one) => one === role)))
}

interface Administrator {
  readonly version: number
  readonly name: string
  readonly superuser: boolean
  readonly owns: boolean
  readonly database: string
}

async function prepare(owner: Connection, passwords: ReadonlyMap<string, string>): Promise<void> {
  const client = new Client(connectionSettings(owner, 'reeve setup'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const administrator = await administratorOf(client)
    for (const [role, password] of passwords) await makeRole(client, administrator, owner, role, password)
    await lockDown(client, administrator.database, LAYER_ROLES)
  } catch (error) {
    throw ownerFault(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function administratorOf(client: Client): Promise<Administrator> {
  const { rows } = await client.query<Administrator>(
    `select current_setting('server_version_num')::int / 10000 as version, r.rolname as name, r.rolsuper as superuser,
       pg_catalog.pg_has_role(d.datdba, 'usage') as owns, d.datname as database
     from pg_catalog.pg_roles r join pg_catalog.pg_database d on d.datname = current_database()
     where r.rolname = current_user`,
  )
  const [administrator] = rows
  if (administrator === undefined) throw new Error('the session has no role')
  if (administrator.version < VERSION_MIN)
    throw new Fault(
      'database_refused',
      `PostgreSQL ${administrator.version} is too old: ${URL_VARIABLE} needs ${VERSION_MIN} or later`,
    )
  if (!administrator.owns)
    throw new Fault(
      'database_refused',
      `${administrator.name} does not own the database: ` +
        `ALTER DATABASE "${administrator.database}" OWNER TO "${administrator.name}"`,
    )
  return administrator
}

/** Leaves alone a role that takes its password already: then no right to make roles is needed. */
async function makeRole(
  client: Client,
  administrator: Administrator,
  owner: Connection,
  role: string,
  password: string,
): Promise<void> {
  if (await accepted(owner, role, password)) return
  const { rows } = await client.query<{ database: string }>(
    'select datname as database from pg_catalog.pg_stat_activity where usename = $1 and datname <> current_database()',
    [role],
  )
  // roles belong to the whole server: another password would lock the other one out
  if (rows[0] !== undefined)
    throw new Fault(
      'database_refused',
      `the role ${role} is in use by the database \`${rows[0].database}\`, another Reeve's: use a PostgreSQL server of ` +
        `its own, or give each layer's URL in ${LAYER_NAMES.map(variableOf).join(', ')}`,
    )
  try {
    await createRole(client, role, password, administrator.superuser)
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error
    const roles = LAYER_ROLES.map((one) => `CREATE ROLE ${one} LOGIN NOINHERIT PASSWORD '…'`).join('; ')
    throw new Fault(
      'database_refused',
      `${administrator.name} may not make the role ${role}: either ALTER ROLE "${administrator.name}" CREATEROLE, or ` +
        `as an administrator ${roles}; and then give each layer's URL in ${LAYER_NAMES.map(variableOf).join(', ')}`,
      { cause: error },
    )
  }
}

async function accepted(owner: Connection, role: string, password: string): Promise<boolean> {
  const url = URL.parse(owner.connectionString ?? '')
  if (url === null) return false
  const client = new Client(connectionSettings({ connectionString: asRole(url, role, password) }, 'reeve setup'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    // whatever the reason, setting it up again is what can be done about it
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function ownerFault(error: unknown): unknown {
  const state = sqlStateOf(error) ?? ''
  if (/^(?:28|3D000)/.test(state)) {
    const what = state === '3D000' ? 'the database that it names does not exist' : 'its user is not let in'
    return new Fault('database_refused', `${URL_VARIABLE}: ${what}`, { cause: error })
  }
  return faultOf(error)
}
