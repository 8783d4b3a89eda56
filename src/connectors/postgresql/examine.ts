// Whether the administrative role can be had, and may do what it must: no less and no more. It only asks.
import type { Examined, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { INSTALL } from './look-for-other-ways.ts'
import { hbaLinesIn, verifiersIn } from './reviewed-functions.ts'
import { identifier } from './sql-text.ts'
import { TargetError } from './target-error.ts'

const VERSION_MIN = 15
/** Versions that the tests run on. */
const VERIFIED = [15, 18]

export async function examine(call: TargetCall): Promise<readonly Examined[]> {
  try {
    return await asAdministrator(call, { for: 'asking' }, async (administrator) => [
      version(administrator.version),
      ...(await attributes(administrator, call)),
      ...(await reviewed(administrator)),
    ])
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return [{ check: 'the administrative role signs in', outcome: 'missing', detail: error.message }]
  }
}

function version(major: number): Examined {
  const check = 'the version of PostgreSQL'
  if (VERIFIED.includes(major)) return { check, outcome: 'ok', detail: String(major) }
  if (major < VERSION_MIN) return { check, outcome: 'missing', detail: `${major}: ${VERSION_MIN} or later is needed` }
  return { check, outcome: 'unknown', detail: `${major}: not verified against it (${VERIFIED.join(' and ')} are)` }
}

interface Own {
  readonly account: string
  readonly superuser: boolean
  readonly createsRoles: boolean
  readonly readOnly: boolean
  readonly may: readonly string[]
  readonly tooMuch: readonly string[]
}

const NEEDED = ['pg_signal_backend', 'pg_read_all_stats']

async function attributes(administrator: Administrator, { settings }: TargetCall): Promise<Examined[]> {
  const [own] = await administrator.rows<Own>(
    `select rolname as account, rolsuper as superuser, rolcreaterole as "createsRoles", pg_is_in_recovery() as "readOnly",
       array(select g.rolname::text from pg_roles g where g.rolname = any($1)
         and pg_has_role(current_user, g.oid, 'usage')) as may,
       array_remove(array[case when rolbypassrls then 'BYPASSRLS' end, case when rolcreatedb then 'CREATEDB' end,
         case when rolreplication then 'REPLICATION' end], null)
       as "tooMuch"
     from pg_roles r where rolname = current_user`,
    [NEEDED],
  )
  if (own === undefined) return []
  const role = identifier(settings.administrator.user)
  const line = (check: string, good: boolean, bad: Examined['outcome'], detail: string, remedy: string): Examined =>
    good ? { check, outcome: 'ok', detail: 'yes' } : { check, outcome: bad, detail, remedy: [remedy] }
  return [
    line('no superuser', !own.superuser, 'too_much', 'it is a superuser', `ALTER ROLE ${role} NOSUPERUSER`),
    line('may change roles', own.createsRoles, 'missing', 'it has no CREATEROLE', `ALTER ROLE ${role} CREATEROLE`),
    ...NEEDED.map((name) =>
      line(`member of ${name}`, own.may.includes(name), 'missing', 'it is none', `GRANT ${name} TO ${role}`),
    ),
    ...own.tooMuch.map((name) =>
      line(`no ${name}`, false, 'too_much', `it has ${name}`, `ALTER ROLE ${role} NO${name}`),
    ),
    own.readOnly
      ? { check: 'the server takes changes', outcome: 'missing', detail: 'it is a standby: name the primary' }
      : { check: 'the server takes changes', outcome: 'ok', detail: 'it is a primary' },
  ]
}

async function reviewed(administrator: Administrator): Promise<Examined[]> {
  const [verifiers, lines] = [await verifiersIn(administrator), await hbaLinesIn(administrator)]
  return [
    ['reeve.verifiers, which roles share a verifier', verifiers] as const,
    ['reeve.hba_lines, the lines of pg_hba.conf', lines] as const,
  ].map(([check, rows]) =>
    rows === undefined
      ? { check, outcome: 'unknown', detail: `it is not there; ${INSTALL}` }
      : { check, outcome: 'ok', detail: `${rows.length} rows` },
  )
}
