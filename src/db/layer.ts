// The layers of the house as PostgreSQL sees them. One schema, one LOGIN role, one pool each; a member of no other.

/** One entry per layer, so that nothing below enumerates layers. The role of a layer owns nothing; it is granted what it needs. */
export const LAYERS = {
  identity: { schema: 'identity', role: 'reeve_identity' },
  access: { schema: 'access', role: 'reeve_access' },
  usage: { schema: 'usage', role: 'reeve_usage' },
  effect: { schema: 'effect', role: 'reeve_effect' },
  governance: { schema: 'governance', role: 'reeve_governance' },
  evidence: { schema: 'evidence', role: 'reeve_evidence' },
  /** Configured sources and targets, their runs, and the job queue that runs them (`jobs` is its second schema). */
  connections: { schema: 'connections', role: 'reeve_connections' },
} as const

export type Layer = keyof typeof LAYERS
export const LAYER_NAMES = Object.keys(LAYERS) as Layer[]
