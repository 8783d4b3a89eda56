// The control ids that a detector may cite: OWASP NHI Top 10 2025 and the live subcategories of NIST CSF 2.0.

export const OWASP_NHI_2025 = {
  'NHI1:2025': 'Improper Offboarding',
  'NHI2:2025': 'Secret Leakage',
  'NHI3:2025': 'Vulnerable Third-Party NHI',
  'NHI4:2025': 'Insecure Authentication',
  'NHI5:2025': 'Overprivileged NHI',
  'NHI6:2025': 'Insecure Cloud Deployment Configurations',
  'NHI7:2025': 'Long-Lived Secrets',
  'NHI8:2025': 'Environment Isolation',
  'NHI9:2025': 'NHI Reuse',
  'NHI10:2025': 'Human Use of NHI',
} as const
export type OwaspId = keyof typeof OWASP_NHI_2025

/** The live NIST CSF 2.0 subcategories that Reeve's detectors may cite, with what they are about in our own words. */
export const NIST_CSF_2_0 = {
  'GV.RR-02': 'roles, responsibilities and authorities are set and known',
  'GV.RR-04': 'security is part of human resources practice',
  'GV.SC-04': 'suppliers are known and ranked by criticality',
  'GV.SC-07': 'risks of a supplier are understood, recorded and watched',
  'GV.SC-10': 'the end of a supplier relationship is planned for',
  'ID.AM-02': 'software, services and systems are in an inventory',
  'ID.AM-03': 'network communication and data flows are represented',
  'ID.AM-04': 'services of suppliers are in an inventory',
  'ID.AM-05': 'assets are ranked by criticality',
  'ID.AM-08': 'systems, software and services are managed through their life',
  'ID.RA-01': 'vulnerabilities in assets are found and recorded',
  'ID.RA-07': 'changes and exceptions are managed and assessed',
  'PR.AA-01': 'identities and credentials are managed',
  'PR.AA-02': 'identities are proofed and bound to credentials',
  'PR.AA-03': 'users, services and hardware are authenticated',
  'PR.AA-04': 'identity assertions are protected and verified',
  'PR.AA-05': 'permissions are defined, managed, enforced and reviewed by least privilege',
  'PR.AA-06': 'physical access is managed: out of scope, which its control says',
  'PR.DS-01': 'data at rest is protected',
  'PR.DS-02': 'data in transit is protected',
  'PR.PS-01': 'configuration management is practised',
  'PR.PS-04': 'log records are generated and made available',
  'PR.PS-06': 'secure development is practised',
  'PR.IR-01': 'networks and environments are protected from unauthorised use',
  'DE.CM-06': 'activity of external service providers is watched',
  'DE.CM-09': 'hardware, software and their run-time environments are watched',
  'RS.MA-01': 'the response to an incident is carried out as it was planned',
  'RS.AN-06': 'acts during an investigation are recorded, and their records kept whole',
  'RS.CO-02': 'those who must know of an incident are told',
  'RS.MI-01': 'incidents are contained',
  'RS.MI-02': 'incidents are eradicated',
} as const
export type ControlId = keyof typeof NIST_CSF_2_0
