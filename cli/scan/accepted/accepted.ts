// Sets aside what somebody accepted, by comment or by baseline, and writes a baseline.
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Finding } from '#governance'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { writeFileWhole } from '../../terminal/write-out.ts'
import { counted } from '../../words.ts'
import type { ScanOptions } from '../options.ts'
import { bytesOf } from '../read-input.ts'
import type { Roots } from '../read-input.ts'
import { remark } from '../remark.ts'
import { applyBaseline, parseBaseline, writtenBaseline } from './baseline.ts'
import type { Accepted, BaselineEntry } from './baseline.ts'
import { applyComments } from './comments.ts'
import type { LinesOf } from './comments.ts'
import { dayAfter, hasPassed, isDay } from './day.ts'

const DAYS_DEFAULT = 90
const COMMENT_FILE_BYTES_MAX = 16 * 1024 * 1024

/** Refuses combinations of options that say nothing. */
export function checkAcceptance({ writeBaseline: file, reason, until }: ScanOptions): void {
  if (file === undefined) {
    if (reason !== undefined || until !== undefined) {
      throw new Fault('usage', '`--reason` and `--until` belong to `--write-baseline FILE`')
    }
    return
  }
  if (reason === undefined || reason.trim() === '') {
    throw new Fault('usage', '`--write-baseline` needs `--reason TEXT`: why are these findings accepted?')
  }
  if (until !== undefined && !isDay(until)) throw new Fault('usage', `\`${until}\` is not a day: write YYYY-MM-DD`)
}

interface Scanned {
  readonly roots: Roots
  readonly options: ScanOptions
  readonly now: Instant
}

export async function setAsideAccepted(
  findings: readonly Finding[],
  { roots, options, now }: Scanned,
): Promise<Accepted> {
  const byComment = await applyComments(findings, linesBelow(roots.base), now)
  if (options.baseline === undefined) return byComment
  const entries = await baselineFrom(options.baseline)
  const byBaseline = applyBaseline(byComment.open, entries, {
    file: options.baseline,
    now,
    whole: looksEverywhere(roots, options),
    elsewhere: new Set(byComment.suppressed.map(({ finding }) => finding.fingerprint)),
  })
  return {
    open: byBaseline.open,
    suppressed: [...byComment.suppressed, ...byBaseline.suppressed],
    errors: [...byComment.errors, ...byBaseline.errors],
  }
}

/** Writes the findings as accepted; entries of the file as it was keep their reason and day while they hold. */
export async function writeBaseline(
  file: string,
  findings: readonly Finding[],
  { roots, options, now, partial }: Scanned & { /** Not everything was read. */ readonly partial: boolean },
): Promise<number> {
  const until = options.until ?? dayAfter(now, DAYS_DEFAULT)
  if (hasPassed(until, now)) throw new Fault('usage', `\`--until ${until}\` has passed`)
  const earlier = (await stat(file).catch(() => undefined)) === undefined ? [] : await baselineFrom(file)
  const given = { reason: options.reason ?? '', until, now, file, whole: !partial && looksEverywhere(roots, options) }
  await writeFileWhole(file, [writtenBaseline(findings, earlier, given)])
  remark(
    options,
    `accepted ${counted(findings.length, 'finding')} until ${until} in ${file}: use it with --baseline ${file}`,
  )
  return 0
}

async function baselineFrom(file: string): Promise<BaselineEntry[]> {
  return parseBaseline(Buffer.from(await bytesOf(file, 'the baseline')).toString('utf8'), file)
}

function looksEverywhere({ paths }: Roots, { only, staged, since, include, exclude }: ScanOptions): boolean {
  const narrowed = [staged === true ? [true] : undefined, since, only, include, exclude].some(
    (one) => one !== undefined,
  )
  return !narrowed && !paths.includes('-')
}

/** SECURITY: reads only regular files that really lie below the scanned path, whatever links there are. */
function linesBelow(base: string | undefined): LinesOf {
  const known = new Map<string, readonly string[] | undefined>()
  return async (file) => {
    if (base === undefined) return undefined
    if (!known.has(file)) known.set(file, await linesOfFile(base, file).catch(() => undefined))
    return known.get(file)
  }
}

async function linesOfFile(base: string, file: string): Promise<readonly string[] | undefined> {
  const top = await realpath(base)
  const path = await realpath(join(top, file))
  if (!path.startsWith(top.endsWith(sep) ? top : `${top}${sep}`)) return undefined
  const found = await stat(path)
  if (!found.isFile() || found.size > COMMENT_FILE_BYTES_MAX) return undefined
  return Buffer.from(await bytesOf(path, 'the file'))
    .toString('utf8')
    .split('\n')
}
