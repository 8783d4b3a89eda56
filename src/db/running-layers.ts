// The layers' ways into an embedded database that a server is running, for what only reads beside it.
import { join } from 'node:path'
import { openDatabase } from './connect.ts'
import type { Connection } from './connect.ts'
import { MAJOR } from './embedded/directory.ts'
import { DATABASE } from './embedded/embedded.ts'
import { PORT, runningPostmaster } from './embedded/postmaster.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { readPasswords } from './passwords.ts'
import type { Database } from './transaction.ts'

/** `undefined` where no server runs on this data directory. Starts and stops nothing; close it. */
export async function runningLayers(
  dataDirectory: string,
): Promise<{ readonly database: Database; connectionFor(layer: Layer): Connection } | undefined> {
  const folder = join(dataDirectory, 'postgresql')
  const running = runningPostmaster(join(folder, MAJOR))
  const passwords = await readPasswords(join(folder, 'passwords.json'))
  if (running === undefined || passwords === undefined) return undefined
  const connections = LAYER_NAMES.map((layer) => {
    const { role } = LAYERS[layer]
    const connection = { host: running.socketFolder, port: PORT, user: role, password: passwords[role], max: 2 }
    return [layer, { ...connection, database: DATABASE }]
  })
  const layers = Object.fromEntries(connections) as Record<Layer, Connection>
  return { database: openDatabase(layers), connectionFor: (layer) => layers[layer] }
}
