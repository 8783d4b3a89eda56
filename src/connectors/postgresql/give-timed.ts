// A grant begins at PostgreSQL: a login role of its own, without a password until who has the grant asks for one.
import { randomBytes } from 'node:crypto'
import { scramVerifier } from '#kernel'
import type { TargetCall, TimedDone, TimedLogin, TimedRight } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { roleOf } from './role.ts'
import { identifier, literal } from './sql-text.ts'
import { sqlstateOf, TargetError } from './target-error.ts'
import { commentOf, readComment, rightsAt, tableStatements, timedRoleName } from './timed-role.ts'
import type { PostgresqlRight } from './timed-role.ts'

const CONNECTIONS_MAX = 10
const GOOD_SECONDS = 60
/** No such role, schema, table or database; not allowed: a person has to change something first. */
const LASTING = /^(?:42|3D000|3F000|0LP01|22)/

const WHAT_THERE_IS =
  'ask for pg:member on pg://NAME/role/ROLE, or for pg:SELECT, pg:INSERT, pg:UPDATE, pg:DELETE on pg://NAME/DATABASE/SCHEMA.TABLE'

export async function giveTimed(call: TargetCall, right: TimedRight): Promise<TimedDone> {
  const rights = rightsAt(call.settings, right)
  if (rights === undefined || rights.length === 0) return lasting(`this cannot be given here: ${WHAT_THERE_IS}`)
  if (right.until === undefined || right.until <= call.clock()) return lasting('it has no end, or its time is over')
  const role = timedRoleName(right)
  try {
    const refused = await asAdministrator(call, { for: 'acting' }, (one) => makeRole(one, call, right, rights))
    if (refused !== undefined) return lasting(refused)
    for (const [database, tables] of byDatabase(rights)) {
      const missing = await asAdministrator(call, { for: 'acting', database }, (one) => giveTables(one, role, tables))
      if (missing !== undefined) return lasting(`in the database ${database}: ${missing}`)
    }
  } catch (error) {
    const sqlstate = sqlstateOf(error)
    if (!(error instanceof TargetError) || sqlstate === undefined || !LASTING.test(sqlstate)) throw error
    return lasting(error.message)
  }
  return { done: true, answer: `the role ${role} is there until ${right.until}` }
}

const lasting = (reason: string): TimedDone => ({ done: false, reason, lasting: true })

/** All or nothing. Answers why it may not be. */
async function makeRole(
  one: Administrator,
  call: TargetCall,
  right: TimedRight,
  rights: readonly PostgresqlRight[],
): Promise<string | undefined> {
  const role = timedRoleName(right)
  const groups = [...new Set(rights.flatMap((each) => (each.kind === 'member' ? [each.role] : [])))]
  for (const group of groups) {
    const refused = await tooMuch(one, call, group)
    if (refused !== undefined) return refused
  }
  const found = await commentAt(one, role)
  if (found !== undefined && (found?.fence ?? 0) > right.fence) return 'it was told of a later step of this grant'
  const name = identifier(role)
  const until = literal(right.until ?? '')
  const inherited = one.version >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : ''
  await one.rows(
    [
      `${found === undefined ? 'CREATE' : 'ALTER'} ROLE ${name} LOGIN INHERIT CONNECTION LIMIT ${CONNECTIONS_MAX} VALID UNTIL ${until}`,
      `COMMENT ON ROLE ${name} IS ${literal(commentOf(right))}`,
      ...groups.map((group) => `GRANT ${identifier(group)} TO ${name}${inherited}`),
    ].join('; '),
  )
  return undefined
}

/** `undefined`: there is no such role; `null`: there is, and nobody here wrote its comment. */
async function commentAt(one: Administrator, role: string): Promise<ReturnType<typeof readComment> | null> {
  const [found] = await one.rows<{ comment: string | null }>(
    "select shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = $1",
    [role],
  )
  return found === undefined ? undefined : (readComment(found.comment) ?? null)
}

/** SECURITY: nobody comes to rule the server by a grant, whatever the administrative role could give. */
async function tooMuch(one: Administrator, { settings }: TargetCall, group: string): Promise<string | undefined> {
  const found = await roleOf(one, group)
  if (found === undefined) return `there is no role ${group}`
  if (group === settings.administrator.user || group.startsWith('pg_') || group.startsWith('reeve_'))
    return `no grant gives ${group}: ask for a role that was made for it`
  const ruling = await one.rows<{ name: string }>(
    `select rolname as name from pg_roles r where pg_has_role($1, r.oid, 'member') and (rolsuper or rolcreaterole
       or rolreplication or rolbypassrls or rolname in
         ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')) order by 1 limit 5`,
    [group],
  )
  if (ruling.length === 0) return undefined
  return `${group} rules the server by ${ruling.map(({ name }) => name).join(', ')}: no grant gives that`
}

type TableRight = Extract<PostgresqlRight, { kind: 'table' }>

function byDatabase(rights: readonly PostgresqlRight[]): Map<string, TableRight[]> {
  return Map.groupBy(
    rights.filter((right) => right.kind === 'table'),
    ({ database }) => database,
  )
}

/** Without the grant option PostgreSQL gives nothing and only warns: what is there after counts. */
async function giveTables(
  one: Administrator,
  role: string,
  rights: readonly TableRight[],
): Promise<string | undefined> {
  for (const right of rights) {
    await one.rows(tableStatements(role, right).join('; '))
    const [has] = await one.rows<{ held: boolean }>(
      `select has_schema_privilege($1, $2, 'USAGE') and has_table_privilege($1, format('%I.%I', $2::text, $3::text), $4) as held`,
      [role, right.schema, right.table, right.privilege],
    )
    if (has?.held === true) continue
    const table = `${identifier(right.schema)}.${identifier(right.table)}`
    return `the administrative role may not pass on ${right.privilege}: as the owner, GRANT ${right.privilege} ON TABLE ${table} TO it WITH GRANT OPTION`
  }
  return undefined
}

/**
 * INVARIANT: the target itself refuses the password after its minute, by its own clock, whatever becomes of Reeve: VALID UNTIL
 * is of the password alone, and sessions that it has opened stay.
 */
export async function loginTimed(call: TargetCall, right: TimedRight): Promise<TimedLogin> {
  const user = timedRoleName(right)
  const left = (Date.parse(right.until ?? '') - Date.parse(call.clock())) / 1000
  const secondsGood = Math.floor(Math.min(GOOD_SECONDS, left))
  if (!(secondsGood >= 1)) throw new TargetError('its time is over')
  const password = randomBytes(32).toString('base64url')
  await asAdministrator(call, { for: 'acting' }, async (one) => {
    const found = await commentAt(one, user)
    if (found === undefined) throw new TargetError(`the role ${user} is not there`)
    const [at] = await one.rows<{ end: string }>('select (now() + make_interval(secs => $1))::text as end', [
      secondsGood,
    ])
    const end = literal(at?.end ?? '')
    await one.rows(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(scramVerifier(password))} VALID UNTIL ${end}`)
  })
  const [database = call.settings.database] = byDatabase(rightsAt(call.settings, right) ?? []).keys()
  return { user, password, database, secondsGood }
}
