// Other ways to the same: what lets somebody have this access though the role itself is held. Each has its next step; what
// could not be seen is named and never taken for "none".
import type { StepCall, TargetCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { PAST_MAX, pastTelling, PREPARED_MAX, preparedBy } from './left-open.ts'
import { MEMBERS_MAX, membersOf } from './members.ts'
import type { Member } from './members.ts'
import { doneAsOthers, PASSED_ON_MAX, passedToLogins, wayDoneAs, wayOfGrant } from './passed-on.ts'
import { hbaLinesIn, verifiersIn } from './reviewed-functions.ts'
import type { Verifier } from './reviewed-functions.ts'
import { identifier } from './sql-text.ts'
import { standbyWays } from './standbys.ts'
import { trustLines } from './trust-lines.ts'
import type { LoginRole } from './trust-lines.ts'
import { waysInDatabases } from './ways-in-databases.ts'

export interface OtherWay {
  readonly by:
    | 'membership'
    | 'verifier'
    | 'trust'
    | 'public'
    | 'code'
    | 'stored'
    | 'standby'
    | 'passed on'
    | 'password'
    | 'prepared'
    | 'past telling'
  readonly way: string
  readonly next: string
}

export interface OtherWays {
  readonly ways: readonly OtherWay[]
  /** What was seen and is no way: for the receipt. */
  readonly seen: readonly string[]
  /** What could not be seen, and what would show it. */
  readonly unknown: readonly string[]
  /** Lists that are longer than what was asked for. */
  readonly cut: readonly string[]
}

/** What was asked for was one more than is listed. */
export const cutAt = (what: string, found: readonly unknown[], max: number): string[] =>
  found.length > max ? [`more than ${max} ${what}: the rest was not read`] : []

const LOGIN_ROLES_MAX = 5000
const SETTABLE_MAX = 200

type Asked = TargetCall & Pick<StepCall, 'subject'> & Partial<Pick<StepCall, 'planId'>>

/** In the server as a whole, then in each database where the role has or owns anything. */
export async function otherWaysTo(administrator: Administrator, call: Asked): Promise<OtherWays> {
  const found = await waysInServer(administrator, call)
  const inside = await waysInDatabases(administrator, call)
  return {
    ways: [...found.ways, ...inside.ways],
    seen: [...found.seen, ...inside.seen],
    unknown: [...found.unknown, ...inside.unknown],
    cut: [...found.cut, ...inside.cut],
  }
}

async function waysInServer(administrator: Administrator, call: Asked): Promise<OtherWays> {
  const { account } = call.subject
  const own = call.settings.administrator.user
  const members = (await membersOf(administrator, account)).filter((one) => one.account !== own)
  const verifiers = await verifiersIn(administrator)
  const lines = await hbaLinesIn(administrator)
  const holders = await holdersOf(administrator, [account, ...members.map((one) => one.account)])
  const trusting = lines === undefined ? [] : trustLines(lines, holders)
  const broken = lines?.filter((line) => line.broken) ?? []
  const standbys = await standbyWays(administrator, call, account)
  const passed = await passedToLogins(administrator, account, 'server')
  const doneAs = await doneAsOthers(administrator, account, 'server')
  const passwords = await settable(administrator, account, own)
  const prepared = await preparedBy(administrator, account)
  const past = await pastTelling(administrator, account)
  const entering = members.filter(({ login }) => login)
  return {
    ways: [
      ...entering.map((member) => memberWay(member, account)),
      ...copies(verifiers ?? [], account),
      ...trusting
        .filter(({ lets }) => lets.length > 0)
        .map(({ line, text, lets }) => ({
          by: 'trust' as const,
          way: `line ${line} of pg_hba.conf (${text}) lets ${few(lets)} in without any proof`,
          next: `replace \`trust\` in line ${line} of pg_hba.conf by \`scram-sha-256\`, then SELECT pg_reload_conf()`,
        })),
      ...standbys.ways,
      ...passed.map((grant) => wayOfGrant(grant, account)),
      ...doneAs.map((one) => wayDoneAs(one, account)),
      ...passwords,
      ...prepared,
      ...past,
    ],
    seen: [
      `${members.length} roles have or can take its rights, ${entering.length} of them may log in`,
      ...(verifiers === undefined ? [] : [`verifiers of ${verifiers.length} roles compared`]),
      ...(lines === undefined ? [] : [`${lines.length} lines of pg_hba.conf read, ${trusting.length} of trust`]),
      standbys.seen,
    ],
    unknown: [
      ...(verifiers === undefined ? ['whether another role has the same verifier (reeve.verifiers is missing)'] : []),
      ...(lines === undefined ? ['lines of trust in pg_hba.conf (reeve.hba_lines is missing)'] : []),
      ...broken.map(({ line }) => `line ${line} of pg_hba.conf, which the server cannot read`),
    ],
    cut: [
      ...cutAt('roles that have or can take its rights', members, MEMBERS_MAX),
      ...cutAt('roles that a line of trust could let in', holders, LOGIN_ROLES_MAX),
      ...cutAt('rights that it passed on', passed, PASSED_ON_MAX),
      ...cutAt('grants as roles that it may become', doneAs, PASSED_ON_MAX),
      ...cutAt('roles whose password it could set', passwords, SETTABLE_MAX),
      ...cutAt('prepared transactions of it', prepared, PREPARED_MAX),
      ...cutAt('roles that reach past the database', past, PAST_MAX),
    ],
  }
}

/**
 * Whose password it could set, itself or as a role that it may become: by ADMIN, which takes CREATEROLE from 16 on; before,
 * CREATEROLE is enough for all but superusers.
 */
async function settable(administrator: Administrator, account: string, own: string): Promise<OtherWay[]> {
  const over =
    administrator.version >= 16
      ? `exists (select from pg_auth_members m where m.roleid = l.oid and m.admin_option and pg_has_role(a.oid, m.member, 'MEMBER'))`
      : 'true'
  const found = await administrator.rows<{ readonly name: string }>(
    `select l.rolname as name from pg_roles a, pg_roles l where a.rolname = $1
       and exists (select from pg_roles c where c.rolcreaterole and not c.rolsuper and pg_has_role(a.oid, c.oid, 'MEMBER'))
       and l.rolcanlogin and not l.rolsuper and l.oid <> a.oid and l.rolname <> $2 and ${over}
     order by l.rolname limit ${SETTABLE_MAX + 1}`,
    [account, own],
  )
  return found.map(({ name }) => ({
    by: 'password',
    way: `${account} could set the password of ${name}`,
    next: `change the password of ${name}, or hold it too`,
  }))
}

/** Whoever a line of trust would give this access to, as far as they may log in: superusers, who may copy the whole server (REPLICATION), itself and its members. */
async function holdersOf(administrator: Administrator, accounts: readonly string[]): Promise<LoginRole[]> {
  return await administrator.rows<LoginRole>(
    `with recursive up(login, oid) as (
       select r.oid, r.oid from pg_roles r where r.rolcanlogin and (r.rolsuper or r.rolreplication or r.rolname = any($1))
       union select u.login, m.roleid from up u join pg_auth_members m on m.member = u.oid)
     select l.rolname as account, l.rolsuper as superuser, array_agg(g.rolname::text order by g.rolname) as "memberOf"
     from up u join pg_roles l on l.oid = u.login join pg_roles g on g.oid = u.oid
     group by l.rolname, l.rolsuper order by l.rolname limit ${LOGIN_ROLES_MAX + 1}`,
    [accounts],
  )
}

const HOW: Readonly<Record<Member['how'], string>> = {
  inherits: 'inherits the rights of',
  becomes: 'may become',
  administers: 'has ADMIN on it, and may give itself the rights of',
  'makes roles': 'has CREATEROLE, and may give itself the rights of',
}

function memberWay({ account: member, how, direct }: Member, account: string): OtherWay {
  const chain = direct ? '' : ', by a chain of memberships'
  const what = how === 'administers' ? 'ADMIN OPTION FOR ' : ''
  return {
    by: 'membership',
    way: `${member} ${HOW[how]} ${account}${how === 'makes roles' ? '' : chain}`,
    next:
      how === 'makes roles'
        ? `ALTER ROLE ${identifier(member)} NOCREATEROLE, or hold ${member} too`
        : direct
          ? `REVOKE ${what}${identifier(account)} FROM ${identifier(member)}, or hold ${member} too`
          : `take ${member} out of the chain to ${account}, or hold ${member} too`,
  }
}

/** SCRAM: an equal verifier is a copied one. MD5 is made with the name, so equal ones are of one name only. */
function copies(verifiers: readonly Verifier[], account: string): OtherWay[] {
  const own = verifiers.find((one) => one.account === account)
  if (own === undefined || own.sameAs === null) return []
  return verifiers
    .filter((one) => one.account !== account && one.sameAs === own.sameAs)
    .map((one) => ({
      by: 'verifier',
      way: `${one.account} has the same verifier: the same password lets in as ${one.account}`,
      next: `change the password of ${one.account}, or hold it too`,
    }))
}

/** The first of a list, and how many more. */
export const few = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
