// The one way in for a server: choose the database, start it, migrate it, check who the layers are, open their pools.
import { mkdir } from 'node:fs/promises'
import { openDatabase } from './connect.ts'
import type { Connection } from './connect.ts'
import { startEmbedded } from './embedded/embedded.ts'
import { LAYER_NAMES, LAYERS } from './layer.ts'
import type { Layer } from './layer.ts'
import { migrate } from './migrate.ts'
import type { Migrated } from './migrate.ts'
import { OWNER_ROLE } from './roles.ts'
import { checkRoles } from './roles-checked.ts'
import type { Database } from './transaction.ts'
import { externalDatabase } from './url.ts'
import type { Environment } from './url.ts'

export interface OpenOptions {
  readonly dataDirectory: string
  /** `process.env`: REEVE_DATABASE_URL and REEVE_DATABASE_URL_<LAYER> are read. */
  readonly environment: Environment
  /** Recorded with each migration. */
  readonly release: string
  readonly log: (line: string) => void
  /** The embedded server died and is being started again; pools reconnect by themselves. */
  readonly onDown?: () => void
  readonly onUp?: () => void
}

export interface ReeveDatabase {
  readonly kind: 'embedded' | 'external'
  readonly database: Database
  /** For backup and restore only: everything belongs to it. */
  readonly owner: Connection
  connectionFor(layer: Layer): Connection
  readonly migrated: Migrated
  /** Waits for running transactions, ends the pools, and stops the server if it is ours. */
  stop(): Promise<void>
}

interface Place {
  readonly kind: ReeveDatabase['kind']
  readonly owner: Connection
  readonly layers: Readonly<Record<Layer, Connection>>
  stop(): Promise<void>
}

/** Faults: config_invalid, database_refused, database_unavailable, storage_full; each says what to do. */
export async function openReeveDatabase(options: OpenOptions): Promise<ReeveDatabase> {
  await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 })
  const place = await placeFor(options)
  try {
    const migrated = await migrate(place.owner, options.release)
    await checkRoles(place.layers)
    const database = openDatabase(place.layers)
    return {
      kind: place.kind,
      database,
      owner: place.owner,
      connectionFor: (layer) => place.layers[layer],
      migrated,
      async stop() {
        await database.close()
        await place.stop()
      },
    }
  } catch (error) {
    await place.stop()
    throw error
  }
}

async function placeFor(options: OpenOptions): Promise<Place> {
  const external = await externalDatabase(options.environment, options.dataDirectory)
  if (external !== undefined) return { kind: 'external', ...external, stop: () => Promise.resolve() }
  const server = await startEmbedded(options)
  const layers = LAYER_NAMES.map((layer) => [layer, server.connectionFor(LAYERS[layer].role)])
  return {
    kind: 'embedded',
    owner: server.connectionFor(OWNER_ROLE),
    layers: Object.fromEntries(layers) as Record<Layer, Connection>,
    stop: () => server.stop(),
  }
}
