// Listening to a channel of PostgreSQL.
import type { Connection } from './connect.ts'
import { ownConnection } from './own-connection.ts'
import type { OwnConnection } from './own-connection.ts'
import { identifier } from './sql.ts'

/** Nothing is heard any more once it is lost. */
export type Listening = Pick<OwnConnection, 'lost' | 'stop'>

/** A hint, never a fact: what was said while nobody listened is gone. Faults: database_unavailable. */
export async function listenTo(
  connection: Connection,
  channel: string,
  heard: (payload: string) => void,
): Promise<Listening> {
  return await ownConnection(connection, 'reeve listens', async (client) => {
    client.on('notification', ({ payload }) => heard(payload ?? ''))
    await client.query(`listen ${identifier(channel).compile().text}`)
  })
}
