// What a detector is, and running all of them over an estate.
import type { Credential } from '#identity'
import type { Location } from '#kernel'
import type { ControlId, OwaspId } from './controls/catalogue.ts'
import { DETECTORS } from './detectors/index.ts'
import type { Dossier, EstateReader } from './dossier.ts'
import { compareFindings, findingFingerprint } from './finding.ts'
import type { Finding, FindingDraft } from './finding.ts'

/** A pure function from a dossier or a credential, and a few facts of the estate, to findings. One file each. */
export interface Detector {
  /** Kebab-case, stable: users write it in baselines. */
  readonly id: string
  readonly title: string
  /** How severity is chosen, in one or two sentences. */
  readonly severityRule: string
  readonly owasp: readonly [OwaspId, ...OwaspId[]]
  readonly controls: readonly [ControlId, ...ControlId[]]
  /** Inputs without which it stays silent. */
  readonly needs: string
  readonly blindSpot: string
  readonly remediation: string
  onPrincipal?(dossier: Dossier, estate: EstateReader): Iterable<FindingDraft>
  /** Called for every credential, with or without a known principal. */
  onCredential?(credential: Credential, estate: EstateReader): Iterable<FindingDraft>
}

/** A detector that threw on one subject: a bug, which costs this answer and no other. */
export interface DetectorFailure {
  readonly detector: string
  readonly externalId: string
  readonly location: Location | undefined
}

/**
 * All findings, worst first, in a total order. Two drafts with one fingerprint become one with both locations. A
 * detector that throws on a subject is told to `onFailure`, and the rest goes on; without `onFailure` it throws.
 */
export function detectAll(
  estate: EstateReader,
  detectors: readonly Detector[] = DETECTORS,
  onFailure?: (failure: DetectorFailure) => void,
): Finding[] {
  const findings = new Map<string, Finding>()
  const add = (detector: Detector, draft: FindingDraft): void => {
    const fingerprint = findingFingerprint(detector.id, draft)
    const earlier = findings.get(fingerprint)
    findings.set(fingerprint, {
      ...(earlier ?? draft),
      locations: [...(earlier?.locations ?? []), ...draft.locations],
      fingerprint,
      detector: detector.id,
      owasp: detector.owasp,
      controls: detector.controls,
      remediation: earlier?.remediation ?? draft.remediation ?? detector.remediation,
    })
  }
  const run = (
    detector: Detector,
    drafts: () => Iterable<FindingDraft>,
    about: Omit<DetectorFailure, 'detector'>,
  ): void => {
    try {
      for (const draft of drafts()) add(detector, draft)
    } catch (error) {
      if (onFailure === undefined) throw error
      onFailure({ detector: detector.id, ...about })
    }
  }
  for (const detector of detectors) {
    for (const dossier of detector.onPrincipal === undefined ? [] : estate.dossiers()) {
      const { externalId, provenance } = dossier.principal
      run(detector, () => detector.onPrincipal?.(dossier, estate) ?? [], { externalId, location: provenance[0] })
    }
    for (const credential of detector.onCredential === undefined ? [] : estate.credentials()) {
      const about = { externalId: credential.name ?? credential.type, location: credential.sightings[0] }
      run(detector, () => detector.onCredential?.(credential, estate) ?? [], about)
    }
  }
  return [...findings.values()].sort(compareFindings)
}
