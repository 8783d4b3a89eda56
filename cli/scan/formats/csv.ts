// CSV (RFC 4180), one row per finding, for a spreadsheet: suppressed findings are rows too, and say so.
import type { Report, ReportFinding, ReportSuppressed } from '../contract.ts'
import { placeText } from '../places.ts'

const COLUMNS = [
  'severity',
  'detector',
  'title',
  'subject',
  'kind',
  'source',
  'environment',
  'privilege',
  'owner',
  'file',
  'line',
  'commit',
  'other_places',
  'why',
  'remediation',
  'owasp',
  'controls',
  'fingerprint',
  'state',
  'accepted_because',
  'accepted_until',
] as const

export function* csvPieces(report: Report): Generator<string> {
  yield row(COLUMNS)
  const principals = new Map(report.principals.map((principal) => [principal.id, principal]))
  const cells = (finding: ReportFinding, suppression?: ReportSuppressed['suppression']): string[] => {
    const subject = principals.get(finding.subject.principalId ?? '')
    const [first, ...others] = finding.locations
    return [
      finding.severity,
      finding.detector,
      finding.title,
      finding.subject.externalId,
      subject?.kind ?? '',
      subject?.source ?? '',
      subject?.environment ?? '',
      subject?.privilege ?? '',
      subject?.owner ?? '',
      first?.file ?? '',
      first?.startLine?.toString() ?? '',
      first?.commit ?? '',
      others.map(placeText).join('; '),
      finding.severityReasons.join('; '),
      finding.remediation,
      finding.owasp.join(' '),
      finding.controls.join(' '),
      finding.fingerprint,
      suppression === undefined ? 'open' : `accepted by ${suppression.by}`,
      suppression?.reason ?? '',
      suppression?.until ?? '',
    ]
  }
  for (const finding of report.findings) yield row(cells(finding))
  for (const { suppression, ...finding } of report.suppressed) yield row(cells(finding, suppression))
}

const row = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

/** SECURITY: a cell that a spreadsheet would run as a formula is given a leading apostrophe. */
function cell(text: string): string {
  const inert = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
