// Roles as facts: who may log in, who is in whom, whose password there is, and what attributes and predefined roles give.
import { parseInstant } from '#kernel'
import type { EntitlementFact, Observation } from '#kernel'
import type { Administrator } from './administrator.ts'
import { HELD_SETTING } from './held-mark.ts'
import { PUBLIC } from './fact-names.ts'
import type { Names } from './fact-names.ts'
import type { Verifier } from './reviewed-functions.ts'

export interface RoleSeen {
  readonly name: string
  readonly login: boolean
  readonly held: boolean
  readonly superuser: boolean
  readonly createsRoles: boolean
  readonly createsDatabases: boolean
  readonly replication: boolean
  readonly bypassesRowSecurity: boolean
  readonly connectionLimit: number
  readonly validUntil: string | null
  readonly comment: string | null
  readonly memberOf: readonly {
    readonly role: string
    readonly inherits: boolean
    readonly sets: boolean
    readonly admin: boolean
  }[]
}

const ROLES_MAX = 100_000

export async function rolesOf(administrator: Administrator): Promise<RoleSeen[]> {
  const [inherits, sets] = administrator.version >= 16 ? ['m.inherit_option', 'm.set_option'] : ['r.rolinherit', 'true']
  return await administrator.rows<RoleSeen>(
    `select r.rolname as name, r.rolcanlogin as login, r.rolsuper as superuser, r.rolcreaterole as "createsRoles",
       r.rolcreatedb as "createsDatabases", r.rolreplication as replication, r.rolbypassrls as "bypassesRowSecurity",
       r.rolconnlimit as "connectionLimit",
       case when isfinite(r.rolvaliduntil) then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as "validUntil",
       left(shobj_description(r.oid, 'pg_authid'), 500) as comment,
       coalesce((select bool_or(c like '${HELD_SETTING}=%') from pg_db_role_setting s, unnest(s.setconfig) c
         where s.setrole = r.oid and s.setdatabase = 0), false) as held,
       coalesce((select jsonb_agg(jsonb_build_object('role', g.rolname, 'inherits', ${inherits}, 'sets', ${sets}, 'admin', m.admin_option))
         from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid), '[]') as "memberOf"
     from pg_roles r
     where r.rolname not like 'pg\\_%' or exists (select from pg_auth_members m where m.roleid = r.oid)
     order by r.rolname limit ${ROLES_MAX}`,
  )
}

export function* roleFacts(
  names: Names,
  roles: readonly RoleSeen[],
  verifiers?: readonly Verifier[],
): Generator<Observation> {
  const kinds = new Map(verifiers?.map(({ account, kind }) => [account, kind]))
  const known = new Set(roles.map(({ name }) => name))
  yield { ...group(names, PUBLIC), purpose: { text: 'every role is in it', reason: 'PUBLIC of PostgreSQL' } }
  for (const role of roles) {
    const verifier = kinds.get(role.name)
    yield* oneRole(names, role, verifier)
    yield* ways(names, role, known)
    for (const [text, right] of Object.entries(powersOf(role))) yield entitlement(names, role.name, text, right)
  }
}

