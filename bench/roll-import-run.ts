// The measured import: a process of its own, so that its memory is its own. Its argument names a file with the layers'
// connections and the number of principals; it prints seconds and counts as one JSON line.
import { readFileSync } from 'node:fs'
import { openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import { IDENTITY_SETTINGS } from '#identity/roll'
import { systemClock } from '#kernel'
import { sync } from '#sync'
import { estate } from './roll-estate.ts'

const [file = ''] = process.argv.slice(2)
const { layers, principals } = JSON.parse(readFileSync(file, 'utf8')) as {
  layers: Record<Layer, Connection>
  principals: number
}
const database = openDatabase(layers)
const started = performance.now()
const result = await sync({
  identity: { db: database.layer('identity'), clock: systemClock, settings: IDENTITY_SETTINGS },
  access: { db: database.layer('access'), clock: systemClock },
  source: { id: 'src_bench', name: 'bench' },
  read: { facts: estate(principals), problems: [], blindSpots: [], partial: false },
  act: { actor: { id: 'reeve' }, at: systemClock() },
})
const seconds = (performance.now() - started) / 1000
await database.close()
const { principals: made, credentials, entitlements, problems, refused } = result
process.stdout.write(
  `${JSON.stringify({ seconds, counts: { principals: made.created, credentials: credentials.created, entitlements: entitlements.created }, problems: problems.length, refused: refused.length })}\n`,
)
