// Makes an audit bundle: what happened, what there is, the proofs, and the verifier, for someone who does not trust us.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#kernel'
import type { Clock } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { formatNote, signNote, verifierKey, verifierOf } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'
import { newestCheckpoint } from '../log/checkpoints.ts'
import { readRotations } from '../log/rotation.ts'
import type { TileFolder } from '../log/tile-folder.ts'
import { BundleFolder } from './bundle-folder.ts'
import { readme, responsibilities, summary } from './document.ts'
import type { BundleFacts } from './document.ts'
import { countTypes, rangeOf } from './log-range.ts'
import type { Period } from './log-range.ts'
import type { PopulationSource } from './population.ts'
import { verifierFile } from './verifier-file.ts'
import { writeControls } from './write-controls.ts'
import type { ControlResults } from './write-controls.ts'
import { writeLog } from './write-log.ts'
import { writePopulation } from './write-population.ts'
import type { WrittenPopulation } from './write-population.ts'
import { zipFolder } from './zip.ts'

export interface BundleOptions {
  readonly evidence: LayerDatabase
  readonly tiles: TileFolder
  /** The log's key in use. */
  readonly signer: NoteSigner
  /** Verifier keys of the log, oldest first; the last one is the signer's. */
  readonly keys: readonly string[]
  /** Verifier keys of its witnesses. */
  readonly witnesses: readonly string[]
  readonly populations: readonly PopulationSource[]
  readonly controls?: ControlResults
  readonly period: Period
  readonly release: string
  readonly clock: Clock
  /** A folder that is not there yet, or a file that ends with `.zip`. */
  readonly out: string
  /** How long entries that were written meanwhile are waited for. */
  readonly waitMsMax?: number
}

export interface BundleMade {
  readonly out: string
  readonly entries: number
  readonly rows: number
}

/** Appears whole or not at all. Throws Fault('conflict') where there is something already, or nothing is signed yet. */
export async function exportBundle(options: BundleOptions): Promise<BundleMade> {
  const out = resolve(options.out)
  if ((await stat(out).catch(() => undefined)) !== undefined)
    throw new Fault('conflict', `\`${out}\` is there already: name another`)
  await mkdir(dirname(out), { recursive: true })
  const staging = await mkdtemp(join(dirname(out), `.${basename(out)}-`))
  try {
    const folder = join(staging, 'bundle')
    await mkdir(folder, { mode: 0o700 })
    const made = await writeBundle(options, folder)
    if (out.endsWith('.zip')) {
      const zip = join(staging, 'bundle.zip')
      await zipFolder(folder, zip, new Date(options.clock()))
      await rename(zip, out)
    } else await rename(folder, out)
    return { out, ...made }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function writeBundle(options: BundleOptions, folder: string): Promise<{ entries: number; rows: number }> {
  const { evidence, tiles, signer, keys, witnesses, clock, release, period } = options
  const bundle = new BundleFolder(folder)
  const before = await signedSize(evidence)
  const populations: WrittenPopulation[] = []
  for (const source of options.populations) populations.push(await writePopulation(bundle, source))
  const size = await sizeOver(evidence, options.waitMsMax ?? 10_000)
  const range = await rangeOf(evidence, period, size)
  const last = await writeLog(bundle, evidence, tiles, range)
  const counts = await countTypes(evidence, range)
  const key = verifierKey(verifierOf(signer))
  const at = clock()
  const facts: BundleFacts = {
    origin: signer.name,
    key,
    at,
    release,
    period,
    range,
    counts,
    populations,
    witnesses: last.witnesses,
    controls: options.controls?.controls ?? [],
  }
  if (options.controls !== undefined) await writeControls(bundle, options.controls)
  await bundle.write('README.md', readme(facts))
  await bundle.write('RESPONSIBILITIES.md', responsibilities(facts))
  await bundle.write('summary.html', summary(facts))
  await bundle.write('verify.mjs', verifierFile())
  const rotations = (await readRotations(evidence)).filter(({ seq }) => seq < range.from).map(({ note }) => note)
  const manifest = {
    format: 'reeve-audit-bundle/1',
    at,
    release,
    period,
    log: { origin: signer.name, keys, rotations, witnesses },
    range: { ...range, populations: before },
    counts,
    populations: Object.fromEntries(populations.map(({ path, entry }) => [path, entry])),
    files: bundle.files,
  }
  await bundle.write('manifest.json', `${JSON.stringify(manifest, undefined, 2)}\n`)
  await bundle.write('manifest.note', await manifestNote(folder, signer))
  return { entries: range.to - range.from, rows: populations.reduce((sum, { rows }) => sum + rows, 0) }
}

async function manifestNote(folder: string, signer: NoteSigner): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(folder, 'manifest.json')))
  const text = `reeve audit bundle\n${signer.name}\n${hash.digest('hex')}\n`
  return formatNote({ text, signatures: [signNote(text, signer)] })
}

/** How many entries are under a signed checkpoint. */
async function signedSize(evidence: LayerDatabase): Promise<number> {
  const newest = await evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
  if (newest === undefined)
    throw new Fault('conflict', 'no checkpoint was signed yet: start the server once, it signs within a second')
  return newest.size
}

/**
 * The size of the signed tree that holds every entry committed by now, so that no row is newer than the log. Where nobody
 * keeps the log at this moment, what is signed has to do; the verifier says what it does not hold. A cosigned checkpoint
 * is preferred.
 */
async function sizeOver(evidence: LayerDatabase, waitMsMax: number): Promise<number> {
  const started = Date.now()
  let wanted: number | undefined
  for (;;) {
    const { waiting, placed } = await evidence.transaction(async (tx) => await countWaiting(tx), { readOnly: true })
    if (wanted === undefined && !waiting) wanted = placed
    const newest = await evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
    const size = newest?.size ?? 0
    const late = Date.now() - started > waitMsMax
    if (late || (wanted !== undefined && size >= wanted)) {
      const cosigned = await evidence.transaction(
        async (tx) => await newestCheckpoint(tx, { cosignedFrom: wanted ?? size }),
        { readOnly: true },
      )
      return cosigned?.size ?? size
    }
    await sleep(100)
  }
}

async function countWaiting(
  tx: Parameters<Parameters<LayerDatabase['transaction']>[0]>[0],
): Promise<{ waiting: boolean; placed: number }> {
  const [row] = await tx.query<{ waiting: boolean; placed: number }>(sql`
    select (select count(*) from evidence.entry) > (select count(*) from evidence.sequence) as waiting,
           (select coalesce(max(seq) + 1, 0) from evidence.sequence) as placed`)
  return row ?? { waiting: false, placed: 0 }
}
