// A layer of connections on a database of its own, with a folder to import from, for tests.
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#kernel'
import type { Act, Instant } from '#kernel'
import { testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import type { ConnectionsLayer } from './connection.ts'

export interface LayerInTest {
  readonly database: TestDatabase
  readonly layer: ConnectionsLayer
  /** An import root; beside it lies the data directory. */
  readonly root: string
  readonly dataDirectory: string
  close(): Promise<void>
}

export async function layerInTest(): Promise<LayerInTest> {
  const database = await testDatabase()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reeve-connections-')))
  const root = join(folder, 'imports')
  const dataDirectory = join(folder, 'data')
  await mkdir(root)
  await mkdir(dataDirectory)
  return {
    database,
    root,
    dataDirectory,
    layer: {
      db: database.database.layer('connections'),
      clock: systemClock,
      places: { importRoots: [root], dataDirectory },
    },
    async close() {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const anAct = (at: Instant = systemClock()): Act => ({ actor: { id: 'psn_0000000000000000000000test' }, at })
