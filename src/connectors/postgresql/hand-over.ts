// What a role owns goes to its successor and the rights that it was given are withdrawn, in one transaction for each database,
// by one reviewed function there. INVARIANT: nothing is dropped before nothing is owned; no object is lost.
import { identifier, literal } from './sql-text.ts'

/** Owned in the catalogue's sense, and part of the role itself: they go with it, REASSIGN OWNED leaves them alone. */
export const GOES_WITH_IT = "('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)"

/**
 * For a superuser, in each database. Only a superuser, or every single owner, can withdraw rights that others gave: DROP OWNED
 * of anybody else leaves them, with a warning. SECURITY: it does this one thing, for a role that the caller administers and
 * that may not log in any more.
 */
export function handOverFunction(administrator: string): string[] {
  const role = identifier(administrator)
  return [
    'CREATE SCHEMA IF NOT EXISTS reeve',
    'REVOKE ALL ON SCHEMA reeve FROM PUBLIC',
    `CREATE OR REPLACE FUNCTION reeve.hand_over(account name, successor name) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    who oid;
    remaining text;
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
  END $$`,
    'REVOKE ALL ON FUNCTION reeve.hand_over(name, name) FROM PUBLIC',
    `GRANT USAGE ON SCHEMA reeve TO ${role}`,
    `GRANT EXECUTE ON FUNCTION reeve.hand_over(name, name) TO ${role}`,
  ]
}

export function handOverStatement(account: string, successor: string | undefined): string {
  return `SELECT reeve.hand_over(${literal(account)}, ${successor === undefined ? 'NULL' : literal(successor)})`
}
