// What a role owns goes to its successor and the rights that it was given are withdrawn, in one transaction for each database,
// by one reviewed function there. INVARIANT: nothing is dropped before nothing is owned; no object is lost; nobody gets the
// successor's rights by code that the role left behind; nobody loses a right but the role.
import { actsAs } from './acts-as.ts'
import { triggersOfOthers } from './event-triggers.ts'
import { passedOn, passedOnMemberships } from './passed-on.ts'
import { installed } from './reviewed.ts'
import type { Reviewed } from './reviewed.ts'
import { literal } from './sql-text.ts'

/** Owned in the catalogue's sense, and part of the role itself: they go with it, REASSIGN OWNED leaves them alone. */
export const GOES_WITH_IT = "('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)"

/**
 * Objects that this transaction dropped: whatever is dropped is locked for it until the end. What was committed after the last look
 * and before DROP OWNED began is dropped by it; that is undone with everything else, and the next try hands it over. A database is
 * never dropped by it; a policy for nobody else goes, too.
 */
const DROPPED = `
      SELECT k.classid, k.objid FROM (
        SELECT CASE o.locktype WHEN 'relation' THEN 'pg_class'::regclass ELSE o.classid END AS classid,
          CASE o.locktype WHEN 'relation' THEN o.relation ELSE o.objid END AS objid
        FROM pg_locks o WHERE o.pid = pg_backend_pid() AND o.locktype IN ('relation', 'object') AND o.mode = 'AccessExclusiveLock') k
      WHERE k.classid NOT IN ('pg_policy'::regclass, 'pg_auth_members'::regclass) AND k.classid NOT IN ${GOES_WITH_IT}
        AND pg_describe_object(k.classid, k.objid, 0) IS NULL`

/**
 * Only a superuser, or every single owner, can withdraw rights that others gave: DROP OWNED of anybody else leaves them, with a
 * warning. SECURITY: it does this one thing, for a role that the caller administers and that may not log in any more.
 */
export const HAND_OVER: Reviewed = {
  name: 'hand_over',
  takes: 'name, name',
  returns: 'void LANGUAGE plpgsql',
  body: `
  DECLARE
    who oid;
    remaining text;
    again text;
  BEGIN
    FOR who IN SELECT r.oid FROM pg_roles r WHERE r.rolname IN (account, successor) LOOP
      IF current_setting('server_version_num')::int >= 160000 AND NOT pg_has_role(session_user, who, 'MEMBER WITH ADMIN OPTION')
        OR NOT (SELECT r.rolcreaterole FROM pg_roles r WHERE r.rolname = session_user)
        OR (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = who)
      THEN
        RAISE insufficient_privilege USING MESSAGE = session_user || ' does not administer ' || who::regrole;
      END IF;
    END LOOP;
    SELECT r.oid INTO STRICT who FROM pg_roles r WHERE r.rolname = account;
    IF (SELECT r.rolcanlogin FROM pg_roles r WHERE r.oid = who) THEN
      RAISE object_in_use USING MESSAGE = account || ' may still log in';
    END IF;
    -- everything from here on would set them off, as the owner of this function
    SELECT string_agg(t.said, ', ') INTO remaining FROM (${triggersOfOthers}) t;
    IF remaining IS NOT NULL THEN
      RAISE dependent_objects_still_exist USING MESSAGE = 'would be executed as a superuser: ' || remaining;
    END IF;
    IF successor IS NOT NULL THEN
      -- what others set off would act with the rights of the successor from now on
      SELECT string_agg(a.kind || ' ' || a.name, ', ') INTO remaining FROM (${actsAs('who')}) a WHERE a.beyond AND a.by <> '';
      IF remaining IS NOT NULL THEN
        RAISE dependent_objects_still_exist USING MESSAGE = 'would act as ' || successor || ': ' || remaining;
      END IF;
    END IF;
    -- what it passed on is given by the owners, before withdrawing takes it from others
    FOR again IN SELECT p.statement FROM (${passedOn('who')}) p LOOP
      EXECUTE again;
    END LOOP;
    IF current_setting('server_version_num')::int >= 160000 THEN
      FOR again IN SELECT p.statement FROM (${passedOnMemberships('who')}) p LOOP
        EXECUTE again;
      END LOOP;
    END IF;
    IF successor IS NOT NULL THEN
      EXECUTE format('REASSIGN OWNED BY %I TO %I', account, successor);
    END IF;
    SELECT string_agg(pg_describe_object(o.classid, o.objid, o.objsubid), ', ') INTO remaining FROM (
      SELECT d.classid, d.objid, d.objsubid FROM pg_shdepend d
      WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = who AND d.deptype = 'o'
        AND d.dbid IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))
        AND d.classid NOT IN ${GOES_WITH_IT} LIMIT 20) o;
    IF remaining IS NOT NULL THEN
      RAISE dependent_objects_still_exist USING MESSAGE = 'still owned: ' || remaining;
    END IF;
    EXECUTE format('DROP OWNED BY %I', account);
    SELECT string_agg(l.classid::regclass || ' ' || l.objid, ', ') INTO remaining FROM (${DROPPED}) l;
    IF remaining IS NOT NULL THEN
      RAISE serialization_failure USING MESSAGE = account || ' was given something meanwhile, which would be lost (' || remaining || '); nothing was done';
    END IF;
  END `,
}

/** For a superuser, in each database. */
export const handOverFunction = (administrator: string): string[] =>
  installed(administrator, [HAND_OVER], 'account name, successor name')

export function handOverStatement(account: string, successor: string | undefined): string {
  return `SELECT reeve.hand_over(${literal(account)}::name, ${successor === undefined ? 'NULL' : literal(successor)}::name)`
}
