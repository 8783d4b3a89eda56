// `reeve:ignore REASON until=YYYY-MM-DD`: an acceptance written beside what it accepts. Read only where a finding is.
import type { Finding } from '#governance'
import type { Instant, Location } from '#kernel'
import type { ReportError } from '../contract.ts'
import type { Accepted } from './baseline.ts'
import { commentStart } from './comment-start.ts'
import { hasPassed, isDay } from './day.ts'

export interface IgnoreComment {
  /** Only these detectors, when any is named: `reeve:ignore[detector-id] …`. */
  readonly detectors: readonly string[]
  readonly reason: string
  readonly until: string
}

/** `undefined`: no such comment. A text says what is wrong with it. */
export function parseIgnoreComment(line: string): IgnoreComment | string | undefined {
  const at = line.indexOf('reeve:ignore')
  if (at === -1) return undefined
  const rest = line.slice(at + 'reeve:ignore'.length, at + 1000)
  const named = /^\[([\w, -]*)\]/.exec(rest)
  const said = rest.slice(named?.[0].length ?? 0)
  const until = /\buntil=(\S{1,40})/.exec(said)?.[1]?.replace(/[^\d-]+$/, '')
  if (until === undefined) return 'it needs an expiry: `reeve:ignore REASON until=YYYY-MM-DD`'
  if (!isDay(until)) return 'its `until` is not a day: write until=YYYY-MM-DD'
  const reason = said
    .replace(/\buntil=\S+/, ' ')
    .replace(/(?:\*\/|-->|#\}|%>)\s*$/, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^[\s:,-]+/, '')
    .trim()
  if (reason === '') return 'it needs a reason: `reeve:ignore REASON until=YYYY-MM-DD`'
  const detectors = (named?.[1] ?? '').split(/[\s,]+/).filter((id) => id !== '')
  return { detectors, reason, until }
}

/** Lines of a file of the scanned tree, or `undefined` where there is no such file to read. */
export type LinesOf = (file: string) => Promise<readonly string[] | undefined>

type Answer = { readonly comment: IgnoreComment; readonly line: number } | undefined

/**
 * A finding is suppressed when every place of it in the working tree carries a comment that holds. Places in archives
 * and on standard input carry none; places in history follow the working tree.
 */
export async function applyComments(findings: readonly Finding[], linesOf: LinesOf, now: Instant): Promise<Accepted> {
  const result: Accepted = { open: [], suppressed: [], errors: [] }
  const errors = new Map<string, ReportError>()
  for (const finding of findings) {
    const places = finding.locations.filter(({ commit }) => commit === undefined)
    const answers: Answer[] = []
    for (const place of places) answers.push(await commentAt(place, finding.detector, linesOf, now, errors))
    const first = answers[0]
    const file = places[0]?.file
    if (first === undefined || file === undefined || answers.some((answer) => answer === undefined)) {
      result.open.push(finding)
      continue
    }
    const { reason, until } = first.comment
    const suppression = { by: 'comment' as const, reason, until, at: { file, startLine: first.line } }
    result.suppressed.push({ finding, suppression })
  }
  result.errors.push(...errors.values())
  return result
}

async function commentAt(
  place: Location,
  detector: string,
  linesOf: LinesOf,
  now: Instant,
  errors: Map<string, ReportError>,
): Promise<Answer> {
  if (place.startLine === undefined || place.file.includes('!/')) return undefined
  const lines = await linesOf(place.file)
  if (lines === undefined) return undefined
  for (const line of [place.startLine, place.startLine - 1]) {
    const text = lines[line - 1] ?? ''
    if (!text.includes('reeve:ignore')) continue
    const start = commentStart(place.file, lines, line - 1)
    const comment = start === undefined ? undefined : parseIgnoreComment(text.slice(start))
    if (comment === undefined) continue
    // a comment behind other code is about its own line
    if (line !== place.startLine && text.slice(0, start).trim() !== '') continue
    if (typeof comment !== 'string' && comment.detectors.length > 0 && !comment.detectors.includes(detector)) continue
    if (typeof comment !== 'string' && !hasPassed(comment.until, now)) return { comment, line }
    const why = typeof comment === 'string' ? comment : `it ended on ${comment.until}: what it accepted counts again`
    errors.set(`${place.file}:${line}`, {
      file: place.file,
      line,
      message: `this reeve:ignore comment does not suppress: ${why}`,
    })
  }
  return undefined
}
