// Rights that a role passed on to others: withdrawing its own takes them from those others too. The hand-over gives each anew in
// the name of the owner first, so that nobody loses the use of anything but the role. One text of SQL, as in `acts-as.ts`.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'

interface PassedOn {
  /** `SELECT on table public.bills`. */
  readonly what: string
  readonly grantee: string
  /** Of the server as a whole, whatever database is asked. */
  readonly everywhere: boolean
  /** Null where it is not given anew. */
  readonly statement: string | null
  /** What takes it away. */
  readonly undone: string | null
}

export const PASSED_ON_MAX = 200

/** Everything that has a list, but what the role owns: of that the successor is the grantor then. */
const LISTS = (role: string): string => `
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::regclass::text AS name, '' AS part, c.relacl AS acl
        FROM pg_class c WHERE c.relowner <> ${role}
        UNION ALL SELECT 'TABLE', c.oid::regclass::text, format(' (%I)', a.attname), a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relowner <> ${role} AND NOT a.attisdropped
        UNION ALL SELECT 'SCHEMA', quote_ident(n.nspname), '', n.nspacl FROM pg_namespace n WHERE n.nspowner <> ${role}
        UNION ALL SELECT 'ROUTINE', p.oid::regprocedure::text, '', p.proacl FROM pg_proc p WHERE p.proowner <> ${role}
        UNION ALL SELECT 'TYPE', format('%I.%I', n.nspname, t.typname), '', t.typacl
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typowner <> ${role}
        UNION ALL SELECT 'LANGUAGE', quote_ident(l.lanname), '', l.lanacl FROM pg_language l WHERE l.lanowner <> ${role}
        UNION ALL SELECT 'FOREIGN DATA WRAPPER', quote_ident(w.fdwname), '', w.fdwacl FROM pg_foreign_data_wrapper w WHERE w.fdwowner <> ${role}
        UNION ALL SELECT 'FOREIGN SERVER', quote_ident(s.srvname), '', s.srvacl FROM pg_foreign_server s WHERE s.srvowner <> ${role}
        UNION ALL SELECT 'LARGE OBJECT', m.oid::text, '', m.lomacl FROM pg_largeobject_metadata m WHERE m.lomowner <> ${role}
        UNION ALL SELECT 'DATABASE', quote_ident(b.datname), '', b.datacl FROM pg_database b WHERE b.datdba <> ${role}
        UNION ALL SELECT 'TABLESPACE', quote_ident(e.spcname), '', e.spcacl FROM pg_tablespace e WHERE e.spcowner <> ${role}
        UNION ALL SELECT 'PARAMETER', quote_ident(r.parname), '', r.paracl FROM pg_parameter_acl r`

/**
 * For a role whose oid is the expression `role`: what it granted, and what others granted because of it. A superuser who grants does
 * it as the owner. A right on a table is the right to grant each of its columns. SECURITY: never with the option, since a grant of
 * whoever had the password looks like any other; and what names a role that is gone is nobody's, and not PUBLIC's.
 */
export const passedOn = (role: string, lists = LISTS(role)): string => `
      SELECT p.privilege_type || p.part || ' on ' || lower(p.kind) || ' ' || p.name AS what, coalesce(g.rolname, 'PUBLIC')::text AS grantee,
        p.kind IN ('DATABASE', 'TABLESPACE', 'PARAMETER') AS everywhere,
        format('GRANT %s%s ON %s %s TO %s', p.privilege_type, p.part, p.kind, p.name, coalesce(quote_ident(g.rolname), 'PUBLIC')) AS statement,
        format('SET ROLE %s; REVOKE %s%s ON %s %s FROM %s CASCADE; RESET ROLE', p.grantor::regrole, p.privilege_type, p.part, p.kind, p.name,
          coalesce(quote_ident(g.rolname), 'PUBLIC')) AS undone
      FROM (
        WITH RECURSIVE item AS (
          SELECT o.kind, o.name, o.part, x.* FROM (${lists}) o CROSS JOIN LATERAL aclexplode(o.acl) x),
        chain AS (
          SELECT i.* FROM item i WHERE i.grantor = ${role}
          UNION SELECT i.* FROM chain c JOIN item i USING (kind, name, privilege_type)
          WHERE c.part IN ('', i.part) AND c.is_grantable AND i.grantor = c.grantee AND i.grantee <> ${role})
        SELECT * FROM chain) p LEFT JOIN pg_roles g ON g.oid = p.grantee
      WHERE p.grantee = 0 OR g.oid IS NOT NULL`

/** All that came from the role, by however many hands. */
const MEMBERS = (role: string): string => `
        WITH RECURSIVE chain AS (
          SELECT m.* FROM pg_auth_members m WHERE m.grantor = ${role} AND m.roleid <> ${role} AND m.member <> ${role}
          UNION SELECT m.* FROM chain c JOIN pg_auth_members m ON m.roleid = c.roleid AND m.grantor = c.member
          WHERE c.admin_option AND m.member <> ${role})
        SELECT * FROM chain`
const MEMBERS_BEFORE_16 = (role: string): string => `
      SELECT 'membership in ' || m.roleid::regrole AS what, u.rolname::text AS grantee, true AS everywhere, null::text AS statement,
        format('REVOKE %s FROM %I', m.roleid::regrole, u.rolname) AS undone
      FROM (${MEMBERS(role)}) m JOIN pg_roles u ON u.oid = m.member`

/**
 * From 16 on: before, a membership outlives who granted it. What the member has by the superuser's grant already is kept.
 * SECURITY: ADMIN only where that is the superuser's grant.
 */
