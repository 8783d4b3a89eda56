// One scan from its options to its exit code: read, judge, set aside what was accepted, write.
import { ephemeralKey } from '#connectors'
import type { ReadResult } from '#connectors'
import type { EstateReader, Severity } from '#governance'
import { systemClock } from '#kernel'
import { whileBusy } from '../terminal/interrupt.ts'
import { progressOn } from '../terminal/progress.ts'
import { version } from '../version.ts'
import { checkAcceptance, setAsideAccepted, writeBaseline } from './accepted/accepted.ts'
import type { Report } from './contract.ts'
import { explain } from './explain.ts'
import { judge } from './judge.ts'
import { atLeast, parseOnly } from './narrow.ts'
import type { ScanOptions } from './options.ts'
import { checkInput, keyFrom, readInput, rootsFrom } from './read-input.ts'
import { remark } from './remark.ts'
import { reportOf } from './report.ts'
import { settingsFrom } from './settings.ts'
import { UNRECOGNISED } from './standard-input.ts'
import { writeReport } from './write-report.ts'

/** Returns the exit code. Throws a Fault on what the user has to put right. */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<number> {
  const now = systemClock()
  const only = parseOnly(options.only ?? [])
  checkAcceptance(options)
  const roots = rootsFrom(paths)
  checkInput(roots, options)
  const settings = await settingsFrom(roots.paths, options)
  const key = options.keyFile === undefined ? ephemeralKey() : await keyFrom(options.keyFile)
  const progress = progressOn(process.stderr, options.quiet ?? false)
  let read: ReadResult
  try {
    read = await readInput({ roots, options, settings, key, progress })
    progress.say('judging')
  } finally {
    progress.end()
  }
  const { estate, findings, failures } = whileBusy(() => judge(read, settings.config, now))
  const shown = findings.filter(only(estate))
  if (options.writeBaseline !== undefined) {
    return writeBaseline(options.writeBaseline, shown, { roots, options, now, partial: read.stats.partial })
  }
  const accepted = await setAsideAccepted(shown, { roots, options, now })
  const report = reportOf({
    version,
    scannedAt: now,
    key,
    read,
    estate,
    findings: accepted.open,
    suppressed: accepted.suppressed,
    errors: [...failures, ...accepted.errors],
    blindSpots: [...settings.hides, ...notGiven(estate)],
  })
  if (options.explain !== undefined) return explain(options.explain, report, options)
  await writeReport(report, options)
  const bar = options.failOn ?? settings.config.scan.failOn ?? 'low'
  const code = exitCode(report, read, bar)
  if (code === 1) remark(options, `exit code 1: there are findings of severity ${bar} or above (--fail-on)`)
  if (code === 2)
    remark(options, 'exit code 2: nothing here could be read, or nothing of standard input, see the errors')
  return code
}

function exitCode(report: Report, read: ReadResult, failOn: Severity | 'none'): number {
  const unread = new Set(read.problems.map(({ file }) => file)).size
  if (unread > 0 && unread >= read.stats.files && read.facts.length === 0) return 2
  if (failOn !== 'none' && report.findings.some(({ severity }) => atLeast(severity, failOn))) return 1
  // standard input was asked for, and a failed command before the pipe must not look like a clean estate
  return read.problems.some(({ message }) => message.startsWith(UNRECOGNISED)) ? 2 : 0
}

/** What could have been given and was not, so that "none found" is not taken for "looked". */
function notGiven(estate: EstateReader): string[] {
  return estate.has('person') ? [] : ['no feed of people was read (--people): whether an owner has left is unknown']
}
