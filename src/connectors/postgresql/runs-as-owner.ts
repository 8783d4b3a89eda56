// What the server executes as the owner of a table though that owner is not signed in: where a row goes or comes by a cascade or a
// subscription, where a foreign key is checked, where a table is analysed or an index is made anew. One text of SQL, which follows
// `pg_depend` from the tables of a role to whatever is executed then.

/** Who signs in and has the rights of the role that is the expression `owner`, but `role` itself, superusers and who asks. */
const signsInAs = (
  owner: string,
  role: string,
): string => `EXISTS (SELECT FROM pg_roles l WHERE l.rolcanlogin AND NOT l.rolsuper
        AND l.oid <> ${role} AND l.rolname <> session_user AND pg_has_role(l.oid, ${owner}, 'MEMBER'))`

/** A cascade, or (from 16 on) a subscription, changes it as its owner. */
const CARRIED = `(EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f'
          AND (k.confupdtype IN ('c', 'n', 'd') OR k.confdeltype IN ('c', 'n', 'd')))
        OR EXISTS (SELECT FROM pg_subscription_rel r WHERE r.srrelid = t.oid OR r.srrelid IN (SELECT pg_partition_ancestors(t.oid))))`

/**
 * Where it begins; a cascade passes policies by, which then count as of its table. `since`: 1 whenever the server sees to the table, 2 by a cascade, 3 whenever the table is changed. `mode`: what
 * is done with it: `w` written, `r` read, `s` only looked at by the server itself.
 */
const roots = (role: string): string => `
        SELECT CASE WHEN ${CARRIED} THEN 2 ELSE 3 END AS since, 'w' AS mode, 'pg_class'::regclass::oid AS cls, t.oid AS obj
        FROM pg_class t WHERE t.relowner = ${role} AND t.relkind IN ('r', 'p', 'f')
        UNION ALL SELECT 1, 'w', 'pg_class'::regclass, t.oid FROM pg_class t WHERE t.relowner = ${role} AND t.relkind = 'm'
        UNION ALL SELECT 1, 's', 'pg_class'::regclass, i.indexrelid FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid WHERE t.relowner = ${role}
        UNION ALL SELECT 1, 's', 'pg_statistic_ext'::regclass, e.oid FROM pg_statistic_ext e JOIN pg_class t ON t.oid = e.stxrelid WHERE t.relowner = ${role}
        UNION ALL SELECT 1, 's', 'pg_type'::regclass, a.atttypid FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
        WHERE t.relowner = ${role} AND t.relkind IN ('r', 'p', 'f', 'm') AND a.atttypid >= 16384
        UNION ALL SELECT 2, 'r', 'pg_type'::regclass, a.atttypid FROM pg_constraint k JOIN pg_class t ON t.oid IN (k.conrelid, k.confrelid)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
        WHERE k.contype = 'f' AND t.relowner = ${role} AND a.atttypid >= 16384`

/** What is used by what stands in `w`: in its expressions, as its type, or (for a rule, a policy, a body in SQL) as a table. */
const USED = `
          SELECT d.refclassid AS cls, d.refobjid AS obj,
            CASE WHEN d.refclassid <> 'pg_class'::regclass THEN w.mode WHEN w.cls = 'pg_policy'::regclass
              OR w.cls = 'pg_rewrite'::regclass AND (SELECT r.ev_type = '1' FROM pg_rewrite r WHERE r.oid = w.obj) THEN 'r' ELSE 'w' END AS mode
          FROM pg_depend d WHERE d.classid = w.cls AND d.objid = w.obj AND NOT (w.cls = 'pg_class'::regclass AND w.mode = 'r')
            AND (d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass)
              OR d.refclassid = 'pg_class'::regclass AND w.cls IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass))`

/** What hangs on it and is executed with it; of a table that is read: its policies and what a view says. */
const ATTACHED = `
          SELECT d.classid, d.objid, w.mode FROM pg_depend d WHERE d.refclassid = w.cls AND d.refobjid = w.obj AND CASE w.cls
            WHEN 'pg_class'::regclass THEN d.deptype IN ('a', 'i', 'P', 'S') AND CASE w.mode
              WHEN 'w' THEN d.classid IN ('pg_trigger'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_rewrite'::regclass,
                'pg_policy'::regclass, 'pg_class'::regclass, 'pg_statistic_ext'::regclass)
              WHEN 'r' THEN d.classid = 'pg_policy'::regclass
                OR d.classid = 'pg_rewrite'::regclass AND EXISTS (SELECT FROM pg_class v WHERE v.oid = w.obj AND v.relkind = 'v') END
            WHEN 'pg_constraint'::regclass THEN d.deptype = 'i' AND d.classid = 'pg_class'::regclass
            WHEN 'pg_type'::regclass THEN w.mode = 'r' AND d.classid = 'pg_cast'::regclass OR w.mode = 'w' AND d.classid = 'pg_constraint'::regclass
              OR d.deptype = 'i' AND d.classid = 'pg_class'::regclass
            WHEN 'pg_opclass'::regclass THEN d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)
            WHEN 'pg_opfamily'::regclass THEN d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) END`

