// How every operation of the identity layer runs: one transaction, once per idempotency key.
import type { Act, Clock, Id } from '#kernel'
import { transactOnce } from '#db'
import type { LayerDatabase, Tx } from '#db'

/** The identity layer of a server. Every operation takes it first. */
export interface IdentityLayer {
  readonly db: LayerDatabase
  readonly clock: Clock
  readonly settings: IdentitySettings
  /** Reactions go up as callbacks wired in `main.ts`, after the commit; what they miss, a later reading makes good. */
  readonly onPrincipalChanged?: (ids: readonly Id<'principal'>[]) => void
  /** Persons who administer Reeve itself, as the access layer knows them: no machine takes them away. */
  readonly administrators?: () => Promise<readonly Id<'person'>[]>
  /** After a feed in which people left, before it is answered. It never throws: what it misses, upkeep makes good. */
  readonly onPeopleLeft?: (people: readonly Id<'person'>[]) => Promise<void>
}

export interface IdentitySettings {
  /** How long an active principal may be without an owner after the owner left. */
  readonly orphanGraceDays: number
  /** A feed that marks more than this share of the active people as leavers waits for confirmation (0 to 1). */
  readonly leaverShareMax: number
  /** The least number of leavers for which the share counts. */
  readonly leaverCountMin: number
}

export const IDENTITY_SETTINGS: IdentitySettings = { orphanGraceDays: 14, leaverShareMax: 0.2, leaverCountMin: 5 }

/** Runs `work` in a transaction of the identity layer, once per idempotency key. The answer is plain JSON. */
export async function operate<R>(identity: IdentityLayer, act: Act, work: (tx: Tx) => Promise<R>): Promise<R> {
  return await transactOnce(identity.db, act, work)
}
