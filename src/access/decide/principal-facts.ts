// What a decision knows of principals and credentials, as the roll tells it.
export type { CredentialFacts, PrincipalFacts } from '#identity/roll'
