// The measured verification: a process of its own, so that its memory is its own. Its argument names a file with the layers'
// connections, where the tiles are, and the key; it prints seconds and findings as one JSON line.
import { readFileSync } from 'node:fs'
import { openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import { verifyLog } from '#evidence'

const [file = ''] = process.argv.slice(2)
const { layers, tileFolder, key } = JSON.parse(readFileSync(file, 'utf8')) as {
  layers: Record<Layer, Connection>
  tileFolder: string
  key: string
}
const database = openDatabase(layers)
const started = performance.now()
const findings = await verifyLog({
  evidence: database.layer('evidence'),
  connection: layers.evidence,
  tileFolder,
  keys: [key],
  logKey: key,
  nowMs: () => Date.now(),
})
const seconds = (performance.now() - started) / 1000
await database.close()
process.stdout.write(`${JSON.stringify({ seconds, findings })}\n`)
