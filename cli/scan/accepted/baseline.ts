// The baseline file: findings that somebody accepted, each with a reason and an expiry.
import { isMap, isSeq, LineCounter, parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import type { Finding } from '#governance'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import type { ReportError, ReportSuppressed } from '../contract.ts'
import { hasPassed, isDay } from './day.ts'

const entryShape = z.strictObject({
  fingerprint: z.string().min(1),
  detector: z.string(),
  title: z.string(),
  reason: z.string().trim().min(1, 'say why it is accepted'),
  until: z.string().refine(isDay, 'give a day as YYYY-MM-DD'),
})

export interface BaselineEntry extends z.infer<typeof entryShape> {
  readonly line: number
}

/** YAML or JSON: `accepted`, a list of entries. Throws a Fault that names the line: a baseline is never half believed. */
export function parseBaseline(text: string, file: string): BaselineEntry[] {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: 'silent' })
  const lineOf = (offset: number | undefined): number => (offset === undefined ? 1 : counter.linePos(offset).line)
  const refuse = (line: number, why: string): never => {
    throw new Fault('config_invalid', `the baseline \`${file}\` line ${line}: ${why}`)
  }
  const [error] = document.errors
  if (error !== undefined) return refuse(lineOf(error.pos[0]), 'it does not parse')
  const accepted = isMap(document.contents) ? document.contents.get('accepted', true) : undefined
  if (!isSeq(accepted)) return refuse(1, 'it has no list `accepted`; write one with --write-baseline')
  return accepted.items.map((node) => {
    const line = lineOf((node as { range?: readonly number[] | null }).range?.[0])
    const parsed = entryShape.safeParse(isMap(node) ? node.toJS(document, { maxAliasCount: 0 }) : node)
    if (parsed.success) return Object.assign(parsed.data, { line })
    const issue = parsed.error.issues[0]
    return refuse(line, `\`${issue?.path.join('.') ?? 'entry'}\`: ${issue?.message ?? 'not valid'}`)
  })
}

export interface Accepted {
  readonly open: Finding[]
  readonly suppressed: { readonly finding: Finding; readonly suppression: ReportSuppressed['suppression'] }[]
  readonly errors: ReportError[]
}

interface BaselineUse {
  readonly file: string
  readonly now: Instant
  /** The scan looked everywhere, so that an entry without a finding is stale. */
  readonly whole: boolean
  /** Fingerprints of findings that are already set aside otherwise. */
  readonly elsewhere: ReadonlySet<string>
}

export function applyBaseline(
  findings: readonly Finding[],
  entries: readonly BaselineEntry[],
  { file, now, whole, elsewhere }: BaselineUse,
): Accepted {
  const result: Accepted = { open: [], suppressed: [], errors: [] }
  const byFingerprint = new Map(entries.map((entry) => [entry.fingerprint, entry]))
  const met = new Set(elsewhere)
  for (const finding of findings) {
    const entry = byFingerprint.get(finding.fingerprint)
    if (entry === undefined) {
      result.open.push(finding)
      continue
    }
    met.add(entry.fingerprint)
    const { reason, until, line } = entry
    if (hasPassed(until, now)) {
      result.open.push(finding)
      result.errors.push({
        file,
        line,
        message: `the acceptance of \`${finding.fingerprint}\` (${finding.title}) ended on ${until}: it counts again`,
      })
    } else {
      const suppression = { by: 'baseline' as const, reason, until, at: { file, startLine: line } }
      result.suppressed.push({ finding, suppression })
    }
  }
  for (const entry of whole ? entries.filter(({ fingerprint }) => !met.has(fingerprint)) : []) {
    const message = `stale: \`${entry.fingerprint}\` (${entry.title}) is no longer found: remove the entry`
    result.errors.push({ file, line: entry.line, message })
  }
  return result
}

const HEADING = `# Findings that were accepted, each with a reason and the last day on which that holds.
# After that day the finding counts again. Written by reeve scan --write-baseline; edit it by hand.
`

/**
 * JSON when the name says so, else YAML. Entries of `earlier` that still hold keep their reason and their day; where the
 * scan did not look everywhere, entries that it did not meet stay as they are.
 */
export function writtenBaseline(
  findings: readonly Finding[],
  earlier: readonly BaselineEntry[],
  given: {
    readonly reason: string
    readonly until: string
    readonly now: Instant
    readonly file: string
    readonly whole: boolean
  },
): string {
  const kept = new Map<string, BaselineEntry>(
    earlier.filter(({ until }) => !hasPassed(until, given.now)).map((entry) => [entry.fingerprint, entry]),
  )
  const accepted: z.infer<typeof entryShape>[] = findings.map(({ fingerprint, detector, title }) => {
    const { reason, until } = kept.get(fingerprint) ?? given
    return { fingerprint, detector, title, reason, until }
  })
  const met = new Set<string>(findings.map(({ fingerprint }) => fingerprint))
  for (const entry of given.whole ? [] : earlier) {
    const { fingerprint, detector, title, reason, until } = entry
    if (!met.has(fingerprint)) accepted.push({ fingerprint, detector, title, reason, until })
  }
  if (/\.json$/i.test(given.file)) return `${JSON.stringify({ accepted }, null, 2)}\n`
  return HEADING + stringify({ accepted }, { lineWidth: 0 })
}
