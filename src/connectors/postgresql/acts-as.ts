// What goes on with the rights of a role though nobody signs in as it: code that it owns and others set off, subscriptions,
// and what is stored under its name for other servers. One text of SQL, which Reeve asks and the hand-over executes.
import type { Administrator } from './administrator.ts'
import { triggersOfOthers } from './event-triggers.ts'
import type { OtherWay } from './other-ways.ts'
import { referredToBy, runsAsOwner } from './runs-as-owner.ts'

export interface ActsAs {
  readonly kind: keyof typeof MENDED
  /** As SQL spells it, with its schema. */
  readonly name: string
  /** Who or what sets it off. */
  readonly by: string
  /** It could reach more than the role owns, with whatever rights its owner has: a new owner's, too. */
  readonly beyond: boolean
}

export const ACTING_MAX = 200
/** Both are read with the owner's rights unless they say otherwise; so are rules. */
const OPTION =
  "select o.option_value::boolean from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'"
/** Catalogues that all may read, and nobody may change, give nobody anything. */
const OPEN_TO_ALL = `t.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        AND has_table_privilege('public', t.oid, 'select')`

/** Names of who may, superusers left out; null where nobody may. `acl`: an expression with a list. */
const others = (acl: string, owner: string): string => `(
      SELECT string_agg(DISTINCT coalesce(g.rolname, 'PUBLIC'), ', ') FROM aclexplode(${acl}) x LEFT JOIN pg_roles g ON g.oid = x.grantee
      WHERE x.grantee <> ${owner} AND NOT coalesce(g.rolsuper, false))`

/**
 * For a role whose oid is the expression `role`. A function is a way where others may call it or something else sets it off
 * (a trigger asks nobody's right).
 */
export const actsAs = (role: string): string => `
    SELECT 'function' AS kind, p.oid::regprocedure::text AS name, concat_ws(', ', ${others("coalesce(p.proacl, acldefault('f', p.proowner))", 'p.proowner')},
      (SELECT min(pg_describe_object(d.classid, d.objid, 0)) FROM pg_depend d
       WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid)) AS by, true AS beyond
    FROM pg_proc p WHERE p.proowner = ${role} AND p.prosecdef
    UNION ALL${runsAsOwner(role)}
    UNION ALL${referredToBy(role)}
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rules of the table' END, c.oid::regclass::text,
      concat_ws(', ', ${others("coalesce(c.relacl, acldefault('r', c.relowner))", 'c.relowner')},
        (SELECT string_agg(DISTINCT u.names, ', ') FROM pg_attribute a CROSS JOIN LATERAL (SELECT ${others('a.attacl', 'c.relowner')} AS names) u
         WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL),
        (SELECT min(pg_describe_object(d.classid, d.objid, 0)) FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
         WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND w.ev_class <> c.oid)),
      EXISTS (SELECT FROM pg_rewrite w CROSS JOIN LATERAL regexp_matches(w.ev_action::text, ':relid ([0-9]+)', 'g') m JOIN pg_class t ON t.oid = m[1]::oid
        WHERE w.ev_class = c.oid AND NOT (${OPEN_TO_ALL}) AND (t.relowner <> c.relowner
          OR c.relkind = 'm' AND (t.relkind IN ('v', 'f') OR t.relforcerowsecurity)))
    FROM pg_class c WHERE c.relowner = ${role} AND (c.relkind = 'm' OR c.relkind = 'v' AND NOT coalesce((${OPTION}), false)
      OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'))
    UNION ALL
    SELECT 'event trigger', quote_ident(e.evtname), 'whoever changes what is in the database', false
    FROM pg_event_trigger e WHERE e.evtowner = ${role} AND e.evtenabled <> 'D'
    UNION ALL
    SELECT 'function of an event trigger', t.name, t.trigger, true FROM (${triggersOfOthers}) t
    UNION ALL
    SELECT 'subscription', quote_ident(s.subname), 'the server that it reads from', true
    FROM pg_subscription s JOIN pg_database b ON b.oid = s.subdbid
    WHERE s.subowner = ${role} AND s.subenabled AND b.datname = current_database()
    UNION ALL
    SELECT DISTINCT 'user mapping', quote_ident(m.srvname), 'whoever could sign in as the role', false
    FROM pg_user_mappings m JOIN pg_foreign_server s ON s.oid = m.srvid JOIN pg_roles o ON o.oid = CASE m.umuser WHEN 0 THEN s.srvowner ELSE m.umuser END
    WHERE NOT o.rolsuper AND pg_has_role(${role}, o.oid, 'MEMBER')`

