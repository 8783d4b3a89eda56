// Findings grouped by what they are about, the worst first: how a person reads them.
import { SEVERITIES } from '#governance'
import type { Severity } from '#governance'
import type { Report, ReportFinding, ReportPrincipal } from './contract.ts'
import { compareText } from './places.ts'

export interface Subject {
  readonly externalId: string
  /** The identity, when one is known. */
  readonly principal: ReportPrincipal | undefined
  readonly worst: Severity
  /** Worst first. */
  readonly findings: readonly ReportFinding[]
}

const WEIGHT: Record<Severity, number> = { critical: 1000, high: 100, medium: 10, low: 1, info: 0 }
const TIER_WEIGHT: Readonly<Record<string, number>> = { admin: 4, high: 3, medium: 2, low: 1 }

/** Worst finding first, then the sum of what is found, then privilege: a total order. */
export function bySubject(report: Report): Subject[] {
  const principals = new Map(report.principals.map((principal) => [principal.id, principal]))
  const groups = new Map<string, ReportFinding[]>()
  for (const finding of report.findings) {
    const key = finding.subject.principalId ?? `of nobody known: ${finding.subject.externalId}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  return [...groups]
    .map(([key, findings]): Subject => {
      const principal = principals.get(key)
      return {
        externalId: principal?.externalId ?? findings[0]?.subject.externalId ?? '',
        principal,
        worst: findings[0]?.severity ?? 'info',
        findings,
      }
    })
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(b.worst) - SEVERITIES.indexOf(a.worst) ||
        weightOf(b) - weightOf(a) ||
        compareText(a.externalId, b.externalId),
    )
}

function weightOf({ findings, principal }: Subject): number {
  const sum = findings.reduce((total, { severity }) => total + WEIGHT[severity], 0)
  return sum + (TIER_WEIGHT[principal?.privilege ?? ''] ?? 0)
}
