// Grants begin at PostgreSQL: for each a login role of its own, without a password until who has the grant asks for one. Many that
// begin together are made in one session, some at a time.
import type { TargetCall, TimedDone, TimedRight } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { tooMuch } from './give-too-much.ts'
import { leftAs } from './left-as-group.ts'
import { allOrEach, inParts, OneSession } from './one-session.ts'
import { few } from './other-ways.ts'
import { identifier, literal } from './sql-text.ts'
import { sqlstateOf, TargetError } from './target-error.ts'
import { membershipsBeyond, takeExcess } from './take-excess.ts'
import { commentOf, commentsOf, groupsOf, rightsAt, tablesOf, tableStatements, timedRoleName } from './timed-role.ts'
import type { TableRight, TimedComment, Wanted } from './timed-role.ts'

const CONNECTIONS_MAX = 10
/** No such role, schema, table or database; not allowed: a person has to change something first. */
const LASTING = /^(?:42|3D000|3F000|0LP01|22)/

const WHAT_THERE_IS =
  'ask for pg:member on pg://NAME/role/ROLE, or for pg:SELECT, pg:INSERT, pg:UPDATE, pg:DELETE on pg://NAME/DATABASE/SCHEMA.TABLE'
const OVER = 'it has no end, or its time is over'

/** By role, where it was not done: why. An error can be tried again. */
type NotDone = Map<string, TimedDone | TargetError>

interface Given {
  readonly notDone: NotDone
  /** By role, where a group was taken from it: what may be there of its time as that. */
  readonly left: ReadonlyMap<string, readonly string[]>
}

const together = new OneSession<Wanted, Given>(giveAll)

export async function giveTimed(call: TargetCall, right: TimedRight): Promise<TimedDone> {
  const rights = rightsAt(call.settings, right)
  if (rights === undefined || rights.length === 0) return lasting(`this cannot be given here: ${WHAT_THERE_IS}`)
  if (right.until === undefined || right.until <= call.clock()) return lasting(OVER)
  const role = timedRoleName(right)
  const given = await together.join(call, { right, role, rights })
  const notDone = given.notDone.get(role)
  if (notDone instanceof TargetError) throw notDone
  const left = given.left.get(role) ?? []
  const look = left.length === 0 ? '' : `; look whether this is to stay, which it may have made before: ${few(left)}`
  return notDone ?? { done: true, answer: `the role ${role} is there until ${right.until}${look}` }
}

const lasting = (reason: string): TimedDone => ({ done: false, reason, lasting: true })

async function giveAll(call: TargetCall, asked: readonly Wanted[]): Promise<Given> {
  const notDone: NotDone = new Map()
  const left = new Map<string, readonly string[]>()
  // one that is asked for twice, since nobody had heard of the first: the later step counts
  const inOrder = asked.toSorted((a, b) => a.right.fence - b.right.fence)
  const wanted = [...new Map(inOrder.map((one) => [one.role, one])).values()]
  await asAdministrator(call, { for: 'acting' }, async (one) => {
    const again = await makeRoles(one, call, wanted, notDone)
    const beyond = await membershipsBeyond(one, again)
    for (const [role, why] of await takeExcess(one, call, again)) notDone.set(role, why)
    for (const group of new Set(beyond.map((each) => each.group))) {
      const lines = await leftAs(one, call, group)
      for (const each of beyond)
        if (each.group === group) left.set(each.role, [...(left.get(each.role) ?? []), ...lines])
    }
  })
  const withTables = wanted.filter(({ role }) => !notDone.has(role))
  for (const database of new Set(withTables.flatMap(tablesOf).map((table) => table.database)))
    await inDatabase(call, database, withTables, notDone)
  return { notDone, left }
}

/** Answers those that were there before. */
async function makeRoles(
  one: Administrator,
  call: TargetCall,
  wanted: readonly Wanted[],
  notDone: NotDone,
): Promise<Wanted[]> {
  const refused = new Map<string, string>()
  for (const group of new Set(wanted.flatMap(groupsOf))) {
    const why = await tooMuch(one, call, group)
    if (why !== undefined) refused.set(group, why)
  }
  const roles = wanted.map(({ role }) => role)
  const [known, now] = [await commentsOf(one, roles), call.clock()]
  const may = wanted.filter((each) => {
    const [group] = groupsOf(each).flatMap((name) => refused.get(name) ?? [])
    const why = group ?? passedBy(each, known.get(each.role), now)
    if (why !== undefined) notDone.set(each.role, lasting(why))
    return why === undefined
  })
  for (const part of inParts(may))
    await allOrEach(part, async (some) => {
      const statements = some.flatMap((each) => statementsFor(each, known.has(each.role), one.version))
      await orNotDone(some, notDone, async () => one.rows(statements.join('; ')))
    })
  return may.filter(({ role }) => known.has(role) && !notDone.has(role))
}

/** Meanwhile somebody ended it, or its time did. */
function passedBy({ right }: Wanted, comment: TimedComment | null | undefined, now: string): string | undefined {
  if ((comment?.fence ?? 0) > right.fence) return 'it was told of a later step of this grant'
  return (right.until ?? '') <= now ? OVER : undefined
}

function statementsFor(wanted: Wanted, isThere: boolean, version: number): string[] {
  const name = identifier(wanted.role)
  const inherited = version >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : ''
  return [
    // no password is good before `login` makes one: neither one of before, nor one that an open session gives its own role
    `${isThere ? 'ALTER' : 'CREATE'} ROLE ${name} PASSWORD NULL INHERIT VALID UNTIL '-infinity'`,
    // one that is there may be held by a plan, and stays so
    ...(isThere ? [] : [`ALTER ROLE ${name} LOGIN CONNECTION LIMIT ${CONNECTIONS_MAX}`]),
    `COMMENT ON ROLE ${name} IS ${literal(commentOf(wanted.right))}`,
    ...groupsOf(wanted).map((group) => `GRANT ${identifier(group)} TO ${name}${inherited}`),
  ]
}

/** What one alone is refused is its own; of several it is thrown, so that each is tried by itself. */
async function orNotDone(some: readonly Wanted[], notDone: NotDone, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const [alone, another] = some
    if (!(error instanceof TargetError) || alone === undefined || another !== undefined) throw error
    notDone.set(alone.role, failed(error))
  }
}

function failed(error: TargetError): TimedDone | TargetError {
  const sqlstate = sqlstateOf(error)
  return sqlstate !== undefined && LASTING.test(sqlstate) ? lasting(error.message) : error
}

async function inDatabase(
  call: TargetCall,
  database: string,
  wanted: readonly Wanted[],
  notDone: NotDone,
): Promise<void> {
  const tablesThere = (each: Wanted): TableRight[] => tablesOf(each).filter((table) => table.database === database)
  const there = wanted.filter((each) => tablesThere(each).length > 0)
  try {
    await asAdministrator(call, { for: 'acting', database }, async (one) => {
      for (const each of there)
        await orNotDone([each], notDone, async () => {
          const missing = await giveTables(one, each.role, tablesThere(each))
          if (missing !== undefined) notDone.set(each.role, lasting(`in the database ${database}: ${missing}`))
        })
    })
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    // a database that can't be entered keeps only those that are to get in there
    for (const { role } of there) if (!notDone.has(role)) notDone.set(role, failed(error))
  }
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
  const [enters] = await one.rows<{ held: boolean }>(
    "select has_database_privilege($1, current_database(), 'CONNECT') as held",
    [role],
  )
  if (enters?.held !== true)
    return 'nobody gets in there by it, since PUBLIC may not connect: ask for a role that may, and has the privilege (pg:member)'
  return undefined
}
