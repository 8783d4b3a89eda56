// Which roles have, or can take, the rights of a role: by chains of membership as the server itself would follow them.
import type { Administrator } from './administrator.ts'

export interface Member {
  readonly account: string
  readonly login: boolean
  readonly superuser: boolean
  /** The nearest. Who has ADMIN gives itself the rest; before 16, who has CREATEROLE does. */
  readonly how: 'inherits' | 'becomes' | 'administers' | 'makes roles'
  readonly direct: boolean
}

export const MEMBERS_MAX = 500

/**
 * A role inherits through grants with INHERIT, and may SET ROLE through grants with SET to whatever inherits. Before 16
 * INHERIT is an attribute of the member, and every membership lets it SET ROLE. Who has ADMIN on a role that has it gives itself that
 * one, and so does who can use such a role.
 */
export async function membersOf(administrator: Administrator, account: string): Promise<Member[]> {
  const [inherits, sets, makes, uses] =
    administrator.version >= 16
      ? ['m.inherit_option', 'm.set_option', 'false', '(m.admin_option or m.inherit_option or m.set_option)']
      : ['r.rolinherit', 'true', 'r.rolcreaterole', 'true']
  return await administrator.rows<Member>(
    `with recursive target as (select oid from pg_roles where rolname = $1),
     inheriting(oid, direct) as (
       select m.member, true from pg_auth_members m join pg_roles r on r.oid = m.member, target t
       where m.roleid = t.oid and ${inherits}
       union select m.member, false from pg_auth_members m join pg_roles r on r.oid = m.member
         join inheriting i on i.oid = m.roleid where ${inherits}),
     becoming(oid, direct) as (
       select m.member, m.roleid = (select oid from target) from pg_auth_members m join pg_roles r on r.oid = m.member
       where ${sets} and (m.roleid = (select oid from target) or m.roleid in (select oid from inheriting))
       union select m.member, false from pg_auth_members m join pg_roles r on r.oid = m.member
         join becoming b on b.oid = m.roleid where ${sets}),
     has(oid) as (select oid from target union select oid from inheriting union select oid from becoming),
     administering(oid, direct) as (
       select m.member, m.roleid = t.oid from pg_auth_members m, target t
       where m.admin_option and m.roleid in (select oid from has)
       union select m.member, false from pg_auth_members m join administering a on a.oid = m.roleid where ${uses}),
     ways(oid, direct, how) as (
       select oid, direct, 1 from inheriting union all select oid, direct, 2 from becoming
       union all select a.oid, a.direct, 3 from administering a join pg_roles r on r.oid = a.oid, target t
         where a.oid <> t.oid and not r.rolsuper
       union all select r.oid, true, 4 from pg_roles r, target t where r.oid <> t.oid and not r.rolsuper and ${makes})
     select r.rolname as account, r.rolcanlogin as login, r.rolsuper as superuser,
       (array['inherits', 'becomes', 'administers', 'makes roles'])[min(w.how)] as how,
       bool_or(w.direct and w.how = w.nearest) as direct
     from (select *, min(how) over (partition by oid) as nearest from ways) w join pg_roles r on r.oid = w.oid
     group by r.rolname, r.rolcanlogin, r.rolsuper order by r.rolname limit ${MEMBERS_MAX + 1}`,
    [account],
  )
}
