// A session of the administrative role at the target: one at a time, with limits, and ended with the call. It is never a
// connection of Reeve's own database.
import { getCACertificates } from 'node:tls'
import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import type { OfferedCredential, StepCall, TargetCall, TargetSettings } from '#connectors/target'
import { NotAnswered, ROUNDS, signIn } from './sign-in.ts'
import { nextFor, saidBy, spelled, sqlstateOf, TargetError } from './target-error.ts'

const CONNECT_MS = 5000
/** The server ends what takes longer. */
export const STATEMENT_MS = 30_000
const LOCK_MS = 5000
/** Longer than the server's own limit: then the server is not there any more. */
const ANSWER_MS = STATEMENT_MS + 5000

/** What a session is for. SECURITY: one that asks is read-only, and PostgreSQL sees to it. */
export interface Session {
  readonly for: 'asking' | 'acting'
  /** Else the target's own. */
  readonly database?: string
}

/** A step is called with the id of its plan, and so is whatever it asks. */
type OfPlan = TargetCall & Partial<Pick<StepCall, 'planId'>>

/** Of every session of Reeve at a target: whose plan it is of, so that whoever looks at the server can tell. */
export const applicationName = (planId: string | undefined, what = 'reeve'): string =>
  planId === undefined ? what : `${what} plan ${planId}`

export interface Administrator {
  /** 15, 18. */
  readonly version: number
  /** Each row as an object. Throws TargetError. */
  readonly rows: <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>
}

/** Throws TargetError: each can be tried again. */
export async function asAdministrator<T>(
  call: OfPlan & { readonly credential?: OfferedCredential },
  session: Session,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  call.signal.throwIfAborted()
  const password = await call.secretOf(call.settings.administrator.password)
  const secrets = [password, ...(call.credential === undefined ? [] : [call.credential.secret()])]
  const client = new Client(await settingsOf(call, session, password))
  // a connection that breaks while nothing is asked; what is asked next says so
  client.on('error', () => undefined)
  const stop = (): void => void client.end().catch(() => undefined)
  call.signal.addEventListener('abort', stop, { once: true })
  try {
    const version = await connected(client, call.settings, session, secrets)
    return await work({
      version,
      rows: async <Row>(text: string, values: readonly unknown[] = []) => {
        call.signal.throwIfAborted()
        if (session.for === 'acting') call.mayStillAct?.()
        try {
          return (await client.query(text, [...values])).rows as Row[]
        } catch (error) {
          throw refusedStatement(error, call.settings, secrets)
        }
      },
    })
  } finally {
    call.signal.removeEventListener('abort', stop)
    await client.end().catch(() => undefined)
  }
}

async function settingsOf(
  { settings, secretOf, planId }: OfPlan,
  session: Session,
  password: string,
): Promise<ClientConfig> {
  const readOnly = session.for === 'asking' ? ' -c default_transaction_read_only=on' : ''
  return {
    host: settings.address.host,
    port: settings.address.port,
    user: settings.administrator.user,
    password,
    database: session.database ?? settings.database,
    ssl: await tlsFor(settings, secretOf),
    // who holds another certificate in between cannot pass the proof on
    enableChannelBinding: settings.tls === 'verify',
    application_name: applicationName(planId),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    // nothing is asked often enough to be compiled before, which takes seconds where a server does so
    options:
      `-c jit=off -c search_path=pg_catalog -c statement_timeout=${STATEMENT_MS} -c lock_timeout=${LOCK_MS} ` +
      `-c standard_conforming_strings=on -c client_encoding=UTF8 -c timezone=UTC -c datestyle=ISO${readOnly}`,
  }
}

/** As `pg` takes it. A Unix socket has no TLS. */
export async function tlsFor(
  settings: Pick<TargetSettings, 'tls' | 'ca'>,
  secretOf: TargetCall['secretOf'],
): Promise<false | { readonly ca: string[]; readonly rejectUnauthorized: true }> {
  if (settings.tls === 'off') return false
  const ca = settings.ca === undefined ? getCACertificates('system') : [await secretOf(settings.ca)]
  return { ca, rejectUnauthorized: true }
}

async function connected(
  client: Client,
  settings: TargetSettings,
  session: Session,
  secrets: readonly string[],
): Promise<number> {
  const [where, who] = [spelled(settings.address), settings.administrator.user]
  try {
    await signIn(client)
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int / 10000 as version",
    )
    return rows[0]?.version ?? 0
  } catch (error) {
    if (error instanceof NotAnswered)
      throw new TargetError(`${where}: ${error.message}; ${error.wanted === 'other rounds' ? ROUNDS_NEXT : SCRAM_NEXT}`)
    const sqlstate = sqlstateOf(error)
    if (sqlstate === '28000' && error instanceof Error && error.message.includes('channel binding'))
      throw new TargetError(`${where}: ${BOUND_NEXT}`, sqlstate)
    const what =
      sqlstate === undefined
        ? `${where} cannot be reached (${saidBy(error, secrets)})`
        : `${where} does not let \`${who}\` into the database \`${session.database ?? settings.database}\` (${sqlstate})`
    throw new TargetError(`${what}: ${nextFor(sqlstate)}`, sqlstate)
  }
}

const BOUND_NEXT =
  'somebody in between ends TLS and passes the login on, which is refused: point the target at the server itself'
const SCRAM_NEXT =
  'let the server ask for the administrative role by scram-sha-256 (pg_hba.conf), and set its password again under ' +
  '`password_encryption = scram-sha-256`; where it does already, see whose server this is'
const ROUNDS_NEXT =
  `set the password of the administrative role again under a \`scram_iterations\` of ${ROUNDS.min} to ${ROUNDS.max}; ` +
  'where it was, see whose server this is'

function refusedStatement(error: unknown, { address }: TargetSettings, secrets: readonly string[]): TargetError {
  const sqlstate = sqlstateOf(error)
  const what = sqlstate === undefined ? 'did not answer' : `answered ${sqlstate}`
  return new TargetError(`${spelled(address)} ${what} (${saidBy(error, secrets)}): ${nextFor(sqlstate)}`, sqlstate)
}
