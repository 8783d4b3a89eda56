// Governance: dossiers, detectors, findings.
export type { Dossier, EstateParts, EstateReader, GovernanceSettings } from './dossier.ts'
export { estateInMemory } from './estate-in-memory.ts'
export { detectAll } from './detector.ts'
export type { Detector } from './detector.ts'
export { DETECTORS } from './detectors/index.ts'
export { SEVERITIES } from './finding.ts'
export type { Finding, FindingDraft, Severity } from './finding.ts'
export { NIST_CSF_2_0, OWASP_NHI_2025 } from './controls/catalogue.ts'
