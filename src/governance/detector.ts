// What a detector is, and running all of them over an estate.
import type { Credential } from '#identity'
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

/** All findings, worst first, in a total order. Two drafts with one fingerprint become one with both locations. */
export function detectAll(estate: EstateReader, detectors: readonly Detector[] = DETECTORS): Finding[] {
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
  for (const detector of detectors) {
    if (detector.onPrincipal !== undefined) {
      for (const dossier of estate.dossiers())
        for (const draft of detector.onPrincipal(dossier, estate)) add(detector, draft)
    }
    if (detector.onCredential !== undefined) {
      for (const credential of estate.credentials())
        for (const draft of detector.onCredential(credential, estate)) add(detector, draft)
    }
  }
  return [...findings.values()].sort(compareFindings)
}
