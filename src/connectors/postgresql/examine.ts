// Whether the administrative role can be had, and may do what it must: no less and no more. It only asks.
import type { Examined, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { examineExcess } from './examine-excess.ts'
import { examineSuccessor } from './examine-successor.ts'
import { HELD_SETTING } from './held-mark.ts'
import { HAND_OVER, handOverFunction } from './hand-over.ts'
import { HBA_LINES, reviewedFunctions, VERIFIERS } from './reviewed-functions.ts'
import { hinderedBy } from './reviewed.ts'
import type { Reviewed } from './reviewed.ts'
import { identifier } from './sql-text.ts'
import { examineStandbys } from './standbys.ts'
import { TargetError } from './target-error.ts'

const VERSION_MIN = 15
/** Versions that the tests run on. */
const VERIFIED = [15, 18]
const DATABASES_MAX = 100
const NAMED_MAX = 20

export async function examine(call: TargetCall): Promise<readonly Examined[]> {
  try {
    return await asAdministrator(call, { for: 'asking' }, async (administrator) => [
      ...(await server(administrator)),
      ...(await needs(administrator, call)),
      await roles(administrator, call),
      ...(await examineSuccessor(administrator, call)),
      await examineStandbys(administrator, call),
      ...(await databases(administrator, call)),
      ...(await examineExcess(administrator)),
    ])
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return [{ check: 'the administrative role signs in', outcome: 'missing', detail: error.message }]
  }
}

async function server(administrator: Administrator): Promise<Examined[]> {
  const { version } = administrator
  const check = 'the version of PostgreSQL'
  const [row] = await administrator.rows<{ standby: boolean }>('select pg_is_in_recovery() as standby')
  return [
    version < VERSION_MIN
      ? { check, outcome: 'missing', detail: `${version}: ${VERSION_MIN} or later is needed` }
      : VERIFIED.includes(version)
        ? { check, outcome: 'ok', detail: String(version) }
        : { check, outcome: 'unknown', detail: `${version}: not verified against it, only ${VERIFIED.join(' and ')}` },
    row?.standby === true
      ? { check: 'the server takes changes', outcome: 'missing', detail: 'it is a standby: name the primary' }
      : { check: 'the server takes changes', outcome: 'ok', detail: 'it is a primary' },
  ]
}

/** A line that is good, or says what is missing and what to run. */
function line(check: string, good: boolean, detail: string, remedy: readonly string[]): Examined {
  return good ? { check, outcome: 'ok', detail: 'yes' } : { check, outcome: 'missing', detail, remedy }
}

/** `install` makes it, once what stands in the way is gone. */
async function callable(
  administrator: Administrator,
  check: string,
  wanted: Reviewed,
  install: readonly string[],
): Promise<Examined> {
  const hindered = await hinderedBy(administrator, wanted)
  return line(check, hindered === undefined, hindered?.reason ?? '', [...(hindered?.remedy ?? []), ...install])
}

async function needs(administrator: Administrator, { settings }: TargetCall): Promise<Examined[]> {
  const role = identifier(settings.administrator.user)
  const [own] = await administrator.rows<{ createsRoles: boolean; keeps: boolean; quiet: boolean; may: string[] }>(
    `select coalesce(current_setting('event_triggers', true), 'off') = 'off' as quiet, rolcreaterole as "createsRoles", has_parameter_privilege($1, 'set') as keeps,
       array(select g.rolname::text from pg_roles g where g.rolname in ('pg_signal_backend', 'pg_read_all_stats')
         and pg_has_role(current_user, g.oid, 'usage')) as may
     from pg_roles where rolname = current_user`,
    [HELD_SETTING],
  )
  const member = (name: string): string =>
    `GRANT ${name} TO ${role}${administrator.version >= 16 ? ' WITH INHERIT TRUE, SET FALSE' : ''}`
  const reviewed = reviewedFunctions(settings.administrator.user)
  return [
    line('may change roles', own?.createsRoles === true, 'it has no CREATEROLE', [`ALTER ROLE ${role} CREATEROLE`]),
    line('may end sessions', own?.may.includes('pg_signal_backend') === true, 'it is no member of pg_signal_backend', [
      member('pg_signal_backend'),
    ]),
    line('sees sessions', own?.may.includes('pg_read_all_stats') === true, 'it is no member of pg_read_all_stats', [
      member('pg_read_all_stats'),
    ]),
    line('keeps at the target what a role had before', own?.keeps === true, `it may not set ${HELD_SETTING}`, [
      `GRANT SET ON PARAMETER ${identifier(HELD_SETTING)} TO ${role}`,
    ]),
    line('sets off no event trigger', own?.quiet === true, 'whoever owns such a function could act as it', [
      `ALTER ROLE ${role} SET event_triggers = off`,
    ]),
    await callable(administrator, 'sees equal verifiers', VERIFIERS, reviewed),
    await callable(administrator, 'sees pg_hba.conf', HBA_LINES, reviewed),
  ]
}

/** Which roles it may hold. */
async function roles(administrator: Administrator, call: TargetCall): Promise<Examined> {
  const own = identifier(call.settings.administrator.user)
  const found = await administrator.rows<{ account: string; managed: boolean }>(
    `select rolname as account, ${administrator.version >= 16 ? "pg_has_role(current_user, oid, 'member with admin option')" : 'not rolreplication'}
       as managed
     from pg_roles where rolcanlogin and not rolsuper and rolname <> current_user order by rolname`,
  )
  const others = found.filter(({ managed }) => !managed).map(({ account }) => account)
  return {
    check: 'roles that it may hold',
    outcome: found.length > 0 && others.length === found.length ? 'missing' : 'ok',
    detail: `${found.length - others.length} of ${found.length} that log in${administrator.version < 16 && others.length > 0 ? `; only a superuser holds ${others.slice(0, NAMED_MAX).join(', ')}, which may replicate` : ''}`,
    ...(others.length > 0 &&
      administrator.version >= 16 && {
        remedy: others
          .slice(0, NAMED_MAX)
          .map((account) => `GRANT ${identifier(account)} TO ${own} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`),
      }),
  }
}

/** Each database that takes connections: what a role owns there can be handed over. */
async function databases(administrator: Administrator, call: TargetCall): Promise<Examined[]> {
  const { user } = call.settings.administrator
  const found = await administrator.rows<{ database: string; enters: boolean }>(
    `select datname as database, has_database_privilege(oid, 'connect') as enters
     from pg_database where datallowconn and not datistemplate order by datname limit ${DATABASES_MAX}`,
  )
  const lines: Examined[] = []
  for (const { database, enters } of found) {
    const check = `hands over in the database ${database}`
    const remedy = [`GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`]
    if (!enters) lines.push(line(check, false, 'it may not connect', remedy))
    else lines.push(await handsOver(call, database, check))
  }
  return lines
}

async function handsOver(call: TargetCall, database: string, check: string): Promise<Examined> {
  const install = handOverFunction(call.settings.administrator.user)
  try {
    return await asAdministrator(call, { for: 'asking', database }, (one) => callable(one, check, HAND_OVER, install))
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return { check, outcome: 'missing', detail: error.message }
  }
}
