// What no query over the present evidence decides: what a later layer brings, and what only a person can attest.
import { AI_RMF_1_0, MAESTRO_LAYERS, SP_800_207_TENETS } from '../../controls/frameworks.ts'
import { csf, nhi } from '../control.ts'
import type { Reference, UndecidableControl } from '../control.ts'

const FINDINGS = 'findings kept by the server: reeve scan judges it today, and keeps nothing'
const USE = 'observed use with its coverage'

const LATER: readonly UndecidableControl[] = [
  {
    id: 'vendor-scopes-used',
    title: 'Third parties hold no more than they use',
    references: [...nhi(3), ...csf('GV.SC-07', 'DE.CM-06')],
    lacking: USE,
  },
  {
    id: 'authentication-strong',
    title: 'Identities authenticate in a way that is hard to take over',
    references: [...nhi(4), ...csf('PR.AA-03', 'PR.AA-04')],
    lacking: FINDINGS,
  },
  {
    id: 'rights-used',
    title: 'No identity holds rights that it does not use',
    references: [...nhi(5), ...csf('PR.AA-05')],
    lacking: USE,
  },
  {
    id: 'deployment-configured',
    title: 'Deployment and cloud trust is exact',
    references: [...nhi(6), ...csf('PR.PS-01')],
    lacking: FINDINGS,
  },
  {
    id: 'environments-apart',
    title: 'No identity crosses environments',
    references: [...nhi(8), ...csf('PR.IR-01')],
    lacking: FINDINGS,
  },
  { id: 'no-human-use', title: 'People do not use machine identities', references: nhi(10), lacking: USE },
  {
    id: 'physical-access',
    title: 'Physical access is managed',
    references: csf('PR.AA-06'),
    lacking: 'another system: physical access is out of scope here',
  },
]

const ATTESTATION = "a person's attestation"

const attested = (
  framework: Reference['framework'],
  prefix: string,
  parts: readonly (readonly [id: string, title: string])[],
): UndecidableControl[] =>
  parts.map(([id, title]) => ({
    id: `${prefix}-${id.toLowerCase().replaceAll(/[ .]/g, '-')}`,
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    references: [{ framework, id }],
    lacking: ATTESTATION,
  }))

export const UNDECIDABLE: readonly UndecidableControl[] = [
  ...LATER,
  ...attested('NIST SP 800-207', 'zero-trust-tenet', Object.entries(SP_800_207_TENETS)),
  ...attested('NIST AI RMF 1.0', 'ai-rmf', Object.entries(AI_RMF_1_0)),
  ...attested(
    'CSA MAESTRO',
    'maestro',
    Object.entries(MAESTRO_LAYERS).flatMap(([id, layer]) =>
      'reeve' in layer ? [[id, `${layer.title}: ${layer.reeve}`] as const] : [],
    ),
  ),
]
