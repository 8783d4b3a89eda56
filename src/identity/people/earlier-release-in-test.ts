// For tests: people of a feed as an earlier release left them, `registered`.
import type { Act } from '#kernel'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'

/** Those who are held are held from `registered`. */
export async function asBeforeRelease(identity: IdentityLayer, act: Act, ids: readonly string[]): Promise<void> {
  await identity.db.transaction(async (tx) => {
    const held = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })
    await changeWithEntries<PrincipalRecord>(
      tx,
      PRINCIPAL,
      act,
      [...held.values()].map((current) => ({
        current,
        patch: ({ quarantine, ...data }) =>
          quarantine === undefined
            ? { ...data, state: 'registered' }
            : { ...data, quarantine: { ...quarantine, from: 'registered' } },
        words: { type: 'principal.updated' },
      })),
    )
  })
}
