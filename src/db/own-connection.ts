// A connection of its own, since a pool's are handed from one to another: kept alive, and known to be gone when it is.
import { Client } from 'pg'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'

const ALIVE_EVERY_MS = 10_000
const ALIVE_ANSWER_MS = 10_000
/** A server that cannot reach this process any more ends the session within half a minute; not used on a Unix socket. */
const KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3'

export interface OwnConnection {
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal
  /** Whether the session can't have ended by its lease: asked by the clock, so that a process that was stopped knows at once. */
  readonly isProven: () => boolean
  readonly stop: () => Promise<void>
}

export interface OwnOptions {
  /** PostgreSQL ends the session of a process that is silent for so long, though its kernel still answers. */
  readonly leaseMs?: number
}

/** `begin` makes the session what it is for. Faults: database_unavailable. */
export async function ownConnection(
  connection: Connection,
  name: string,
  begin: (client: Client) => Promise<unknown>,
  { leaseMs = Infinity }: OwnOptions = {},
): Promise<OwnConnection> {
  const settings = connectionSettings(connection, name)
  const lease = leaseMs === Infinity ? '' : ` -c idle_session_timeout=${leaseMs}`
  const options = `${settings.options ?? ''} ${KEEPALIVE}${lease}`
  const client = new Client({ ...settings, options, query_timeout: ALIVE_ANSWER_MS })
  const lost = new AbortController()
  client.on('error', () => lost.abort())
  client.on('end', () => lost.abort())
  const stop = async (): Promise<void> => await client.end().catch(() => undefined)
  let provenAt = performance.now()
  try {
    await client.connect()
    await begin(client)
  } catch (error) {
    await stop()
    throw faultOf(error)
  }
  const alive = setInterval(
    () => {
      const asked = performance.now()
      client.query('select').then(
        () => (provenAt = asked),
        () => {
          lost.abort()
          void stop()
        },
      )
    },
    Math.min(ALIVE_EVERY_MS, leaseMs / 4),
  )
  lost.signal.addEventListener('abort', () => clearInterval(alive))
  return {
    lost: lost.signal,
    isProven: () => !lost.signal.aborted && performance.now() - provenAt < leaseMs,
    stop: async () => {
      clearInterval(alive)
      await stop()
    },
  }
}
