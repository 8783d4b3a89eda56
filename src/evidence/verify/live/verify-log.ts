// The log as it stands, against itself: every entry, every signed root, every file. Names the first row that was touched.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, LayerDatabase } from '#db'
import { EntryTimes } from '../offline/entry-times.ts'
import { parseCheckpoint, parseNote } from '../offline/formats.ts'
import { CheckpointCheck } from './checkpoint-check.ts'
import { checkpointRows, countUnplaced } from './checkpoint-rows.ts'
import { Cosigners } from './cosigners.ts'
import { DiskTiles } from './disk-tiles.ts'
import { EntryCheck } from './entry-check.ts'
import { placesTaken, tileBatches } from './entry-tiles.ts'
import { tilesInThreads } from './entry-threads.ts'
import { erasedByEntry } from './erased.ts'
import { LiveFindings, NAMED_MAX } from './live-findings.ts'
import type { LiveFinding } from './live-findings.ts'
import { LogKeys } from './log-keys.ts'
import { PrunedRows } from './pruned-rows.ts'
import { publishedProblem, publishedSize } from './published.ts'
import { SignedRoots } from './signed-roots.ts'

export interface LiveOptions {
  readonly evidence: LayerDatabase
  /** Of the evidence layer: a long log is then read and hashed by several threads, each over a connection of its own. */
  readonly connection?: Connection
  /** Where tiles and the published checkpoint are. */
  readonly tileFolder?: string
  /** Verifier keys of the log, oldest first: the first is where the chain of announced keys begins. */
  readonly keys: readonly string[]
  /** One that is known from elsewhere; it has to be in the chain. */
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
  /** Checkpoints known from elsewhere: what a witness remembers, what an auditor kept. */
  readonly known?: readonly string[]
  readonly nowMs: () => number
}

const LOOKS = 2
const PLACED_WITHIN_MS = 500
/** For less, a thread is not worth its start. */
const IN_THREADS_FROM = 50_000
/** A place far behind the last entry is no reason to look at every place before it. */
const GAPS_MAX = 100_000

/** Findings in the order of the checks. Throws only where the database cannot be read. Memory is bounded. */
export async function verifyLog(options: LiveOptions): Promise<LiveFinding[]> {
  const { evidence, connection, tileFolder, nowMs } = options
  const findings = new LiveFindings()
  // before the entries are counted: what was published has its place
  const disk = tileFolder === undefined ? undefined : new DiskTiles(tileFolder, await publishedSize(tileFolder))
  const { end: last, count } = await placesTaken(evidence)
  const end = Math.min(last, count + GAPS_MAX)
  const keys = new LogKeys(findings, options.keys[0])
  const cosigners = new Cosigners(options.witnessKeys ?? [])
  const roots = new SignedRoots(findings)
  const pruned = new PrunedRows((await erasedByEntry(evidence)).entries)
  const parts = { findings, keys, cosigners, roots, pruned, times: new EntryTimes() }
  const known = (options.known ?? []).map((note) => parseCheckpoint(parseNote(note).text))
  const checkpoints = new CheckpointCheck({ rows: checkpointRows(evidence), known, parts })
  const entries = new EntryCheck({ ...parts, checkpoints, disk })
  await checkpoints.reach(0)
  const batches =
    connection !== undefined && end > IN_THREADS_FROM ? tilesInThreads(connection, end) : tileBatches(evidence, end)
  for await (const batch of batches) for (const tile of batch) await entries.take(tile)
  if (count !== last)
    findings.say('sequence', 'failed', `${count} entries have a place, and the last place is ${last - 1}`)
  entries.end()
  await checkpoints.end(end, async () => (await placesTaken(evidence)).end)
  roots.end()
  if (disk !== undefined && tileFolder !== undefined) {
    await disk.finish(end, (await placesTaken(evidence)).end)
    const { signed, origin } = checkpoints
    const published = await publishedProblem({ evidence, tileFolder, keys, cosigners, signed, origin })
    sayFiles(findings, disk.problems, signed > 0 ? published : undefined)
  }
  let unplaced = await countUnplaced(evidence, nowMs())
  // an entry about rows is dated as what stands in front of it, and may have been written just now
  for (let look = 0; unplaced.count > 0 && look < LOOKS; look += 1) {
    await sleep(PLACED_WITHIN_MS)
    unplaced = await countUnplaced(evidence, nowMs())
  }
  if (unplaced.count > 0) {
    const { count: waiting, first } = unplaced
    findings.say(
      'sequence',
      'failed',
      `${waiting} entries older than a minute have no place in the log, ${first} among them`,
    )
  }
  keys.hold(options.logKey)
  checkpoints.summarise(end)
  entries.sayTimes()
  entries.sayPruned(nowMs())
  cosigners.sayAll(findings, end, nowMs())
  return findings.all
}

function sayFiles(findings: LiveFindings, problems: readonly string[], published: string | undefined): void {
  for (const problem of problems.slice(0, NAMED_MAX)) findings.say('files', 'failed', problem)
  if (problems.length > NAMED_MAX) findings.say('files', 'failed', `${problems.length} files are wrong`)
  if (published !== undefined) findings.say('files', 'failed', `the published checkpoint: ${published}`)
  if (problems.length === 0 && published === undefined)
    findings.say('files', 'passed', 'every tile and entry bundle on disk is what the entries say')
}