function* oneRole(names: Names, role: RoleSeen, verifier: Verifier['kind'] | undefined): Generator<Observation> {
  const principal = names.role(role.name)
  const provenance = names.seenAt(role.name)
  const expiresAt = role.validUntil === null ? undefined : parseInstant(role.validUntil)
  const hasPassword = verifier !== undefined && verifier !== 'none'
  // who was held, or has a password, is no mere set of rights because it may not log in now
  const signsIn = role.login || role.held || hasPassword
  yield {
    ...group(names, role.name),
    ...(signsIn && { kind: 'service_account', kindIsDefault: true, enabled: role.login }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(role.comment !== null && { purpose: { text: role.comment, reason: 'comment of the role' } }),
    attributes: {
      superuser: role.superuser,
      createsRoles: role.createsRoles,
      createsDatabases: role.createsDatabases,
      replication: role.replication,
      bypassesRowSecurity: role.bypassesRowSecurity,
      connectionLimit: role.connectionLimit,
      password: verifier ?? 'unknown',
    },
  }
  if (!hasPassword) return
  yield {
    type: 'credential',
    ref: names.password(role.name),
    credentialType: 'password',
    exposure: 'record',
    principal,
    name: `password of ${role.name}`,
    enabled: role.login,
    ...(expiresAt !== undefined && { expiresAt }),
    attributes: { verifier },
    provenance,
  }
}

const group = (names: Names, name: string): Extract<Observation, { type: 'principal' }> => ({
  type: 'principal',
  ref: names.role(name),
  kind: 'group',
  nativeType: 'role',
  system: 'postgresql',
  externalId: names.resource('role', name),
  name,
  provenance: names.seenAt(name),
})

/** Rights come by INHERIT; SET and ADMIN are ways to take them. */
function* ways(names: Names, { name, memberOf, login }: RoleSeen, known: ReadonlySet<string>): Generator<Observation> {
  const provenance = names.seenAt(name)
  if (login) yield { type: 'membership', member: names.role(name), group: names.role(PUBLIC), provenance }
  for (const { role, inherits, sets, admin } of memberOf) {
    if (!known.has(role)) continue
    if (inherits) yield { type: 'membership', member: names.role(name), group: names.role(role), provenance }
    if (!sets && !admin) continue
    yield {
      type: 'relation',
      relation: 'may_assume',
      from: { ref: names.role(name) },
      to: names.role(role),
      attributes: { by: sets ? 'SET ROLE' : 'ADMIN OPTION, which lets it grant itself the rest' },
      provenance,
    }
  }
}

interface Power {
  readonly privileges: readonly string[]
  readonly on: readonly string[]
  readonly level: EntitlementFact['level']
  readonly reason: string
}

const PREDEFINED: Readonly<Record<string, Power>> = {
  pg_read_all_data: { privileges: ['SELECT'], on: ['*'], level: 'read', reason: 'reads every table of every database' },
  pg_write_all_data: {
    privileges: ['INSERT', 'UPDATE', 'DELETE'],
    on: ['*'],
    level: 'write',
    reason: 'writes every table',
  },
  pg_execute_server_program: {
    privileges: ['superuser'],
    on: ['*'],
    level: 'admin',
    reason: 'runs programs as the server itself, and so becomes superuser',
  },
  pg_write_server_files: {
    privileges: ['superuser'],
    on: ['*'],
    level: 'admin',
    reason: 'writes files as the server itself, pg_hba.conf among them, and so becomes superuser',
  },
  pg_read_server_files: {
    privileges: ['SELECT'],
    on: ['*'],
    level: 'admin',
    reason: 'reads files as the server itself, every verifier among them',
  },
  pg_signal_backend: { privileges: ['signal'], on: ['role/*'], level: 'write', reason: 'ends sessions of others' },
}

function powersOf(role: RoleSeen): Readonly<Record<string, Power>> {
  const predefined = PREDEFINED[role.name]
  return {
    ...(predefined !== undefined && { [role.name]: predefined }),
    ...(role.superuser && {
      SUPERUSER: { privileges: ['*'], on: ['*'], level: 'admin', reason: 'no check applies to a superuser' },
    }),
    ...(role.createsRoles && {
      CREATEROLE: {
        privileges: ['createrole'],
        on: ['role/*'],
        level: 'admin',
        reason: 'makes roles and gives them rights; before version 16 it changes every role that is no superuser',
      },
    }),
    ...(role.replication && {
      REPLICATION: {
        privileges: ['SELECT'],
        on: ['*'],
        level: 'admin',
        reason: 'copies the whole server, verifiers included',
      },
    }),
    ...(role.bypassesRowSecurity && {
      BYPASSRLS: {
        privileges: ['bypassrls'],
        on: ['*'],
        level: 'write',
        reason: 'row level security does not hold for it',
      },
    }),
  }
}

function entitlement(names: Names, name: string, permission: string, power: Power): EntitlementFact {
  return {
    type: 'entitlement',
    principal: names.role(name),
    system: 'postgresql',
    permission,
    actions: power.privileges.map((privilege) => `pg:${privilege}`),
    resources: power.on.map((path) => names.resource(path)),
    level: power.level,
    reason: power.reason,
    provenance: names.seenAt(name),
  }
}
