// Whether each pool is who it should be: the layer's own role, with no power beyond its grants, member of nothing.
import { Client } from 'pg'
import { Fault } from '#kernel'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { faultOf, sqlStateOf } from './pg-faults.ts'

interface RoleState {
  readonly role: string
  readonly powers: string
  readonly memberships: string
}

const ROLE_STATE = `
  select r.rolname as role,
    concat_ws(', ',
      case when r.rolsuper then 'superuser' end, case when r.rolcreaterole then 'createrole' end,
      case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end,
      case when r.rolbypassrls then 'bypassrls' end,
      case when d.datdba = r.oid then 'owner of the database' end) as powers,
    coalesce((select string_agg(g.rolname, ', ' order by g.rolname)
      from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid), '')
      as memberships
  from pg_catalog.pg_roles r join pg_catalog.pg_database d on d.datname = current_database()
  where r.rolname = session_user`

/** Throws Fault('database_refused') for the first layer whose role could do what another layer's may. */
export async function checkRoles(connections: Readonly<Record<Layer, Connection>>): Promise<void> {
  await Promise.all(LAYER_NAMES.map((layer) => checkRole(layer, connections[layer])))
}

async function checkRole(layer: Layer, connection: Connection): Promise<void> {
  const { role: expected } = LAYERS[layer]
  const { role, powers, memberships } = await stateOf(layer, connection)
  if (role !== expected)
    throw new Fault('database_refused', `the ${layer} layer must connect as ${expected}, not as ${role}`)
  if (powers !== '')
    throw new Fault(
      'database_refused',
      `the role ${role} has more than it may (${powers}): take it away with ALTER ROLE`,
    )
  if (memberships !== '')
    throw new Fault(
      'database_refused',
      `the role ${role} is a member of ${memberships}: REVOKE that, layers stay apart`,
    )
}

async function stateOf(layer: Layer, connection: Connection): Promise<RoleState> {
  const client = new Client(connectionSettings(connection, `reeve ${layer}`))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<RoleState>(ROLE_STATE)
    if (rows[0] === undefined) throw new Error('the session has no role')
    return rows[0]
  } catch (error) {
    if (['28P01', '28000', '42501', '3D000'].includes(sqlStateOf(error) ?? ''))
      throw new Fault(
        'database_refused',
        `${LAYERS[layer].role} is refused by the database: look at its password, at pg_hba.conf, and at CONNECT`,
        { cause: error },
      )
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}
