// What a decision knows of principals and credentials, as the roll tells it.
import type { PrincipalFacts } from '#identity/roll'

export type { CredentialFacts, PrincipalFacts } from '#identity/roll'

/** Whether it may be given anything at all. SECURITY: of a person of a feed the feed alone says so (decision record 0022). */
export const isInForce = ({ state, ofFeed }: PrincipalFacts): boolean =>
  state === 'active' || (state === 'registered' && ofFeed === true)
