// A program of its own that a test kills: imports the sample estate into the database that it is told, at a fixed time.
import { openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import type { Instant } from '#kernel'
import { IDENTITY_SETTINGS } from '#identity/roll'
import { CONNECTORS, givenKey, readTree } from '#connectors'
import { sync } from './sync.ts'

const [connections = '', root = ''] = process.argv.slice(2)
const database = openDatabase(JSON.parse(connections) as Record<Layer, Connection>)
const at = '2026-03-01T08:00:00.000Z' as Instant
const clock = (): Instant => at
const key = givenKey(Buffer.alloc(32, 7))
const { keyId = '' } = key
const read = await readTree(root, { connectors: CONNECTORS, key, history: false, workers: 0 })
process.stdout.write('read\n')
await sync({
  identity: { db: database.layer('identity'), clock, settings: IDENTITY_SETTINGS },
  access: { db: database.layer('access'), clock },
  source: { id: 'samples', name: 'samples' },
  read: { ...read, partial: read.stats.partial },
  act: { actor: { id: 'reeve' }, at },
  keyId,
  // many small transactions, so that a kill mostly falls between two of them or into one
  batch: 25,
  partFacts: 100,
})
await database.close()
