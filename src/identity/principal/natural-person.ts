// The natural person behind an act, for four eyes: through an API client to whoever answers for it.
import { Fault, isId } from '#kernel'
import type { Actor, Id } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'

/**
 * Everybody who may have acted: the natural person behind the actor, and who else may know the token of the act. Sorted.
 * Throws as `naturalPersonBehind` does.
 */
export async function personsBehind(tx: Tx, actor: Actor): Promise<readonly Id<'person'>[]> {
  return [...new Set([await naturalPersonBehind(tx, actor), ...(actor.behind ?? [])])].sort()
}

/** Throws Fault('forbidden') where no one person stands behind it: then nobody could tell two pairs of eyes apart. */
export async function naturalPersonBehind(tx: Tx, actor: Actor): Promise<Id<'person'>> {
  if (actor.personId !== undefined) return actor.personId
  for (const id of [actor.onBehalfOf, actor.id]) {
    if (id === undefined) continue
    if (isId('person', id)) return id
    if (!isId('principal', id)) continue
    const client = (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id])).get(id)?.data
    if (client?.personId !== undefined) return client.personId
    if (client?.owner?.from === 'stated' && client.owner.party.kind === 'person') return client.owner.party.id
  }
  throw new Fault('forbidden', 'only a person can do this, or an API client that one person answers for')
}