export const passedOnMemberships = (role: string): string => `
      SELECT 'membership in ' || g.rolname AS what, u.rolname::text AS grantee, true AS everywhere,
        format('GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s', g.rolname, u.rolname, coalesce(b.admin_option, false)::text,
          (m.inherit_option OR coalesce(b.inherit_option, false))::text, (m.set_option OR coalesce(b.set_option, false))::text) AS statement,
        format('REVOKE %I FROM %I GRANTED BY %s CASCADE', g.rolname, u.rolname, m.grantor::regrole) AS undone
      FROM (${MEMBERS(role)}) m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
      LEFT JOIN pg_auth_members b ON b.roleid = m.roleid AND b.member = m.member AND b.grantor = 10`

/** Nobody makes objects as a role that is gone: these are not given anew. */
const DEFAULTS = (role: string): string => `
      SELECT e.privilege_type || ' on what it makes later' || coalesce(' in schema ' || n.nspname, '') AS what,
        coalesce(g.rolname, 'PUBLIC')::text AS grantee, false AS everywhere, null::text AS statement, null::text AS undone
      FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) e
      LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace LEFT JOIN pg_roles g ON g.oid = e.grantee
      WHERE d.defaclrole = ${role} AND e.grantee <> ${role}`

/** In the database of the session, and of the server as a whole. */
export async function passedOnBy(administrator: Administrator, account: string): Promise<PassedOn[]> {
  const role = '(select oid from pg_roles where rolname = $1)'
  const parts = [passedOn(role), DEFAULTS(role), ...(administrator.version >= 16 ? [passedOnMemberships(role)] : [])]
  return await administrator.rows<PassedOn>(
    `select * from (${parts.join(' union all ')}) p order by what, grantee limit ${PASSED_ON_MAX}`,
    [account],
  )
}

export function inWords({ what, grantee, everywhere, statement }: PassedOn, account: string, database: string): string {
  const where = everywhere ? '' : ` in ${database}`
  return statement === null
    ? `${grantee} loses ${what}${where}`
    : `${grantee} keeps ${what}${where}, which ${account} passed on: it is given anew by the owner, without the right to grant it`
}

/**
 * To whoever may log in, by itself or as a member: who had the password could have made these for a second role of theirs, and
 * nothing tells them from others. `ask` names where it is asked: what is of the server as a whole is asked for once.
 */
export async function passedToLogins(
  administrator: Administrator,
  account: string,
  ask: 'server' | 'database',
): Promise<PassedOn[]> {
  const role = '(select oid from pg_roles where rolname = $1)'
  const members = administrator.version >= 16 ? passedOnMemberships(role) : MEMBERS_BEFORE_16(role)
  return await administrator.rows<PassedOn>(
    `select p.* from (${passedOn(role)} union all ${members}) p
     where p.everywhere = $2 and (p.grantee = 'PUBLIC' or exists (select from pg_roles l
       where l.rolcanlogin and not l.rolsuper and l.rolname not in ($1, session_user)
         and pg_has_role(l.oid, (select g.oid from pg_roles g where g.rolname = p.grantee), 'MEMBER')))
     order by p.what, p.grantee limit ${PASSED_ON_MAX + 1}`,
    [account, ask === 'server'],
  )
}

export const wayOfGrant = ({ what, grantee, undone }: PassedOn, account: string, database?: string): OtherWay => ({
  by: 'passed on',
  way: `${grantee} has ${what}${database === undefined ? '' : ` in ${database}`}, which came from ${account}`,
  next: `${database === undefined ? '' : `in ${database}: `}${undone ?? ''}`,
})

export interface DoneAs {
  /** The role that it may become. */
  readonly as: string
  readonly grantee: string
  readonly rights: number
  /** One of them. */
  readonly first: string
}

/**
 * What roles that it may become granted to whoever may log in: a grant that it made as such a role has that role as its grantor, and
 * nothing tells it from others. Default rights of PUBLIC are nobody's grant.
 */
export async function doneAsOthers(
  administrator: Administrator,
  account: string,
  ask: 'server' | 'database',
  /** Of these roles, only this one. */
  only: string | null = null,
): Promise<DoneAs[]> {
  const granted = [passedOn('x.oid', LISTS('0')), MEMBERS_BEFORE_16('x.oid'), DEFAULTS('x.oid')].join(' union all ')
  return await administrator.rows<DoneAs>(
    `select x.rolname::text as as, p.grantee, count(*)::int as rights, min(p.what) as first
     from pg_roles a join pg_roles x on x.oid <> a.oid and not x.rolsuper and pg_has_role(a.oid, x.oid, 'MEMBER')
       cross join lateral (${granted}) p
     where a.rolname = $1 and p.everywhere = $2 and x.rolname = coalesce($3, x.rolname) and p.grantee not in ($1, x.rolname)
       and (p.grantee = 'PUBLIC' and p.what !~ '^(EXECUTE|USAGE|CONNECT|TEMPORARY) ' or exists (select from pg_roles l
         where l.rolcanlogin and not l.rolsuper and l.rolname not in ($1, session_user)
           and pg_has_role(l.oid, (select g.oid from pg_roles g where g.rolname = p.grantee), 'MEMBER')))
     group by x.rolname, p.grantee order by x.rolname, p.grantee limit ${PASSED_ON_MAX + 1}`,
    [account, ask === 'server', only],
  )
}

export const wayDoneAs = ({ as, grantee, rights, first }: DoneAs, account: string, database?: string): OtherWay => ({
  by: 'passed on',
  way:
    `${grantee} has ${first}${rights === 1 ? '' : ` and ${rights - 1} more rights`}${database === undefined ? '' : ` in ${database}`} from ${as}, ` +
    `which ${account} may become: what it did as ${as} cannot be told apart`,
  next: `look whether ${grantee} is to have what ${as} granted it${database === undefined ? '' : ` in ${database}`}; REVOKE what is not`,
})
