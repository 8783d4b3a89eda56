// `--explain`: everything about one finding.
import { DETECTORS, NIST_CSF_2_0, OWASP_NHI_2025 } from '#governance'
import { Fault } from '#kernel'
import { plain, wrap } from '../terminal/text.ts'
import { writeTo } from '../terminal/write-out.ts'
import type { Report, ReportFinding, ReportPrincipal, ReportSuppressed } from './contract.ts'
import { jsonPieces } from './formats/json-pieces.ts'
import type { Terminal } from './formats/table.ts'
import type { ScanOptions } from './options.ts'
import { placeText } from './places.ts'
import { terminalOf } from './write-report.ts'

type Explained = ReportFinding & { readonly suppression?: ReportSuppressed['suppression'] }

/** Returns the exit code: 0, whatever the finding's severity. Throws a Fault when the start fits none or several. */
export async function explain(start: string, report: Report, options: ScanOptions): Promise<number> {
  const finding = findingBy(start, report)
  const principal = report.principals.find(({ id }) => id === finding.subject.principalId)
  if (options.format === 'json') await writeTo(process.stdout, [...jsonPieces({ finding, principal }, 0), '\n'])
  else await writeTo(process.stdout, explanation(finding, principal, terminalOf(process.stdout, options)))
  return 0
}

function findingBy(start: string, report: Report): Explained {
  const wanted = start.startsWith('fnd_') ? start : `fnd_${start}`
  const fitting = [...report.findings, ...report.suppressed].filter(({ fingerprint }) => fingerprint.startsWith(wanted))
  const [only, ...others] = fitting
  if (only === undefined) {
    throw new Fault('usage', `no finding here has a fingerprint that starts with \`${start}\`: the table shows them`)
  }
  if (others.length > 0) {
    const list = fitting.slice(0, 5).map(({ fingerprint }) => fingerprint)
    throw new Fault('usage', `${fitting.length} findings start with \`${start}\`: ${list.join(', ')}`)
  }
  return only
}

function* explanation(
  finding: Explained,
  principal: ReportPrincipal | undefined,
  { paint, width }: Terminal,
): Generator<string> {
  const detector = DETECTORS.find(({ id }) => id === finding.detector)
  const section = function* (title: string, texts: readonly string[]): Generator<string> {
    if (texts.length === 0) return
    yield `\n${paint('bold', title)}\n`
    for (const text of texts) {
      const [first = '', ...more] = wrap(plain(text), width - 4)
      yield `  ${first}\n`
      for (const line of more) yield `    ${line}\n`
    }
  }
  yield `${paint('bold', plain(finding.title))}\n`
  yield `${finding.severity}  ${finding.detector}  ${finding.fingerprint}\n`
  if (finding.suppression !== undefined) {
    const { by, reason, until, at } = finding.suppression
    yield* section('Accepted', [`by ${by}, until ${until}: ${reason} (${placeText(at)})`])
  }
  yield* section(`Why ${finding.severity}`, [
    ...finding.severityReasons,
    ...(detector === undefined ? [] : [`rule: ${detector.severityRule}`]),
  ])
  yield* section('About', aboutLines(finding, principal))
  for (const path of principal?.escalations ?? []) {
    yield* section(`Path to ${path.reaches}: ${path.title}`, path.steps.map(stepText))
  }
  yield* section('Where', finding.locations.map(placeText))
  yield* section('Evidence', JSON.stringify(finding.evidence, null, 2).split('\n').slice(1, -1).map(unquoted))
  yield* section('What to do', [finding.remediation])
  yield* section('How to accept it', acceptLines(finding))
  yield* section('References', [
    ...finding.owasp.map((id) => `OWASP ${id} ${titleIn(OWASP_NHI_2025, id)}`),
    ...finding.controls.map((id) => `NIST CSF 2.0 ${id}: ${titleIn(NIST_CSF_2_0, id)}`),
  ])
  if (detector !== undefined) yield* section('What this detector cannot see', [detector.blindSpot])
}

const stepText = (
  { action, resource, because }: { readonly action: string; readonly resource: string; readonly because: string },
  index: number,
): string => `${index + 1}. ${action} on ${resource}: ${because}`

function aboutLines(finding: ReportFinding, principal: ReportPrincipal | undefined): string[] {
  if (principal === undefined) return [`${finding.subject.externalId}: no identity is known that it belongs to`]
  const { environment, environmentReason, privilege, privilegeReasons } = principal
  return [
    `${principal.externalId} (${principal.nativeType})`,
    principal.owner === null
      ? 'owner: nobody is known to own it'
      : `owner: ${principal.owner} (${principal.ownerReason ?? ''}, confidence ${principal.ownerConfidence ?? 0})`,
    `environment: ${environment} (${environmentReason})`,
    `privilege: ${privilege}${privilegeReasons.length === 0 ? '' : ` (${privilegeReasons.join('; ')})`}`,
    `purpose: ${principal.purpose} (${principal.purposeReason})`,
  ]
}

function acceptLines({ fingerprint, detector, title, locations }: ReportFinding): string[] {
  const entry = { fingerprint, detector, title, reason: 'WHY', until: 'YYYY-MM-DD' }
  const baseline = `an entry of \`accepted\` in a baseline file: ${JSON.stringify(entry)}`
  const inTree = locations.some(
    ({ file, commit, startLine }) => startLine !== undefined && commit === undefined && !file.includes('!/'),
  )
  return inTree
    ? [`a comment on its line, or alone on the line above: reeve:ignore[${detector}] WHY until=YYYY-MM-DD`, baseline]
    : [baseline]
}

const unquoted = (line: string): string => line.replace(/^( *)"([^"]*)":/, '$1$2:').replace(/^ {2}/, '')

const titleIn = (catalogue: Readonly<Record<string, string>>, id: string): string => catalogue[id] ?? ''
