// One token of Reeve's API as the access layer keeps it. Its value is nowhere; its hash goes to decision points, no further.
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Sql } from '#db'

/** What a token is good for; the roles of its subject bound it further. One entry per scope. */
export const SCOPES = {
  read: 'reads what its subject may see',
  write: 'changes what its subject may change; reads too',
  'people:feed': 'sends the feed of people',
  'connections:run': 'runs connections that are configured',
  decide: 'asks for decisions and searches what may be done',
  'decide:follow':
    'keeps a decision point of its own: sees all that decisions are made from, and sends what it decided',
  metrics: 'reads the metrics of the server',
} as const

export type Scope = keyof typeof SCOPES
export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]]

export interface Token {
  readonly id: Id<'token'>
  /** Exactly one of the next three. */
  readonly principalId: Id<'principal'> | null
  readonly personId: Id<'person'> | null
  readonly bootstrap: boolean
  /** The credential record of the roll that goes with it; API clients only. */
  readonly credentialId: Id<'credential'> | null
  readonly label: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Instant
  readonly createdBy: string
  readonly expiresAt: Instant
  readonly revokedAt: Instant | null
  readonly revokedBy: string | null
  /** The last day (UTC) on which it was used, `YYYY-MM-DD`: finer than that is not kept. */
  readonly usedOn: string | null
  /** Under which key its hash was made. */
  readonly keyId: string
  /** Sorted. Natural persons who may know its value beside its subject: who made it, and who may know the one it was made with. */
  readonly knownTo: readonly Id<'person'>[]
}

/** A column list without the hash. */
export const TOKEN: Sql = sql`id, principal_id as "principalId", person_id as "personId", bootstrap,
  credential_id as "credentialId", label, scopes, created_at as "createdAt", created_by as "createdBy",
  expires_at as "expiresAt", revoked_at as "revokedAt", revoked_by as "revokedBy", used_on as "usedOn",
  key_id as "keyId", known_to as "knownTo"`

/** These are held by no other scope: they show more than most who may change something may see. */
const BY_ITSELF: ReadonlySet<Scope> = new Set(['metrics', 'decide:follow'])

/** Whether `held` is enough for `needed`. `write` holds all but `metrics` and `decide:follow`; nothing else holds another. */
export function covers(held: readonly Scope[], needed: Scope): boolean {
  return held.includes(needed) || (!BY_ITSELF.has(needed) && held.includes('write'))
}
