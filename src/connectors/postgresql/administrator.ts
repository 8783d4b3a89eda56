// A session of the administrative role at the target: one at a time, with limits, and ended with the call. It is never a
// connection of Reeve's own database.
import { getCACertificates } from 'node:tls'
import { Client } from 'pg'
import type { ClientConfig } from 'pg'
import type { TargetCall, TargetSettings } from '#connectors/target'
import { nextFor, saidBy, spelled, sqlstateOf, TargetError } from './target-error.ts'

const CONNECT_MS = 5000
const STATEMENT_MS = 30_000
const LOCK_MS = 5000
/** Longer than the server's own limit: then the server is not there any more. */
const ANSWER_MS = STATEMENT_MS + 5000

/** What a session is for. SECURITY: one that asks is read-only, and PostgreSQL sees to it. */
export interface Session {
  readonly for: 'asking' | 'acting'
  readonly planId?: string
  /** Else the target's own. */
  readonly database?: string
}

export interface Administrator {
  /** 15, 18. */
  readonly version: number
  /** Each row as an object. Throws TargetError. */
  readonly rows: <Row>(text: string, values?: readonly unknown[]) => Promise<Row[]>
}

/** Throws TargetError: each can be tried again. */
export async function asAdministrator<T>(
  call: TargetCall,
  session: Session,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  call.signal.throwIfAborted()
  const client = new Client(await settingsOf(call, session))
  // a connection that breaks while nothing is asked; what is asked next says so
  client.on('error', () => undefined)
  const stop = (): void => void client.end().catch(() => undefined)
  call.signal.addEventListener('abort', stop, { once: true })
  try {
    const version = await connected(client, call.settings, session)
    return await work({
      version,
      rows: async <Row>(text: string, values: readonly unknown[] = []) => {
        call.signal.throwIfAborted()
        if (session.for === 'acting') call.mayStillAct?.()
        try {
          return (await client.query(text, [...values])).rows as Row[]
        } catch (error) {
          throw refusedStatement(error, call.settings)
        }
      },
    })
  } finally {
    call.signal.removeEventListener('abort', stop)
    await client.end().catch(() => undefined)
  }
}

async function settingsOf({ settings, secretOf }: TargetCall, session: Session): Promise<ClientConfig> {
  const readOnly = session.for === 'asking' ? ' -c default_transaction_read_only=on' : ''
  return {
    host: settings.address.host,
    port: settings.address.port,
    user: settings.administrator.user,
    password: await secretOf(settings.administrator.password),
    database: session.database ?? settings.database,
    ssl: await tlsFor(settings, secretOf),
    application_name: session.planId === undefined ? 'reeve' : `reeve plan ${session.planId}`,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    options:
      `-c search_path=pg_catalog -c statement_timeout=${STATEMENT_MS} -c lock_timeout=${LOCK_MS} ` +
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

async function connected(client: Client, settings: TargetSettings, session: Session): Promise<number> {
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int / 10000 as version",
    )
    return rows[0]?.version ?? 0
  } catch (error) {
    const sqlstate = sqlstateOf(error)
    const [where, who] = [spelled(settings.address), settings.administrator.user]
    const what =
      sqlstate === undefined
        ? `${where} cannot be reached (${saidBy(error)})`
        : `${where} does not let \`${who}\` into the database \`${session.database ?? settings.database}\` (${sqlstate})`
    throw new TargetError(`${what}: ${nextFor(sqlstate)}`, sqlstate)
  }
}

function refusedStatement(error: unknown, { address }: TargetSettings): TargetError {
  const sqlstate = sqlstateOf(error)
  const what = sqlstate === undefined ? 'did not answer' : `answered ${sqlstate}`
  return new TargetError(`${spelled(address)} ${what} (${saidBy(error)}): ${nextFor(sqlstate)}`, sqlstate)
}
