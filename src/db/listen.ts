// Listening to a channel of PostgreSQL: a connection of its own, since a pool's are handed from one to another.
import { Client } from 'pg'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'
import { identifier } from './sql.ts'

const ALIVE_EVERY_MS = 10_000
const ALIVE_ANSWER_MS = 10_000

export interface Listening {
  /** Aborted when the connection is gone: nothing is heard any more. */
  readonly lost: AbortSignal
  stop(): Promise<void>
}

/** A hint, never a fact: what was said while nobody listened is gone. Faults: database_unavailable. */
export async function listenTo(
  connection: Connection,
  channel: string,
  heard: (payload: string) => void,
): Promise<Listening> {
  const client = new Client({ ...connectionSettings(connection, 'reeve listens'), query_timeout: ALIVE_ANSWER_MS })
  const lost = new AbortController()
  client.on('error', () => lost.abort())
  client.on('end', () => lost.abort())
  client.on('notification', ({ payload }) => heard(payload ?? ''))
  const stop = async (): Promise<void> => await client.end().catch(() => undefined)
  try {
    await client.connect()
    await client.query(`listen ${identifier(channel).compile().text}`)
  } catch (error) {
    await stop()
    throw faultOf(error)
  }
  const alive = setInterval(() => {
    client.query('select').catch(() => {
      lost.abort()
      void stop()
    })
  }, ALIVE_EVERY_MS)
  lost.signal.addEventListener('abort', () => clearInterval(alive))
  return {
    lost: lost.signal,
    async stop() {
      clearInterval(alive)
      await stop()
    },
  }
}
