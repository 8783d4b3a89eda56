// Further frameworks that Reeve's texts refer to, as data: what each part is about, in our own words, and what of it
// Reeve has to do with.

/** NIST SP 800-207, section 2.1: the tenets of zero trust. */
export const SP_800_207_TENETS = {
  1: 'every data source and computing service is a resource',
  2: 'all communication is secured, wherever it comes from',
  3: 'access is given per session, and no more than the task needs',
  4: 'access is decided by dynamic policy',
  5: 'the integrity and posture of assets are watched',
  6: 'authentication and authorization are dynamic and enforced before access',
  7: 'what happens is collected, and used to improve',
} as const

/** NIST AI RMF 1.0: the subcategories that concern identities of AI systems. */
export const AI_RMF_1_0 = {
  'GOVERN 1.6': 'AI systems are in an inventory',
  'GOVERN 1.7': 'AI systems are taken out of use safely',
  'GOVERN 2.1': 'roles and responsibilities are documented',
  'GOVERN 6.1': 'risks of third parties are addressed',
  'MAP 3.5': 'human oversight is defined',
  'MAP 4.1': 'risks of components, third-party ones too, are mapped',
  'MEASURE 2.4': 'behaviour in production is monitored',
  'MEASURE 2.7': 'security and resilience are evaluated',
  'MEASURE 2.8': 'transparency and accountability are examined',
  'MEASURE 3.1': 'existing and emergent risks are tracked',
  'MANAGE 2.3': 'unknown risks are responded to and recovered from',
  'MANAGE 2.4': 'systems can be disengaged and deactivated',
  'MANAGE 3.1': 'risks of third parties are monitored',
  'MANAGE 4.1': 'monitoring after deployment is in place',
} as const

/** CSA MAESTRO: the seven layers, and Reeve's part in those where it has one. */
export const MAESTRO_LAYERS = {
  L1: { title: 'Foundation Models' },
  L2: { title: 'Data Operations' },
  L3: { title: 'Agent Frameworks', reeve: 'permission for each tool call' },
  L4: { title: 'Deployment and Infrastructure', reeve: 'workload identity and credentials' },
  L5: { title: 'Evaluation and Observability', reeve: 'usage and anomaly' },
  L6: { title: 'Security and Compliance', reeve: 'decision, revocation, evidence' },
  L7: { title: 'Agent Ecosystem', reeve: 'delegation, registry' },
} as const
