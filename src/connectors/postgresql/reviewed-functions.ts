// What only a superuser sees and Reeve needs: two functions in the schema `reeve` of the administrator's database, short
// enough to be read before they are installed. SECURITY: no verifier and no option of pg_hba.conf leaves them (there are
// passwords of LDAP in those), only which verifiers are equal and which lines there are.
import type { Administrator } from './administrator.ts'
import { hinderedBy, installed } from './reviewed.ts'
import type { Reviewed } from './reviewed.ts'

export const VERIFIERS: Reviewed = {
  name: 'verifiers',
  takes: '',
  returns: 'TABLE (account text, kind text, same_as bigint) LANGUAGE sql STABLE',
  body: `
    SELECT rolname::text,
      CASE WHEN rolpassword IS NULL THEN 'none' WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' ELSE 'md5' END,
      CASE WHEN rolpassword IS NOT NULL THEN dense_rank() OVER (ORDER BY rolpassword) END
    FROM pg_catalog.pg_authid
  `,
}

export const HBA_LINES: Reviewed = {
  name: 'hba_lines',
  takes: '',
  returns:
    'TABLE (line int, kind text, databases text[], accounts text[], address text, netmask text, method text, broken boolean) ' +
    'LANGUAGE sql STABLE',
  body: `
    SELECT r.line_number, r.type, CASE WHEN f.quoted THEN array_replace(r.database, 'all', '"all"') ELSE r.database END,
      CASE WHEN f.quoted THEN array_replace(r.user_name, 'all', '"all"') ELSE r.user_name END, r.address, r.netmask, r.auth_method, r.error IS NOT NULL
    FROM pg_catalog.pg_hba_file_rules r CROSS JOIN LATERAL (
      -- quoted it is a name and not the keyword, which the rules do not tell
      SELECT coalesce(encode(pg_read_binary_file(coalesce(to_jsonb(r) ->> 'file_name', current_setting('hba_file')), 0, 10000000, true), 'escape')
        ~ '(?n)^[^#]*"all"', true) AS quoted) f
  `,
}

/** For a superuser, in the database of the administrator. Safe to repeat. */
export const reviewedFunctions = (administrator: string): string[] => installed(administrator, [VERIFIERS, HBA_LINES])

export interface Verifier {
  readonly account: string
  readonly kind: 'none' | 'scram-sha-256' | 'md5'
  /** Equal numbers are equal verifiers; null where there is none. */
  readonly sameAs: string | null
}

export interface HbaLine {
  readonly line: number
  readonly kind: string
  /** Names and keywords, so too `accounts`. `"all"`: in its file it is quoted somewhere, so this may be the keyword or a name. */
  readonly databases: readonly string[]
  readonly accounts: readonly string[]
  readonly address: string | null
  readonly netmask: string | null
  readonly method: string
  readonly broken: boolean
}

/** `undefined` where the function is not there or not ours to call. */
export async function verifiersIn(administrator: Administrator): Promise<Verifier[] | undefined> {
  if ((await hinderedBy(administrator, VERIFIERS)) !== undefined) return undefined
  return await administrator.rows<Verifier>(
    'select account, kind, same_as::text as "sameAs" from reeve.verifiers() order by account',
  )
}

/** As pg_hba.conf stands now; a server that was not reloaded since may still follow an older one. */
export async function hbaLinesIn(administrator: Administrator): Promise<HbaLine[] | undefined> {
  if ((await hinderedBy(administrator, HBA_LINES)) !== undefined) return undefined
  return await administrator.rows<HbaLine>(
    `select line, coalesce(kind, '') as kind, coalesce(databases, '{}') as databases,
       coalesce(accounts, '{}') as accounts, address, netmask, coalesce(method, '') as method, broken
     from reeve.hba_lines() order by line`,
  )
}
