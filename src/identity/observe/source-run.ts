// One sync of one source at a time, whatever the number of servers.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import type { Ids, ObservedRecord, SourceRun } from './observed.ts'
import { dropOldFingerprints, noteSourceRead } from './source-keys.ts'

const SOURCE_LOCK = 726_973_303

export interface SourceRunOptions {
  readonly sourceId: string
  readonly act: Act
  readonly keyId?: string
  readonly dryRun: boolean
  readonly seen: Ids
  readonly claimed: Ids
  readonly batch?: number
  readonly observesOwn: (held: ObservedRecord) => boolean
}

/**
 * Holds the source while `work` runs: the lock lives in a transaction of its own that does nothing else, so it ends with
 * the process or its connection. Throws Fault('conflict') where another sync of this source is under way.
 */
export async function whileSourceIsHeld<R>(
  identity: IdentityLayer,
  sourceId: string,
  work: () => Promise<R>,
): Promise<R> {
  return await identity.db.transaction(
    async (tx) => {
      const [held] = await tx.query<{ got: boolean }>(
        sql`select pg_try_advisory_xact_lock(${SOURCE_LOCK}, hashtext(${sourceId})) as got`,
      )
      if (held?.got !== true) throw new Fault('conflict', 'this source is being read already: wait for that run to end')
      return await work()
    },
    { statementTimeoutMs: 0 },
  )
}

export function sourceRun(identity: IdentityLayer, options: SourceRunOptions): SourceRun {
  const { keyId, ...rest } = options
  return {
    ...rest,
    graceDays: identity.settings.orphanGraceDays,
    ...(keyId === undefined ? {} : { keyId }),
  }
}

/** After a complete read: which key it was under, and what that makes superfluous. */
export async function endSourceRun(identity: IdentityLayer, run: SourceRun, name: string): Promise<number> {
  const { act, keyId, sourceId } = run
  await identity.db.transaction((tx) =>
    noteSourceRead(tx, act, { sourceId, name, ...(keyId === undefined ? {} : { keyId }) }),
  )
  return keyId === undefined ? 0 : await dropOldFingerprints(identity, act, keyId)
}
