// Puts the report together from what was read and judged. Every format is written from this value, in its order.
import type { Entitlement } from '#access'
import { CONNECTORS } from '#connectors'
import type { FingerprintKey, ReadResult } from '#connectors'
import { SEVERITIES } from '#governance'
import type { EstateReader, Finding } from '#governance'
import type { Instant } from '#kernel'
import { SCHEMA_VERSION } from './contract.ts'
import type { Report, ReportEntitlement, ReportError, ReportFinding, ReportSuppressed } from './contract.ts'
import { compareText, onlyOnce, placesOf } from './places.ts'
import { reportCredentials } from './report-credentials.ts'
import { reportPrincipals } from './report-principals.ts'

export interface ReportInput {
  readonly version: string
  readonly scannedAt: Instant
  readonly key: FingerprintKey
  readonly read: ReadResult
  readonly estate: EstateReader
  readonly findings: readonly Finding[]
  readonly suppressed: readonly { readonly finding: Finding; readonly suppression: ReportSuppressed['suppression'] }[]
  /** What went wrong outside of the reading: a comment that does not suppress, an entry of a baseline that ended. */
  readonly errors: readonly ReportError[]
  readonly blindSpots: readonly string[]
}

export function reportOf(input: ReportInput): Report {
  const { read, estate } = input
  const principals = reportPrincipals(estate)
  const credentials = reportCredentials(estate, input.key)
  const entitlements = reportEntitlements(estate)
  const findings = input.findings.map(reportFinding)
  const suppressed = input.suppressed.map(({ finding, suppression }) => ({ ...reportFinding(finding), suppression }))
  const errors = reportErrors(read, input.errors)
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'reeve', version: input.version },
    scannedAt: input.scannedAt,
    stats: {
      files: read.stats.files,
      bytes: read.stats.bytes,
      skipped: read.stats.skipped,
      commits: read.stats.commits,
      partial: read.stats.partial,
      principals: principals.length,
      credentials: credentials.length,
      entitlements: entitlements.length,
      findings: findings.length,
      suppressed: suppressed.length,
      errors: errors.length,
      bySeverity: countBySeverity(findings),
      byKind: countBy(principals.map(({ kind }) => kind)),
    },
    principals,
    credentials,
    entitlements,
    findings,
    suppressed,
    likelyMatches: estate.likely
      .map(({ a, b, reason }) => ({ a, b, reason }))
      .toSorted((a, b) => compareText(`${a.a} ${a.b} ${a.reason}`, `${b.a} ${b.b} ${b.reason}`)),
    blindSpots: reportBlindSpots(read, input.blindSpots),
    errors,
  }
}

function reportFinding(finding: Finding): ReportFinding {
  return {
    fingerprint: finding.fingerprint,
    detector: finding.detector,
    owasp: finding.owasp,
    controls: finding.controls,
    severity: finding.severity,
    severityReasons: finding.severityReasons,
    title: finding.title,
    subject: {
      principalId: finding.subject.principalId ?? null,
      credentialId: finding.subject.credentialId ?? null,
      externalId: finding.subject.externalId,
    },
    discriminator: finding.discriminator ?? null,
    locations: placesOf(finding.locations),
    evidence: finding.evidence as ReportFinding['evidence'],
    remediation: finding.remediation,
  }
}

function reportEntitlements(estate: EstateReader): ReportEntitlement[] {
  const entitlements: ReportEntitlement[] = []
  for (const { access } of estate.dossiers()) {
    for (const entitlement of access.entitlements) entitlements.push(reportEntitlement(entitlement))
  }
  return entitlements.sort((a, b) => compareText(a.principalId, b.principalId) || compareText(a.id, b.id))
}

function reportEntitlement(entitlement: Entitlement): ReportEntitlement {
  const { id, principalId, system, permission, effect, actions, resources, level, conditions, path } = entitlement
  return {
    id,
    principalId,
    system,
    permission,
    effect,
    actions,
    resources,
    level,
    conditions: (conditions ?? null) as ReportEntitlement['conditions'],
    path,
    locations: placesOf([entitlement.provenance]),
  }
}

function reportErrors(read: ReadResult, others: readonly ReportError[]): ReportError[] {
  const errors = [
    ...read.problems.map(({ file, startLine, message }) => ({ file, line: startLine ?? null, message })),
    ...others,
  ]
  return onlyOnce(errors).sort(
    (a, b) => compareText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compareText(a.message, b.message),
  )
}

/** What the reading met, what each connector that said something cannot see by its nature, and what was not given. */
function reportBlindSpots(read: ReadResult, others: readonly string[]): Report['blindSpots'] {
  const spoke = new Set(read.facts.map((fact) => fact.provenance.connector))
  const natural = CONNECTORS.filter(({ id }) => spoke.has(id)).flatMap(({ id, blindSpots }) =>
    blindSpots.map((message) => ({ source: id, file: null, message })),
  )
  const met = read.blindSpots.map(({ connector, file, message }) => ({
    source: connector,
    file: file ?? null,
    message,
  }))
  const own = others.map((message) => ({ source: 'scan', file: null, message }))
  return onlyOnce([...own, ...met, ...natural]).sort(
    (a, b) =>
      compareText(a.source, b.source) || compareText(a.file ?? '', b.file ?? '') || compareText(a.message, b.message),
  )
}

function countBySeverity(findings: readonly ReportFinding[]): Report['stats']['bySeverity'] {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0 }
  for (const severity of SEVERITIES) counts[severity] = findings.filter((one) => one.severity === severity).length
  return counts
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys.toSorted(compareText)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return Object.fromEntries(counts)
}
