// Findings: what a detector says of one subject, with a fingerprint that is the same tomorrow.
import { deriveId } from '#kernel'
import type { Id, Json, Location } from '#kernel'
import type { ControlId } from './controls/catalogue.ts'
import type { OwaspId } from './controls/catalogue.ts'

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What a detector yields; the engine adds what the detector's table entry says. */
export interface FindingDraft {
  readonly subject: {
    readonly principalId?: Id<'principal'>
    readonly credentialId?: Id<'credential'>
    /** The native identifier of the principal, or the place of a credential that is nobody's: `file:NAME`. */
    readonly externalId: string
  }
  /**
   * What tells this finding from others of the same detector and subject: a technique, an action's name, a file.
   * SECURITY: never the secret or anything derived from it. Never a line number.
   */
  readonly discriminator?: string
  readonly severity: Severity
  /** Why this severity, most telling first; at least one. */
  readonly severityReasons: readonly string[]
  /** One sentence that names the subject; overrides the detector's title. */
  readonly title: string
  readonly locations: readonly Location[]
  /** What the finding rests on, for a person and for a machine. SECURITY: no secret values. */
  readonly evidence: Readonly<Record<string, Json>>
  /** What to do here, when the detector's general text can be made exact. */
  readonly remediation?: string
}

export interface Finding extends FindingDraft {
  readonly fingerprint: Id<'finding'>
  readonly detector: string
  readonly owasp: readonly OwaspId[]
  readonly controls: readonly ControlId[]
  readonly remediation: string
}

/** INVARIANT: from explicit identifiers and places only: moving lines, rotating a secret or renaming a file elsewhere keeps it. */
export function findingFingerprint(detector: string, draft: FindingDraft): Id<'finding'> {
  return deriveId('finding', detector, draft.subject.externalId, draft.discriminator ?? '')
}

/** Sorts worst first, then by detector, subject and discriminator: a total order, whatever the reading order was. */
export function compareFindings(a: Finding, b: Finding): number {
  const bySeverity = SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity)
  if (bySeverity !== 0) return bySeverity
  const keyOf = (finding: Finding): string =>
    `${finding.detector}\0${finding.subject.externalId}\0${finding.discriminator ?? ''}\0${finding.fingerprint}`
  const [keyA, keyB] = [keyOf(a), keyOf(b)]
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0
}
