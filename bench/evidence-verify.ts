// Verification of a whole log beside its database, in a process of its own, and proofs of entries drawn by chance.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Log, proveEntry, signerFromSeed, TileFolder, verifierKey, verifierOf } from '#evidence'
import type { LiveFinding } from '#evidence'
import { sql } from '#db'
import { systemClock } from '#kernel'
import type { ReeveDatabase } from '../src/db/open.ts'
import { LAYER_NAMES } from '../src/db/layer.ts'
import { seedLog } from './evidence-seed.ts'
import { against, rounded } from './figure.ts'
import type { BenchOptions, Figure } from './figure.ts'
import { runNode } from './whole-process.ts'

const ENTRIES = 10_000_000
const SECONDS_MAX = 300
const MEMORY_MIB_MAX = 1024
const PROOFS = 500
const PROOF_MS_MAX = 10

export async function* verifying(
  place: ReeveDatabase,
  tileFolder: string,
  { scale, say }: BenchOptions,
): AsyncGenerator<Figure> {
  const entries = Math.round(ENTRIES * scale)
  await seedLog(place.owner, entries, say)
  const evidence = place.database.layer('evidence')
  const tiles = new TileFolder(tileFolder)
  const signer = signerFromSeed('bench/verify', Buffer.alloc(32, 2))
  say('growing the tree')
  const started = performance.now()
  const log = await Log.open({ evidence, tiles, signer })
  await log.integrate(systemClock())
  const bench = { bench: 'evidence', scale }
  const grown = rounded((entries * 1000) / (performance.now() - started))
  yield { ...bench, figure: 'entries put into the tree', unit: 'entries/s', value: grown }
  say(`verifying ${entries} entries`)
  const file = `${tileFolder}.json`
  const layers = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, place.connectionFor(layer)]))
  await writeFile(file, JSON.stringify({ layers, tileFolder, key: verifierKey(verifierOf(signer)) }), { mode: 0o600 })
  const run = await runNode([fileURLToPath(new URL('evidence-verify-run.ts', import.meta.url)), file], process.cwd())
  if (run.code !== 0) throw new Error(`the verification failed: ${run.errors}`)
  const { seconds, findings } = JSON.parse(run.output) as { seconds: number; findings: LiveFinding[] }
  const failed = findings.filter(({ outcome }) => outcome === 'failed')
  if (failed.length > 0) throw new Error(`a good log was refused: ${JSON.stringify(failed.slice(0, 3))}`)
  yield {
    ...bench,
    figure: 'verification of the log in its database and on disk',
    unit: 'entries/s',
    ...against(`${ENTRIES} entries in ${SECONDS_MAX} s`, entries / seconds, ENTRIES / SECONDS_MAX, 'more'),
    note: `${entries} entries in ${rounded(seconds)} s`,
  }
  yield {
    ...bench,
    figure: 'peak memory of the verification',
    unit: 'MiB',
    ...against('limit', run.peakMiB, MEMORY_MIB_MAX, 'less'),
  }
  yield { ...bench, ...(await proofs(place, tiles, entries)) }
}

async function proofs(
  { database }: ReeveDatabase,
  tiles: TileFolder,
  entries: number,
): Promise<Omit<Figure, 'bench' | 'scale'>> {
  const evidence = database.layer('evidence')
  const places = Array.from({ length: PROOFS }, () => Math.floor(Math.random() * entries))
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`select entry_id as id from evidence.sequence where seq = any(${places})`),
    { readOnly: true },
  )
  const ms: number[] = []
  for (const { id } of rows) {
    const started = performance.now()
    if ((await proveEntry(evidence, tiles, id)) === undefined) throw new Error(`${id} has no proof`)
    ms.push(performance.now() - started)
  }
  ms.sort((a, b) => a - b)
  const p95 = ms[Math.floor(ms.length * 0.95)] ?? Number.NaN
  return {
    figure: 'proof of an entry drawn by chance, 95 of 100 within',
    unit: 'ms',
    ...against('limit', p95, PROOF_MS_MAX, 'less'),
    note: `median ${rounded(ms[ms.length >> 1] ?? Number.NaN)} ms, slowest ${rounded(ms.at(-1) ?? Number.NaN)} ms of ${ms.length}`,
  }
}
