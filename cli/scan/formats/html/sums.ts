// The figures that the HTML report speaks of, worked out once.
import { DETECTORS, SEVERITIES } from '#governance'
import type { Detector, Severity } from '#governance'
import type { Report, ReportCredential, ReportFinding, ReportPrincipal } from '../../contract.ts'
import { compareText } from '../../places.ts'

export const WORST_FIRST: readonly Severity[] = SEVERITIES.toReversed()
export const TIERS_DOWN = ['admin', 'high', 'medium', 'low', 'none', 'unknown'] as const

export interface Sums {
  readonly principals: ReadonlyMap<string, ReportPrincipal>
  /** Neither people nor groups. */
  readonly machines: readonly ReportPrincipal[]
  /** Machines that some input defines, rather than mentions. */
  readonly defined: readonly ReportPrincipal[]
  readonly findingsOf: ReadonlyMap<string, readonly ReportFinding[]>
  readonly admins: readonly ReportPrincipal[]
  readonly orphans: readonly ReportPrincipal[]
  readonly left: readonly ReportPrincipal[]
  readonly inTheOpen: readonly ReportCredential[]
  /** Detectors that found something, the most pressing first. */
  readonly actions: readonly Action[]
}

export interface Action {
  readonly detector: Detector
  readonly worst: Severity
  readonly findings: readonly ReportFinding[]
  /** Who has to act, with how many findings; '' is nobody known. */
  readonly owners: readonly (readonly [owner: string, findings: number])[]
}

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 1000, high: 100, medium: 10, low: 1, info: 0 }

export function sumUp(report: Report): Sums {
  const principals = new Map(report.principals.map((principal) => [principal.id, principal]))
  const machines = report.principals.filter(isMachine)
  const defined = machines.filter(({ mentionedOnly }) => !mentionedOnly)
  const findingsOf = groupBy(report.findings, ({ subject }) => subject.principalId ?? '')
  return {
    principals,
    machines,
    defined,
    findingsOf,
    admins: machines.filter(({ privilege }) => privilege === 'admin'),
    orphans: defined.filter(({ owner }) => owner === null),
    left: defined.filter(({ ownerStatus }) => ownerStatus === 'leaver'),
    inTheOpen: report.credentials.filter(isInTheOpen),
    actions: actionsOf(report.findings, principals),
  }
}

export const isMachine = ({ kind }: ReportPrincipal): boolean => kind !== 'human' && kind !== 'group'

const isInTheOpen = ({ locations }: ReportCredential): boolean =>
  locations.some(({ exposure }) => exposure === 'embedded')

function actionsOf(findings: readonly ReportFinding[], principals: Sums['principals']): Action[] {
  return [...groupBy(findings, ({ detector }) => detector)]
    .flatMap(([id, found]): Action[] => {
      const detector = DETECTORS.find((one) => one.id === id)
      if (detector === undefined) return []
      const owners = groupBy(found, ({ subject }) => principals.get(subject.principalId ?? '')?.owner ?? '')
      return [
        {
          detector,
          // findings come worst first
          worst: found[0]?.severity ?? 'info',
          findings: found,
          owners: [...owners]
            .map(([owner, of]) => [owner, of.length] as const)
            .sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])),
        },
      ]
    })
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(b.worst) - SEVERITIES.indexOf(a.worst) ||
        weightOf(b.findings) - weightOf(a.findings) ||
        compareText(a.detector.id, b.detector.id),
    )
}

export const weightOf = (findings: readonly ReportFinding[]): number =>
  findings.reduce((sum, { severity }) => sum + WEIGHT[severity], 0)

export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
