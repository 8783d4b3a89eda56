// Verifies an audit bundle: the checks in their order. What a bundle says of itself is believed in nothing.
import { knownAfterRestore, lastNote } from './accepted-restore.ts'
import { parseCheckpoint, parseKey, parseNote, sha256 } from './formats.ts'
import type { Key } from './formats.ts'
import { textOf } from './files.ts'
import { LogCheck } from './log-check.ts'
import { LogFacts } from './log-facts.ts'
import { checkFiles, readManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'
import { PopulationCheck, scopeIds } from './population-check.ts'
import { olderVersions, tablePath } from './population-rows.ts'
import { POPULATION_TABLES } from './population-tables.ts'
import { checkDecisions } from './decision-rows.ts'
import { checkReceipts } from './receipt-rows.ts'
import { checkPeriod } from './period.ts'
import type { Period } from './period.ts'
import { Report } from './report.ts'
import { RowFacts } from './row-facts.ts'
import type { Finding } from './report.ts'
import { checkWitnesses } from './witnesses.ts'

export interface VerifyOptions {
  /** Verifier keys that the auditor knows from elsewhere. Without one the bundle's own word is taken, and that is said. */
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
  /** A checkpoint of this log that the auditor kept from an earlier visit. */
  readonly knownCheckpoint?: string
  /** The note of an accepted restore, from whoever runs the witness. */
  readonly acceptedRestore?: string
  /** What the auditor asked for: the bundle has to say everything of it. */
  readonly expected?: Period
  /** The clock of whoever verifies, by default. */
  readonly nowMs?: () => number
}

/** All checks on the bundle in `folder`. Throws only where what the auditor gave cannot be read. */
export async function verifyBundle(folder: string, options: VerifyOptions = {}): Promise<Finding[]> {
  readGiven(options)
  const report = new Report()
  let manifest: Manifest | undefined
  const there = await report.attempt('files', async () => {
    manifest = readManifest(folder)
    return await checkFiles(folder, manifest)
  })
  // SECURITY: files that are not those of the manifest are not read any further
  if (!there || manifest === undefined) report.say('all else', 'cannot', 'the files are not those of a bundle')
  else await report.attempt('bundle', async () => await checkAll(folder, manifest as Manifest, options, report))
  return report.findings
}

function readGiven({ logKey, witnessKeys = [], knownCheckpoint }: VerifyOptions): void {
  for (const key of [...witnessKeys, ...(logKey === undefined ? [] : [logKey])]) parseKey(key)
  try {
    if (knownCheckpoint !== undefined) parseCheckpoint(parseNote(lastNote(knownCheckpoint)).text)
  } catch {
    throw new Error('what was given as the known checkpoint is no checkpoint')
  }
}

async function checkAll(
  folder: string,
  manifest: Manifest,
  options: VerifyOptions,
  report: Report,
): Promise<undefined> {
  const versioned = Object.entries(POPULATION_TABLES).flatMap(([name, { madeBy }]) => (madeBy ? [] : [name]))
  const scope = await scopeIds(folder, manifest)
  const facts = new LogFacts(await olderVersions(folder, versioned), scope, await RowFacts.read(folder))
  const { knownCheckpoint, acceptedRestore, witnessKeys = [], nowMs = Date.now } = options
  const { known, restore } = knownAfterRestore(knownCheckpoint, acceptedRestore, witnessKeys)
  if (restore !== undefined) report.say('restore', 'cannot', restore.detail)
  const log = new LogCheck(folder, manifest, { facts, report, known, witnessKeys, nowMs: nowMs() })
  const read = await report.attempt('entries', async () => await log.read())
  checkPeriod(manifest.period, options.expected ?? {}, report)
  await report.attempt('log key', () => checkKey(log.keys, options.logKey, report))
  await report.attempt('manifest signature', () => checkSignature(folder, manifest, log))
  if (log.last !== undefined) checkWitnesses(report, witnessKeys, log.keys, log.last)
  if (!read) report.say('populations', 'cannot', 'they hang on the entries, which are not good')
  else {
    const populations = new PopulationCheck(folder, manifest, facts, scope, report)
    for (const name of Object.keys(POPULATION_TABLES))
      await report.attempt(tablePath(name), async () => await populations.check(name))
    await report.attempt('receipts', async () => await checkReceipts(folder, facts.receipts))
    const said = scope === undefined ? facts.decisions : undefined
    await report.attempt('decisions', async () => await checkDecisions(folder, said, report))
    populations.sayScope()
    await report.attempt('counts', () => log.checkCounts())
  }
  sayStated(manifest, report)
  return undefined
}

/**
 * The whole tree is under a signature of the last key, and each key but the first was signed by the one before it: so one
 * key of the chain that the auditor knows is enough.
 */
function checkKey(keys: readonly Key[], logKey: string | undefined, report: Report): string | undefined {
  if (logKey === undefined) {
    report.say('log key', 'cannot', 'no --log-key was given: the key is the bundle’s own word for itself')
    return undefined
  }
  const known = parseKey(logKey)
  if (!keys.some(({ text }) => text === known.text))
    throw new Error('no key of this log is the one that you know: it is another log, or a forged one')
  return `the log is signed by the key that you know, ${known.id}${keys.length > 1 ? ', or one that it led to' : ''}`
}

function checkSignature(folder: string, { origin }: Manifest, log: LogCheck): string {
  const note = parseNote(textOf(folder, 'manifest.note'))
  const hash = sha256(textOf(folder, 'manifest.json')).toString('hex')
  if (note.text !== `reeve audit bundle\n${origin}\n${hash}\n`) throw new Error('the note is not about this manifest')
  if (!log.signedByLast(note)) throw new Error('the key of the log did not sign the manifest')
  return 'the key of the log signed the manifest'
}

/** What stands in a bundle and nothing can prove: it is listed, so that nobody takes it for checked. */
function sayStated({ files }: Manifest, report: Report): void {
  for (const [name, { stated = [] }] of Object.entries(POPULATION_TABLES))
    for (const column of stated)
      report.say(tablePath(name), 'stated', `what \`${column}\` says: the log is not told of it`)
  const controls = [...files.keys()].filter((path) => path.startsWith('controls/')).length
  if (controls > 0)
    report.say(
      'controls',
      'stated',
      `what controls came to, in ${controls} files: judge the populations again yourself`,
    )
  report.say('documents', 'stated', 'README.md, RESPONSIBILITIES.md and summary.html are for reading')
}
