// The login role of one grant: its name, what its comment says of it, and which rights of PostgreSQL it can be given.
import { isId, parseInstant } from '#kernel'
import type { Instant } from '#kernel'
import type { TargetSettings, TimedRight } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { identifier } from './sql-text.ts'

/** Names of PostgreSQL have 63 bytes; a grant's id is much shorter. */
const PREFIX = 'reeve_'
export const TIMED_ROLES = String.raw`reeve\_grt\_%`
const PRIVILEGES: ReadonlySet<string> = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE'])

/** Throws for an id that is none: it becomes a name. */
export function timedRoleName({ id }: Pick<TimedRight, 'id'>): string {
  if (!isId('grant', id)) throw new RangeError('this is not the id of a grant')
  return `${PREFIX}${id}`
}

/** What the comment of the role says, so that whoever finds it knows what it is. */
export interface TimedComment {
  readonly fence: number
  readonly until?: Instant
}

export const commentOf = ({ id, requestId, until, fence }: TimedRight): string =>
  `Reeve: grant ${id}, request ${requestId}, until ${until ?? 'ended'}, step ${fence}`

/** The name that such a role was made with, by its comment alone; null where Reeve wrote none. In SQL, for a text. */
export const madeAs = (comment: string): string => `'${PREFIX}' || substring(${comment} from '^Reeve: grant (\\S+),')`

/** `undefined` for a comment that Reeve did not write. */
export function readComment(comment: string | null): TimedComment | undefined {
  const [, until = '', step = ''] = /^Reeve: grant \S+, request \S+, until (\S+), step (\d+)$/.exec(comment ?? '') ?? []
  if (step === '') return undefined
  const at = parseInstant(until)
  return { fence: Number(step), ...(at !== undefined && { until: at }) }
}

/** Of those of the roles that are there; `null`: nobody here wrote its comment. */
export async function commentsOf(
  one: Administrator,
  roles: readonly string[],
): Promise<ReadonlyMap<string, TimedComment | null>> {
  const found = await one.rows<{ name: string; comment: string | null }>(
    "select rolname as name, shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = any($1)",
    [roles],
  )
  return new Map(found.map(({ name, comment }) => [name, readComment(comment) ?? null]))
}

/** What a right comes to there: a role that it is a member of, or a privilege on a table. */
export type PostgresqlRight =
  | { readonly kind: 'member'; readonly role: string }
  | {
      readonly kind: 'table'
      readonly database: string
      readonly schema: string
      readonly table: string
      readonly privilege: string
    }

export type TableRight = Extract<PostgresqlRight, { kind: 'table' }>

/** What the role of a grant is to have. */
export interface Wanted {
  readonly right: TimedRight
  readonly role: string
  readonly rights: readonly PostgresqlRight[]
}

export const groupsOf = ({ rights }: Pick<Wanted, 'rights'>): string[] => [
  ...new Set(rights.flatMap((right) => (right.kind === 'member' ? [right.role] : []))),
]

export const tablesOf = ({ rights }: Pick<Wanted, 'rights'>): TableRight[] =>
  rights.filter((right) => right.kind === 'table')

/** `undefined` with a pattern, or where an action and a resource do not go together. */
export function rightsAt(
  { name }: TargetSettings,
  { actions, resources }: Pick<TimedRight, 'actions' | 'resources'>,
): readonly PostgresqlRight[] | undefined {
  const rights = resources.flatMap((resource) => actions.map((action) => rightAt(name, action, resource)))
  return rights.every((right) => right !== undefined) ? rights : undefined
}

function rightAt(target: string, action: string, resource: string): PostgresqlRight | undefined {
  const start = `pg://${target}/`
  if (!resource.startsWith(start) || resource.includes('*')) return undefined
  const [first = '', second = '', ...more] = resource.slice(start.length).split('/')
  if (first === '' || second === '' || more.length > 0) return undefined
  if (action === 'pg:member') return first === 'role' ? { kind: 'member', role: second } : undefined
  const [, privilege = ''] = /^pg:([A-Z]+)$/.exec(action) ?? []
  const [schema = '', table = '', ...rest] = second.split('.')
  if (first === 'role' || !PRIVILEGES.has(privilege) || schema === '' || table === '' || rest.length > 0)
    return undefined
  return { kind: 'table', database: first, schema, table, privilege }
}

/** Whether any of it lies at this target; the resources may be patterns. */
export function reachesTarget({ name }: TargetSettings, right: Pick<TimedRight, 'actions' | 'resources'>): boolean {
  const start = `pg://${name}/`
  const there = right.resources.some(
    (resource) => resource.startsWith(start) || (resource.endsWith('*') && start.startsWith(resource.slice(0, -1))),
  )
  return (
    there && right.actions.some((action) => action.startsWith('pg:') || 'pg:'.startsWith(action.replace(/\*$/, '')))
  )
}

/** In its database. USAGE on the schema is needed to reach the table, and gives nothing else. */
export const tableStatements = (role: string, { schema, table, privilege }: TableRight): string[] => [
  `GRANT USAGE ON SCHEMA ${identifier(schema)} TO ${identifier(role)}`,
  `GRANT ${privilege} ON TABLE ${identifier(schema)}.${identifier(table)} TO ${identifier(role)}`,
]
