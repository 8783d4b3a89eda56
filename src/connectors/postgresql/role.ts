// One role as the catalogue has it, and what stands in the way of holding it.
import type { Looked, StepCall, TargetCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { identifier } from './sql-text.ts'

export interface Role {
  readonly oid: string
  readonly name: string
  readonly login: boolean
  readonly connectionLimit: number
  readonly superuser: boolean
  readonly replication: boolean
}

export async function roleOf(administrator: Administrator, account: string): Promise<Role | undefined> {
  return (await rolesCalled(administrator, account))[0]
}

/** That of this name and, where it is another one, that of this oid. As a text, of which the server cuts nothing off. */
export async function rolesCalled(administrator: Administrator, account: string, oid?: string): Promise<Role[]> {
  return await administrator.rows<Role>(
    `select oid::text, rolname as name, rolcanlogin as login, rolconnlimit as "connectionLimit", rolsuper as superuser, rolreplication as replication
     from pg_roles where rolname = $1::text or oid = $2::oid`,
    [account, oid ?? null],
  )
}

/** Why Reeve does not, or can't, change the role. */
export async function hindrance(
  administrator: Administrator,
  call: Pick<StepCall, 'settings' | 'subject'>,
  role: Role | undefined,
): Promise<Looked['blocked']> {
  const { account } = call.subject
  const own = call.settings.administrator.user
  if (role === undefined)
    return {
      reason: `there is no role \`${account}\``,
      next: 'look whether the name is right: case counts, and a name has 63 bytes at most',
    }
  if (account === own)
    return {
      reason: `\`${account}\` is the role that Reeve itself signs in with`,
      next: 'let a superuser make another administrative role, put it into the settings, then try again',
    }
  if (role.superuser)
    return {
      reason: `\`${account}\` is a superuser, which only a superuser may change`,
      next: `as a superuser: ALTER ROLE ${identifier(account)} NOLOGIN`,
    }
  if (onlySuperusersMayChange(administrator, role))
    return {
      reason: `\`${account}\` may replicate (REPLICATION), and before PostgreSQL 16 only a superuser may change such a role`,
      next: `as a superuser: ALTER ROLE ${identifier(account)} NOLOGIN CONNECTION LIMIT 0, then make the plan again, which does the rest`,
    }
  return (await mayAdminister(administrator, account))
    ? undefined
    : {
        reason: `\`${own}\` may not change \`${account}\``,
        next: `as a superuser: ${administerStatement(call, administrator.version)}`,
      }
}

/** Whatever CREATEROLE a role has. */
export const onlySuperusersMayChange = (
  { version }: Pick<Administrator, 'version'>,
  { replication }: Pick<Role, 'replication'>,
): boolean => replication && version < 16

/** For a superuser to paste, so that Reeve may change it; nothing where no statement is good for that. */
export function remedyFor(
  { version }: Pick<Administrator, 'version'>,
  call: Pick<StepCall, 'settings' | 'subject'>,
  role: Role | undefined,
): string[] {
  const { account } = call.subject
  if (account === call.settings.administrator.user || role?.superuser === true) return []
  if (role !== undefined && onlySuperusersMayChange({ version }, role)) return []
  const made = role === undefined ? [`CREATE ROLE ${identifier(account)} NOLOGIN`] : []
  return [...made, administerStatement(call, version)]
}

/** From 16 on CREATEROLE changes only the roles that it has ADMIN on; before, every one that is no superuser. */
async function mayAdminister(administrator: Administrator, account: string): Promise<boolean> {
  const admin = administrator.version >= 16 ? "and pg_has_role(current_user, $1, 'member with admin option')" : ''
  const values = administrator.version >= 16 ? [account] : []
  const [row] = await administrator.rows<{ may: boolean }>(
    `select rolsuper or (rolcreaterole ${admin}) as may from pg_roles where rolname = current_user`,
    values,
  )
  return row?.may === true
}

/** What lets the administrative role change this one; from 16 on without its rights. */
function administerStatement({ settings, subject }: Pick<StepCall, 'settings' | 'subject'>, version: number): string {
  const own = identifier(settings.administrator.user)
  return version >= 16
    ? `GRANT ${identifier(subject.account)} TO ${own} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`
    : `ALTER ROLE ${own} CREATEROLE`
}

/** Where the password of an account can be tried. */
export const placesOf = ({ settings }: Pick<TargetCall, 'settings'>): TargetCall['settings']['address'][] => [
  settings.address,
  ...settings.entrances,
  ...(settings.standbys ?? []),
]
