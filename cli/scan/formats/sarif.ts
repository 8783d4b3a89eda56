// SARIF 2.1.0, for code scanning: detectors are rules, accepted findings carry their suppression, errors are notifications.
import { DETECTORS, NIST_CSF_2_0, OWASP_NHI_2025 } from '#governance'
import type { Detector, Severity } from '#governance'
import type { Report, ReportFinding, ReportLocation, ReportSuppressed } from '../contract.ts'
import { jsonPieces } from './json-pieces.ts'

const LEVEL: Record<Severity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}
/** The scale that code scanning services read: 9 and above is critical, 7 high, 4 medium. */
const SECURITY_SEVERITY: Record<Severity, string> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
  info: '0.5',
}
const OWASP = 'OWASP Non-Human Identities Top 10 2025'
const CSF = 'NIST CSF 2.0'

export function* sarifPieces(report: Report, detectors: readonly Detector[] = DETECTORS): Generator<string> {
  const ruleIndex = new Map(detectors.map(({ id }, index) => [id, index]))
  const run = {
    tool: { driver: driver(report, detectors) },
    automationDetails: { id: 'reeve/scan/', description: { text: 'identities in files and exports' } },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { '%SRCROOT%': { description: { text: 'the scanned path' } } },
    invocations: [
      {
        executionSuccessful: true,
        startTimeUtc: report.scannedAt,
        toolExecutionNotifications: report.errors.map(({ file, line, message }) => ({
          level: 'warning',
          message: { text: message },
          ...(file === ''
            ? {}
            : { locations: [sarifLocation({ file, ...(line === null ? {} : { startLine: line }) })] }),
        })),
      },
    ],
    taxonomies: [taxonomy(OWASP, '2025', 'OWASP', OWASP_NHI_2025), taxonomy(CSF, '2.0', 'NIST', NIST_CSF_2_0)],
    results: results(report, ruleIndex),
    properties: { blindSpots: report.blindSpots.map(({ source, message }) => `${source}: ${message}`) },
  }
  yield* jsonPieces({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] })
  yield '\n'
}

function driver(report: Report, detectors: readonly Detector[]) {
  const worst = new Map<string, Severity>()
  // findings come worst first
  for (const { detector, severity } of report.findings) if (!worst.has(detector)) worst.set(detector, severity)
  return {
    name: 'Reeve',
    version: report.tool.version,
    semanticVersion: report.tool.version,
    supportedTaxonomies: [{ name: OWASP }, { name: CSF }],
    rules: detectors.map((detector) => rule(detector, worst.get(detector.id) ?? 'medium')),
  }
}

function rule(detector: Detector, severity: Severity) {
  const help = [
    ['What to do', detector.remediation],
    ['Severity', detector.severityRule],
    ['Needs', detector.needs],
    ['Blind spot', detector.blindSpot],
  ] as const
  return {
    id: detector.id,
    name: pascalCase(detector.id),
    shortDescription: { text: sentence(detector.title) },
    fullDescription: { text: sentence(detector.title) },
    help: {
      text: help.map(([title, text]) => `${title}: ${text}`).join('\n'),
      markdown: help.map(([title, text]) => `**${title}.** ${text}`).join('\n\n'),
    },
    defaultConfiguration: { level: LEVEL[severity] },
    relationships: [
      ...detector.owasp.map((id) => relationship(id, OWASP)),
      ...detector.controls.map((id) => relationship(id, CSF)),
    ],
    properties: {
      tags: ['security', 'non-human-identity', ...detector.owasp],
      owasp: detector.owasp,
      controls: detector.controls,
      'security-severity': SECURITY_SEVERITY[severity],
    },
  }
}

const relationship = (id: string, name: string) => ({
  target: { id, toolComponent: { name } },
  kinds: ['relevant'],
})

const taxonomy = (name: string, version: string, organization: string, taxa: Readonly<Record<string, string>>) => ({
  name,
  version,
  organization,
  shortDescription: { text: name },
  taxa: Object.entries(taxa).map(([id, title]) => ({ id, shortDescription: { text: title } })),
})

function* results(report: Report, ruleIndex: ReadonlyMap<string, number>): Generator<object> {
  for (const finding of report.findings) yield result(finding, ruleIndex)
  for (const { suppression, ...finding } of report.suppressed) yield result(finding, ruleIndex, suppression)
}

function result(
  finding: ReportFinding,
  ruleIndex: ReadonlyMap<string, number>,
  suppression?: ReportSuppressed['suppression'],
): object {
  const index = ruleIndex.get(finding.detector)
  return {
    ruleId: finding.detector,
    ...(index === undefined ? {} : { ruleIndex: index }),
    kind: 'fail',
    level: LEVEL[finding.severity],
    message: { text: `${sentence(finding.title)} ${finding.remediation}` },
    locations: finding.locations.slice(0, 1).map(sarifLocation),
    relatedLocations: finding.locations
      .slice(1)
      .map((place, at) => Object.assign(sarifLocation(place), { id: at + 1 })),
    partialFingerprints: { 'reeveFinding/v1': finding.fingerprint },
    ...(suppression === undefined ? {} : { suppressions: [sarifSuppression(suppression)] }),
    properties: {
      severity: finding.severity,
      severityReasons: finding.severityReasons,
      subject: finding.subject,
      owasp: finding.owasp,
      controls: finding.controls,
      evidence: finding.evidence,
    },
  }
}

const sarifSuppression = ({ by, reason, until, at }: ReportSuppressed['suppression']) => ({
  kind: by === 'comment' ? 'inSource' : 'external',
  status: 'accepted',
  justification: `${reason} (until ${until})`,
  ...(by === 'comment' ? { location: sarifLocation(at) } : {}),
})

function sarifLocation({ file, startLine, endLine, commit }: ReportLocation) {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file), uriBaseId: '%SRCROOT%' },
      ...(startLine === undefined ? {} : { region: { startLine, ...(endLine === undefined ? {} : { endLine }) } }),
    },
    ...(commit === undefined ? {} : { message: { text: `in git history, commit ${commit}` }, properties: { commit } }),
  }
}

/** A relative URI reference. A colon in the first segment would read as a scheme, so every segment is encoded. */
const uriOf = (file: string): string => file.toWellFormed().split('/').map(encodeURIComponent).join('/')

const pascalCase = (id: string): string =>
  id
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')

function sentence(text: string): string {
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}
