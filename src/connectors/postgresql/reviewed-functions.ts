// What only a superuser sees and Reeve needs: two functions in the schema `reeve` of the administrator's database, short
// enough to be read before they are installed. SECURITY: no verifier and no option of pg_hba.conf leaves them (there are
// passwords of LDAP in those), only which verifiers are equal and which lines there are.
import { identifier } from './sql-text.ts'
import type { Administrator } from './administrator.ts'

/** For a superuser, in the database of the administrator. Safe to repeat. */
export function reviewedFunctions(administrator: string): string[] {
  const role = identifier(administrator)
  return [
    'CREATE SCHEMA IF NOT EXISTS reeve',
    'REVOKE ALL ON SCHEMA reeve FROM PUBLIC',
    `CREATE OR REPLACE FUNCTION reeve.verifiers()
  RETURNS TABLE (account text, kind text, same_as bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT rolname::text,
      CASE WHEN rolpassword IS NULL THEN 'none' WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' ELSE 'md5' END,
      CASE WHEN rolpassword IS NOT NULL THEN dense_rank() OVER (ORDER BY rolpassword) END
    FROM pg_catalog.pg_authid
  $$`,
    `CREATE OR REPLACE FUNCTION reeve.hba_lines()
  RETURNS TABLE (line int, kind text, databases text[], accounts text[], address text, netmask text, method text, broken boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT line_number, type, database, user_name, address, netmask, auth_method, error IS NOT NULL
    FROM pg_catalog.pg_hba_file_rules
  $$`,
    ...['reeve.verifiers()', 'reeve.hba_lines()'].map((name) => `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`),
    `GRANT USAGE ON SCHEMA reeve TO ${role}`,
    ...['reeve.verifiers()', 'reeve.hba_lines()'].map((name) => `GRANT EXECUTE ON FUNCTION ${name} TO ${role}`),
  ]
}

export interface Verifier {
  readonly account: string
  readonly kind: 'none' | 'scram-sha-256' | 'md5'
  /** Equal numbers are equal verifiers; null where there is none. */
  readonly sameAs: string | null
}

export interface HbaLine {
  readonly line: number
  readonly kind: string
  readonly databases: readonly string[]
  readonly accounts: readonly string[]
  readonly address: string | null
  readonly netmask: string | null
  readonly method: string
  readonly broken: boolean
}

/**
 * Whether it is there, ours to call, and a superuser's. SECURITY: whoever may make a schema could have made one whose functions
 * lie, or do something else with our rights; nobody but its owner can put another in its place.
 */
export async function isReviewed(administrator: Administrator, name: string, parameters = 0): Promise<boolean> {
  const [row] = await administrator.rows<{ good: boolean }>(
    `select r.rolsuper and s.rolsuper and p.prosecdef and has_function_privilege(p.oid, 'execute')
       and has_schema_privilege(n.oid, 'usage') as good
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     join pg_roles r on r.oid = p.proowner join pg_roles s on s.oid = n.nspowner
     where n.nspname = 'reeve' and p.proname = $1 and p.pronargs = $2`,
    [name, parameters],
  )
  return row?.good === true
}

/** `undefined` where the function is not there or not ours to call. */
export async function verifiersIn(administrator: Administrator): Promise<Verifier[] | undefined> {
  if (!(await isReviewed(administrator, 'verifiers'))) return undefined
  return await administrator.rows<Verifier>(
    'select account, kind, same_as::text as "sameAs" from reeve.verifiers() order by account',
  )
}

/** As pg_hba.conf stands now; a server that was not reloaded since may still follow an older one. */
export async function hbaLinesIn(administrator: Administrator): Promise<HbaLine[] | undefined> {
  if (!(await isReviewed(administrator, 'hba_lines'))) return undefined
  return await administrator.rows<HbaLine>(
    `select line, coalesce(kind, '') as kind, coalesce(databases, '{}') as databases,
       coalesce(accounts, '{}') as accounts, address, netmask, coalesce(method, '') as method, broken
     from reeve.hba_lines() order by line`,
  )
}
