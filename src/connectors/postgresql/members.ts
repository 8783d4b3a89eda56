// Which roles have, or can take, the rights of a role: by chains of membership as the server itself would follow them.
import type { Administrator } from './administrator.ts'

export interface Member {
  readonly account: string
  readonly login: boolean
  readonly superuser: boolean
  /** `inherits its rights`, `may become it`. */
  readonly how: 'inherits' | 'becomes'
  readonly direct: boolean
}

const MEMBERS_MAX = 500

/**
 * A role inherits through grants with INHERIT, and may SET ROLE through grants with SET to whatever inherits. Before 16
 * INHERIT is an attribute of the member, and every membership lets it SET ROLE.
 */
export async function membersOf(administrator: Administrator, account: string): Promise<Member[]> {
  const [inherits, sets] = administrator.version >= 16 ? ['m.inherit_option', 'm.set_option'] : ['r.rolinherit', 'true']
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
         join becoming b on b.oid = m.roleid where ${sets})
     select r.rolname as account, r.rolcanlogin as login, r.rolsuper as superuser,
       case when bool_or(w.inherits) then 'inherits' else 'becomes' end as how, bool_or(w.direct) as direct
     from (select oid, direct, true as inherits from inheriting union all select oid, direct, false from becoming) w
     join pg_roles r on r.oid = w.oid
     group by r.rolname, r.rolcanlogin, r.rolsuper order by r.rolname limit ${MEMBERS_MAX}`,
    [account],
  )
}
