// Explicit identifiers in the roll: one identifier, one record.
import { Fault, ref } from '#kernel'
import type { Ref, System } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { REF_BYTES_MAX, REFS_MAX } from './limits.ts'

/** The identifiers that a person gave, with the one that system and external id make; sorted, each once. */
export function refsOf(system: System, externalId: string, given: readonly Ref[] = []): Ref[] {
  const refs = [...new Set([...(externalId === '' ? [] : [ref(system, externalId)]), ...given])].sort()
  if (refs.length > REFS_MAX) throw new Fault('unprocessable', `a principal may have ${REFS_MAX} identifiers at most`)
  const long = refs.find((each) => Buffer.byteLength(each) > REF_BYTES_MAX)
  if (long !== undefined) throw new Fault('unprocessable', `an identifier may have ${REF_BYTES_MAX} bytes at most`)
  const bare = refs.find((each) => !/^[a-z0-9-]+(?:\[[^\]]*\])?:[^\0]+$/.test(each))
  if (bare !== undefined) {
    throw new Fault('unprocessable', `\`${bare.slice(0, 100)}\` is no identifier: write it as \`system:native-id\``)
  }
  return refs
}

/** Gives the identifiers to this record. Throws Fault('conflict') that names the record which has one already. */
export async function claimRefs(tx: Tx, recordId: string, refs: readonly Ref[]): Promise<void> {
  if (refs.length === 0) return
  await tx.execute(sql`
    insert into identity.ref (ref, record_id)
    select given, ${recordId} from unnest(${refs}::text[]) as given
    on conflict (ref) do nothing`)
  const [taken] = await tx.query<{ ref: string; recordId: string }>(sql`
    select ref, record_id as "recordId" from identity.ref
    where ref = any(${refs}) and record_id <> ${recordId} order by ref limit 1`)
  if (taken !== undefined) {
    throw new Fault('conflict', `\`${taken.ref}\` is \`${taken.recordId}\` already: use that record instead`)
  }
}
