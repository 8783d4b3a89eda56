// The log as the server keeps it: signed with the log key, written below the data directory.
import { join } from 'node:path'
import type { Database } from '#db'
import { ED25519, keepLog, logOrigin, TileFolder } from '#evidence'
import type { LogKeeper, NoteSigner } from '#evidence'
import type { Clock } from '#kernel'
import type { Keys } from '#keys'

export interface KeptLog {
  readonly tiles: TileFolder
  readonly keeper: LogKeeper
}

/** `say` is told in words what goes wrong; entries keep their order and wait. */
export async function startLog(parts: {
  readonly database: Database
  readonly dataDirectory: string
  readonly keys: Keys
  readonly clock: Clock
  readonly say: (event: string) => void
}): Promise<KeptLog> {
  const { database, dataDirectory, keys, clock, say } = parts
  const evidence = database.layer('evidence')
  const key = keys.keyInUse('log')
  const signer: NoteSigner = {
    name: await logOrigin(evidence, `reeve-log-${key.keyId.replace(/^[a-z]+_/, '')}`),
    algorithm: ED25519,
    publicKey: key.publicKey,
    sign: (data) => key.sign(data),
  }
  const tiles = new TileFolder(join(dataDirectory, 'log'))
  const keeper = await keepLog({
    evidence,
    tiles,
    signer,
    clock,
    onFailure: (error) => {
      say(`entries wait for their place in the log: ${error instanceof Error ? error.message : 'unknown error'}`)
    },
    onAlarm: (witness, why) => {
      say(`ALARM: the witness ${witness} says that this is not the log that it knows: ${why}`)
    },
  })
  return { tiles, keeper }
}
