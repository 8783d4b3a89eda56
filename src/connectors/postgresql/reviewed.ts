// Functions that a superuser installs in the schema `reeve`, short enough to be read before: how they are made, and whether what
// is there is what this release installs.
import type { Administrator } from './administrator.ts'
import { triggersOfOthers } from './event-triggers.ts'
import { identifier } from './sql-text.ts'

export interface Reviewed {
  readonly name: string
  /** Types, as `oidvectortypes` writes them. */
  readonly takes: '' | 'name, name'
  /** What follows the parameters, without the body. */
  readonly returns: string
  readonly body: string
}

/** Statements that install them; they stop where the schema, or what is in it, is somebody's who is no superuser. */
export function installed(administrator: string, functions: readonly Reviewed[], parameters = ''): string[] {
  const role = identifier(administrator)
  const names = functions.map(({ name, takes }) => `reeve.${name}(${takes})`)
  return [
    // SECURITY: whoever owns the database says what is found first in it
    'SET search_path = pg_catalog, pg_temp',
    NO_TRIGGERS_OF_OTHERS,
    'CREATE SCHEMA IF NOT EXISTS reeve',
    OURS_ALONE,
    'REVOKE ALL ON SCHEMA reeve FROM PUBLIC',
    ...functions.map(
      ({ name, returns, body }) => `CREATE OR REPLACE FUNCTION reeve.${name}(${parameters})
  RETURNS ${returns} SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET session_replication_role = replica SET jit = off AS $$${body}$$`,
    ),
    ...names.map((name) => `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`),
    `GRANT USAGE ON SCHEMA reeve TO ${role}`,
    ...names.map((name) => `GRANT EXECUTE ON FUNCTION ${name} TO ${role}`),
  ]
}

/** Else what installs this would execute them, as a superuser. */
const NO_TRIGGERS_OF_OTHERS = `DO $$ DECLARE whose text; BEGIN
    SELECT string_agg(t.said, ', ') INTO whose FROM (${triggersOfOthers}) t;
    IF whose IS NOT NULL THEN
      RAISE EXCEPTION '%: see why, then ALTER ROUTINE … OWNER TO a superuser, or ALTER EVENT TRIGGER … DISABLE, and run this again', whose;
    END IF;
  END $$`

/** `CREATE OR REPLACE` leaves a function to whom it belongs, and whoever owns the schema puts in what they like. */
const OURS_ALONE = `DO $$ DECLARE whose text; BEGIN
    SELECT string_agg(DISTINCT f.what || ' belongs to ' || r.rolname, ', ') INTO whose FROM (
      SELECT 'the schema reeve' AS what, n.nspowner AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'reeve'
      UNION ALL SELECT p.oid::regprocedure::text, p.proowner FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'reeve') f
    JOIN pg_catalog.pg_roles r ON r.oid = f.owner WHERE NOT r.rolsuper;
    IF whose IS NOT NULL THEN
      RAISE EXCEPTION '%, who is no superuser: see why, then drop it, or give it to a superuser (ALTER … OWNER TO), and run this again', whose;
    END IF;
  END $$`

/**
 * Why it is not called, and what mends that before it is installed again. SECURITY: whoever may make a schema could have made
 * one whose functions lie, or do something else with our rights; what is called is a superuser's, in a superuser's schema, and to
 * the letter what this release installs.
 */
export async function hinderedBy(
  administrator: Administrator,
  { name, takes, body }: Reviewed,
): Promise<{ readonly reason: string; readonly remedy: readonly string[] } | undefined> {
  const [found] = await administrator.rows<{
    schemaOwner: string | null
    owner: string | null
    there: boolean
    same: boolean
    ours: boolean
  }>(
    `select case when not s.rolsuper then s.rolname end as "schemaOwner", case when not r.rolsuper then r.rolname end as owner,
       p.oid is not null as there,
       p.prosecdef and p.prosrc = $3 and p.proconfig = array['search_path=pg_catalog, pg_temp', 'session_replication_role=replica', 'jit=off'] as same,
       has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute') as ours
     from pg_namespace n join pg_roles s on s.oid = n.nspowner
     left join pg_proc p on p.pronamespace = n.oid and p.proname = $1 and oidvectortypes(p.proargtypes) = $2
     left join pg_roles r on r.oid = p.proowner
     where n.nspname = 'reeve'`,
    [name, takes, body],
  )
  const whole = `reeve.${name}`
  if (found?.schemaOwner != null)
    return {
      reason: `the schema reeve belongs to ${found.schemaOwner}, who is no superuser`,
      remedy: [
        'ALTER SCHEMA reeve OWNER TO CURRENT_USER',
        `REVOKE ALL ON SCHEMA reeve FROM ${identifier(found.schemaOwner)}`,
      ],
    }
  if (found === undefined || !found.there) return { reason: `${whole} is missing`, remedy: [] }
  if (found.owner !== null)
    return {
      reason: `${whole} belongs to ${found.owner}, who is no superuser`,
      remedy: [`DROP FUNCTION ${whole}(${takes})`],
    }
  if (!found.same)
    return { reason: `${whole} is not as this release installs it`, remedy: [`DROP FUNCTION ${whole}(${takes})`] }
  return found.ours ? undefined : { reason: `${whole} may not be called`, remedy: [] }
}