/** In the database of the session. What nobody sets off is left out. */
export async function actingAs(administrator: Administrator, account: string): Promise<ActsAs[]> {
  return await administrator.rows<ActsAs>(
    `select a.* from (${actsAs('(select oid from pg_roles where rolname = $1)')}) a where a.by <> ''
     order by a.kind, a.name limit ${ACTING_MAX + 1}`,
    [account],
  )
}

const READ = (name: string): string =>
  `read what it does, then ALTER ROUTINE ${name} OWNER TO a role that nobody logs in as, nor as a member of it`
const GIVE = (what: string, name: string): string =>
  `ALTER ${what} ${name} OWNER TO a role that nobody logs in as, nor as a member of it`

/** What ends it and loses no object. `OWNER TO` says as whom it shall act from now on: the owner of it then answers for it. */
const MENDED = {
  function: (name: string) => `ALTER ROUTINE ${name} SECURITY INVOKER, or OWNER TO whom it shall act as`,
  'function of the server': (name: string) => READ(name),
  'function of a cascade': (name: string) => READ(name),
  'function of its table': (name: string) => READ(name),
  'type of the server': (name: string) => GIVE('TYPE', name),
  'type of a cascade': (name: string) => GIVE('TYPE', name),
  'type of its table': (name: string) => GIVE('TYPE', name),
  'relation of the server': (name: string) => GIVE('TABLE', name),
  'relation of a cascade': (name: string) => GIVE('TABLE', name),
  'relation of its table': (name: string) => GIVE('TABLE', name),
  'references to the table': (name: string) => `REVOKE REFERENCES ON TABLE ${name} FROM each of them`,
  view: (name: string) => `ALTER VIEW ${name} SET (security_invoker = true), or OWNER TO whom it shall read as`,
  'materialized view': (name: string) => `ALTER MATERIALIZED VIEW ${name} OWNER TO whom it shall read as, or DROP it`,
  'rules of the table': (name: string) => `DROP RULE … ON ${name}, or ALTER TABLE ${name} OWNER TO somebody else`,
  'event trigger': (name: string) => `DROP EVENT TRIGGER ${name}`,
  'function of an event trigger': (name: string) =>
    `read what it does, then ALTER ROUTINE ${name} OWNER TO a superuser, or DROP the event trigger`,
  subscription: (name: string) => `ALTER SUBSCRIPTION ${name} DISABLE`,
  'user mapping': (name: string) => `change the password that is stored for the server ${name} at that server`,
} as const

export const mended = ({ kind, name }: ActsAs, database: string): string => `in ${database}: ${MENDED[kind](name)}`

export const spelledOut = ({ kind, name, by }: ActsAs, database: string): string =>
  `${kind} ${name} in ${database} (${by})`

/** What reads or changes only what the role itself owns gives no more than a right on it; that PUBLIC has it is one. */
export function waysBy(found: readonly ActsAs[], account: string, database: string): OtherWay[] {
  return (
    found
      // it acts as the role only where the role itself changes the table
      .filter(({ kind }) => !kind.endsWith(' of its table'))
      .filter(({ beyond, kind, by }) => beyond || !RELATIONS.has(kind) || /(?:^|, )PUBLIC(?:,|$)/.test(by))
      .map((one) => ({
        by: one.kind === 'user mapping' ? 'stored' : 'code',
        way:
          one.kind === 'user mapping'
            ? `a password of ${account} for the server ${one.name} is stored in ${database}, where it could be read`
            : `${spelledOut(one, database)} acts as ${one.kind === OF_EVENTS ? 'whoever changes what is in it' : account}`,
        next: mended(one, database),
      }))
  )
}

/** It raises whoever can replace it, superusers' function that hands over included. */
export const OF_EVENTS: ActsAs['kind'] = 'function of an event trigger'
const RELATIONS: ReadonlySet<ActsAs['kind']> = new Set(['view', 'materialized view', 'rules of the table'])
