// The summary that a person wants on a terminal: how many of what, the worst first with who owns it and why, and what
// the scan could not see.
import type { Severity } from '#governance'
import { fit, padEnd, plain, wrap } from '../../terminal/text.ts'
import type { Paint, Style } from '../../terminal/text.ts'
import { bytesText, counted, kindTitle, numberText } from '../../words.ts'
import { bySubject } from '../by-subject.ts'
import type { Subject } from '../by-subject.ts'
import type { Report, ReportPrincipal } from '../contract.ts'
import { placeText } from '../places.ts'

const SUBJECTS_MAX = 20
const FINDINGS_OF_SUBJECT_MAX = 8
const NOTES_MAX = 12
const STYLE: Record<Severity, Style> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
}
const KIND_WIDTH = 18
const ALL_WIDTH = 6
const TIERS = ['admin', 'high', 'medium', 'low', 'none', 'unknown'] as const

export interface Terminal {
  readonly paint: Paint
  readonly width: number
}

export function* tablePieces(report: Report, terminal: Terminal): Generator<string> {
  yield* lines(headline(report, terminal))
  yield* lines(kinds(report, terminal))
  yield* lines(subjects(report, terminal))
  yield* lines(notes('Errors', report.errors.map(errorText), terminal))
  yield* lines(notes('Blind spots: what this scan could not see', report.blindSpots.map(blindSpotText), terminal))
}

function* lines(text: Iterable<string>): Generator<string> {
  let some = false
  for (const line of text) {
    some = true
    yield `${line}\n`
  }
  if (some) yield '\n'
}

function* headline({ stats }: Report, { paint }: Terminal): Generator<string> {
  const identities = stats.principals - (stats.byKind['human'] ?? 0) - (stats.byKind['group'] ?? 0)
  const read = `in ${counted(stats.files, 'file')} (${bytesText(stats.bytes)})`
  yield `${paint('bold', counted(identities, 'non-human identity', 'non-human identities'))}, ${counted(stats.credentials, 'credential')} ${read}${stats.partial ? paint('yellow', '; not everything could be read') : ''}`
  const found = (['critical', 'high', 'medium', 'low', 'info'] as const)
    .filter((severity) => stats.bySeverity[severity] > 0)
    .map((severity) => paint(STYLE[severity], `${numberText(stats.bySeverity[severity])} ${severity}`))
  const accepted = stats.suppressed === 0 ? '' : `; ${numberText(stats.suppressed)} accepted`
  yield `${paint('bold', counted(stats.findings, 'finding'))}${found.length === 0 ? '' : `: ${found.join(', ')}`}${accepted}`
}

/** Identities by kind and by what they may do. */
function* kinds({ principals }: Report, { paint, width }: Terminal): Generator<string> {
  if (principals.length === 0) return
  const kindsSeen = [...new Set(principals.map(({ kind }) => kind))]
  const rows = kindsSeen
    .map((kind) => ({ kind, of: principals.filter((principal) => principal.kind === kind) }))
    .sort((a, b) => b.of.length - a.of.length)
  const column = Math.max(8, Math.min(10, Math.floor((width - KIND_WIDTH - ALL_WIDTH) / (TIERS.length + 1))))
  const head = [...TIERS, 'unowned'].map((word) => word.toUpperCase().padStart(column))
  yield paint('dim', `${padEnd('IDENTITIES', KIND_WIDTH)}${'ALL'.padStart(ALL_WIDTH)}${head.join('')}`)
  const cell = (count: number, style: Style): string =>
    paint(count === 0 ? 'dim' : style, (count === 0 ? '·' : numberText(count)).padStart(column))
  for (const { kind, of } of rows) {
    const tiers = TIERS.map((tier) =>
      cell(of.filter(({ privilege }) => privilege === tier).length, tier === 'admin' ? 'red' : []),
    )
    const orphans = of.filter(({ owner, mentionedOnly }) => owner === null && !mentionedOnly)
    const unowned = cell(kind === 'human' || kind === 'group' ? 0 : orphans.length, 'yellow')
    const title = padEnd(plain(kindTitle(kind, of.length)), KIND_WIDTH)
    yield `${title}${numberText(of.length).padStart(ALL_WIDTH)}${tiers.join('')}${unowned}`
  }
}