/**
 * Rows `(kind, name, by, beyond)`: functions that are the role's, or of a role that it may become, or of somebody who signs in and
 * so could put something else into them; and types and tables of somebody who signs in, who could hang a function on them. What
 * nobody who signs in owns is its owner's to answer for. SECURITY: a superuser's is trusted.
 */
export const runsAsOwner = (role: string): string => `
    SELECT f.what || CASE min(f.since) WHEN 1 THEN ' of the server' WHEN 2 THEN ' of a cascade' ELSE ' of its table' END AS kind, f.name, min(f.by) AS by, true AS beyond
    FROM (
      WITH RECURSIVE walk(since, mode, cls, obj) AS (${roots(role)}
        UNION SELECT CASE WHEN e.cls = 'pg_policy'::regclass AND w.mode = 'w' THEN 3 ELSE w.since END, e.mode, e.cls, e.obj FROM walk w CROSS JOIN LATERAL (${USED}
          UNION ALL${ATTACHED}) e),
      found AS (
        SELECT w.*, 'function' AS what, p.oid::regprocedure::text AS name, p.proowner AS owner, p.proowner = ${role} AND NOT p.prosecdef AS own
        FROM walk w JOIN pg_proc p ON p.oid = w.obj WHERE w.cls = 'pg_proc'::regclass
        UNION ALL SELECT w.*, 'type', t.oid::regtype::text, t.typowner, false FROM walk w JOIN pg_type t ON t.oid = w.obj
        WHERE w.cls = 'pg_type'::regclass AND (w.mode = 'r' OR w.mode = 'w' AND t.typtype = 'd')
        UNION ALL SELECT w.*, 'relation', c.oid::regclass::text, c.relowner, false FROM walk w JOIN pg_class c ON c.oid = w.obj
        WHERE w.cls = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'f', 'v')),
      owner AS MATERIALIZED (
        SELECT o.oid, ${signsInAs('o.oid', role)} AS alive, pg_has_role(${role}, o.oid, 'MEMBER') AS become
        FROM pg_roles o WHERE NOT o.rolsuper AND o.oid IN (SELECT f.owner FROM found f)),
      picked AS MATERIALIZED (
        SELECT f.* FROM found f JOIN owner o ON o.oid = f.owner
        WHERE f.own OR f.owner <> ${role} AND (o.alive OR f.what = 'function' AND o.become)),
      setter AS MATERIALIZED (
        SELECT p.cls, p.obj, min(pg_describe_object(d.classid, d.objid, 0)) AS by
        FROM (SELECT DISTINCT cls, obj FROM picked) p JOIN pg_depend d ON d.refclassid = p.cls AND d.refobjid = p.obj
        WHERE (d.classid, d.objid) IN (SELECT w.cls, w.obj FROM walk w) GROUP BY p.cls, p.obj)
      SELECT p.since, p.what, p.name, coalesce(s.by, 'a table of its own') AS by
      FROM picked p LEFT JOIN setter s ON s.cls = p.cls AND s.obj = p.obj) f
    GROUP BY f.what, f.name`

/**
 * Who may reference a table has the server compare what it refers to as the owner of that table, by a cast of a type of its own.
 * Rows as above.
 */
export const referredToBy = (role: string): string => `
    SELECT 'references to the table', c.oid::regclass::text, string_agg(DISTINCT coalesce(g.rolname, 'PUBLIC'), ', '), true
    FROM pg_class c CROSS JOIN LATERAL (
      SELECT c.relacl AS acl UNION ALL SELECT a.attacl FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) l
    CROSS JOIN LATERAL aclexplode(l.acl) x LEFT JOIN pg_roles g ON g.oid = x.grantee
    WHERE c.relowner = ${role} AND c.relkind IN ('r', 'p') AND x.privilege_type = 'REFERENCES' AND x.grantee <> ${role}
      AND (x.grantee = 0 OR ${signsInAs('g.oid', role)})
    GROUP BY c.oid`
