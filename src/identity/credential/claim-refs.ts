// Explicit identifiers of new records: each names one record for ever.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'

export const REFS_MAX = 50
const REF_LENGTH_MAX = 1000

/** In bulk. Throws Fault('conflict') where one names another record already, Fault('unprocessable') where one is unfit. */
export async function claimRefs(
  tx: Tx,
  claims: readonly { readonly ref: string; readonly recordId: string }[],
): Promise<void> {
  if (claims.length === 0) return
  for (const { ref } of claims) {
    if (ref.length > REF_LENGTH_MAX || !/^[a-z0-9-]+(?:\[[^\]\0]*\])?:[^\0]+$/.test(ref)) {
      throw new Fault(
        'unprocessable',
        `an identifier is spelled \`system:id\`, in at most ${REF_LENGTH_MAX} characters`,
      )
    }
  }
  const given = sql`unnest(${claims.map(({ ref }) => ref)}::text[], ${claims.map(({ recordId }) => recordId)}::text[])
    as given (ref, record_id)`
  await tx.execute(sql`insert into identity.ref (ref, record_id) select ref, record_id from ${given}
    order by ref on conflict do nothing`)
  const [taken] = await tx.query<{ recordId: string }>(sql`
    select held.record_id as "recordId" from ${given} join identity.ref held on held.ref = given.ref
    where held.record_id <> given.record_id limit 1`)
  if (taken !== undefined) {
    throw new Fault('conflict', `an identifier of it names ${taken.recordId} already: change that record instead`)
  }
}