function* subjects(report: Report, terminal: Terminal): Generator<string> {
  const all = bySubject(report)
  if (all.length === 0) return
  yield terminal.paint('bold', 'Worst first')
  for (const subject of all.slice(0, SUBJECTS_MAX)) {
    yield ''
    yield* subjectLines(subject, terminal)
  }
  if (all.length > SUBJECTS_MAX) {
    yield ''
    yield terminal.paint(
      'dim',
      `… and ${counted(all.length - SUBJECTS_MAX, 'more subject')}: --format html or json shows all`,
    )
  }
}

function* subjectLines({ externalId, principal, findings }: Subject, { paint, width }: Terminal): Generator<string> {
  yield paint('bold', fit(plain(externalId), width, 'end'))
  const about = principal === undefined ? 'a credential of nobody known' : describe(principal)
  for (const line of wrap(plain(about), width - 2)) yield `  ${paint('dim', line)}`
  for (const finding of findings.slice(0, FINDINGS_OF_SUBJECT_MAX)) {
    const [first = '', ...more] = wrap(plain(finding.title), width - 12)
    yield `  ${paint(STYLE[finding.severity], padEnd(finding.severity, 9))} ${first}`
    for (const line of more) yield `${' '.repeat(12)}${line}`
    for (const line of wrap(`because ${plain(finding.severityReasons.join('; '))}`, width - 12).slice(0, 3)) {
      yield `${' '.repeat(12)}${paint('dim', line)}`
    }
    const place = plain(placeText(finding.locations[0]))
    const label = `${finding.detector}  ${finding.fingerprint.slice(0, 12)}  `
    yield `${' '.repeat(12)}${paint('dim', label)}${paint('cyan', fit(place, Math.max(20, width - 12 - label.length), 'end'))}`
  }
  const hidden = findings.length - FINDINGS_OF_SUBJECT_MAX
  if (hidden > 0) yield `${' '.repeat(12)}${paint('dim', `… and ${counted(hidden, 'more finding')}`)}`
}

function describe(principal: ReportPrincipal): string {
  const environment = principal.environment === 'unknown' ? '' : `, ${principal.environment}`
  const why = principal.privilegeReasons[0]
  const privilege =
    principal.privilege === 'unknown' ? '' : `; privilege ${principal.privilege}${why === undefined ? '' : ` (${why})`}`
  const owner =
    principal.owner === null ? 'nobody is known to own it' : `owner ${principal.owner}${ownerNote(principal)}`
  return `${principal.nativeType}${environment}; ${owner}${privilege}`
}

const ownerNote = ({ ownerReason, ownerStatus }: ReportPrincipal): string =>
  `${ownerStatus === 'leaver' ? ', who has left' : ''}${ownerReason === null ? '' : ` (${ownerReason})`}`

const errorText = ({ file, line, message }: Report['errors'][number]): string =>
  `${file}${line === null ? '' : `:${line}`}${file === '' ? '' : '  '}${message}`

const blindSpotText = ({ source, file, message }: Report['blindSpots'][number]): string =>
  `${source}: ${message}${file === null ? '' : ` (${file})`}`

function* notes(title: string, texts: readonly string[], { paint, width }: Terminal): Generator<string> {
  if (texts.length === 0) return
  yield paint('bold', `${title} (${numberText(texts.length)})`)
  for (const text of texts.slice(0, NOTES_MAX)) {
    const [first = '', ...more] = wrap(plain(text), width - 4)
    yield `  · ${first}`
    for (const line of more) yield `    ${line}`
  }
  if (texts.length > NOTES_MAX)
    yield paint('dim', `  … and ${numberText(texts.length - NOTES_MAX)} more in --format json`)
}
