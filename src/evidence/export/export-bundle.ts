// Makes an audit bundle: what happened, what there is, the proofs, and the verifier, for someone who does not trust us.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#kernel'
import type { Clock } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { formatNote, parseVerifierKey, signNote, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner, NoteVerifier } from '../checkpoint/note.ts'
import { newestCheckpoint } from '../log/checkpoints.ts'
import { BundleFolder } from './bundle-folder.ts'
import { readme, responsibilities, summary } from './document.ts'
import type { BundleFacts } from './document.ts'
import { countTypes, madeLater, rangeOf, versionsBefore } from './log-range.ts'
import type { LogRange, Period } from './log-range.ts'
import type { PopulationSource } from './population.ts'
import { inScope } from './scope.ts'
import type { Scope } from './scope.ts'
import { toldRowsOf, writeRowHashes } from './told-rows.ts'
import type { ToldRow, ToldTableSource } from './told-rows.ts'
import type { DecisionSource } from '../verify/live/verify-decisions.ts'
import { verifierFile } from './verifier-file.ts'
import { writeDecisions } from './write-decisions.ts'
import { writeControls } from './write-controls.ts'
import type { ControlResults } from './write-controls.ts'
import { writeLog } from './write-log.ts'
import { writePopulation } from './write-population.ts'
import type { WrittenPopulation } from './write-population.ts'
import { zipFolder } from './zip.ts'

export interface BundleOptions {
  readonly evidence: LayerDatabase
  /** The key that signed the newest checkpoint. */
  readonly signer: NoteSigner
  /** The first key of the log; the log itself announces the others. */
  readonly key: string
  /** Verifier keys of its witnesses. */
  readonly witnesses: readonly string[]
  readonly populations: readonly PopulationSource[]
  /** The tables of populations without versions, as their rows were told to the log. */
  readonly told: readonly ToldTableSource[]
  /** Denials and acts of high risk, in batches. */
  readonly decisions: DecisionSource
  readonly controls?: ControlResults
  readonly period: Period
  readonly scope?: Scope
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
  const { evidence, signer, key, witnesses, clock, release, period, scope = {} } = options
  const bundle = new BundleFolder(folder)
  const trusted = witnesses.map(parseVerifierKey)
  const range = await rangeOf(evidence, period, await sizeOver(evidence, trusted, options.waitMsMax ?? 10_000))
  const upTo = versionsBefore(evidence, range)
  const within = await inScope(evidence, options.populations, scope, range, upTo)
  const populations: WrittenPopulation[] = []
  for (const source of options.populations) {
    const later = 'madeBy' in source ? await madeLater(evidence, source.madeBy, range) : new Set<string>()
    const told = await toldOf(options, source, range, later)
    populations.push(await writePopulation(bundle, source, { upTo, later, told, scope: within }))
  }
  const plain = options.populations.flatMap((source) => ('madeBy' in source ? [source.table] : []))
  await writeRowHashes(bundle, evidence, range, plain)
  const source = within === undefined ? options.decisions : undefined
  const decisions = await writeDecisions(bundle, evidence, source, { range, period })
  const withheld = new Set(populations.flatMap((population) => [...population.withheld]))
  const { last, shown } = await writeLog(bundle, evidence, range, { period, scope: within, withheld })
  const counts = await countTypes(evidence, period, range)
  // controls judge all identities as they are now: they are no part of a bundle of some, or of the past
  const controls = within === undefined && period.to === undefined ? options.controls : undefined
  const facts: BundleFacts = {
    origin: signer.name,
    key: verifierKey(verifierOf(signer)),
    at: clock(),
    release,
    period,
    scope,
    range,
    shown,
    counts,
    populations,
    decisions,
    witnesses: trusted.filter((verifier) => verifyNote(last.note, verifier) !== undefined).map(({ name }) => name),
    controls: controls?.controls ?? [],
  }
  if (controls !== undefined) await writeControls(bundle, controls)
  await bundle.write('README.md', readme(facts))
  await bundle.write('RESPONSIBILITIES.md', responsibilities(facts))
  await bundle.write('summary.html', summary(facts))
  await bundle.write('verify.mjs', verifierFile())
  const manifest = {
    format: 'reeve-audit-bundle/2',
    at: facts.at,
    release,
    period,
    scope,
    log: { origin: signer.name, key, size: range.size },
    counts,
    files: bundle.files,
  }
  await bundle.write('manifest.json', `${JSON.stringify(manifest, undefined, 2)}\n`)
  await bundle.write('manifest.note', await manifestNote(folder, signer))
  return { entries: shown, rows: populations.reduce((sum, { rows }) => sum + rows, decisions) }
}

async function toldOf(
  { evidence, told }: BundleOptions,
  source: PopulationSource,
  range: LogRange,
  later: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ToldRow>> {
  if (!('madeBy' in source)) return new Map()
  const table = told.find(({ name }) => name === source.table)
  if (table === undefined) throw new Error(`nothing tells the log of ${source.table}`)
  return await toldRowsOf(evidence, table, range, (id) => !later.has(id))
}

async function manifestNote(folder: string, signer: NoteSigner): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(folder, 'manifest.json')))
  const text = `reeve audit bundle\n${signer.name}\n${hash.digest('hex')}\n`
  return formatNote({ text, signatures: [signNote(text, signer)] })
}

/**
 * The size of the signed tree that holds every entry committed by now, so that no row is newer than the log. Where nobody
 * keeps the log at this moment, what is signed has to do. A checkpoint that the witnesses cosigned is waited for.
 */
async function sizeOver(evidence: LayerDatabase, trusted: readonly NoteVerifier[], waitMsMax: number): Promise<number> {
  const started = Date.now()
  let wanted: number | undefined
  for (;;) {
    const { waiting, placed } = await evidence.transaction(async (tx) => await countWaiting(tx), { readOnly: true })
    if (wanted === undefined && !waiting) wanted = placed
    const [newest, cosigned] = await evidence.transaction(
      async (tx) =>
        [await newestCheckpoint(tx), await newestCheckpoint(tx, { cosignedFrom: wanted ?? 0, trusted })] as const,
      { readOnly: true },
    )
    const size = newest?.size ?? 0
    const late = Date.now() - started > waitMsMax
    const witnessed = trusted.every(({ name }) => cosigned?.witnesses.some((said) => said.name === name) === true)
    if (late || (wanted !== undefined && size >= wanted && witnessed)) {
      if (newest === undefined)
        throw new Fault('conflict', 'no checkpoint was signed yet: start the server once, it signs within a second')
      return cosigned !== undefined && cosigned.size >= (wanted ?? size) ? cosigned.size : size
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
