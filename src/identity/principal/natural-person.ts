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
  const { onBehalfOf, id } = actor
  // on whose behalf, and who answers for the client that acts: each of them may have
  const acting = onBehalfOf === undefined ? [] : [await personNamed(tx, onBehalfOf), await personNamed(tx, id)]
  const named = acting.filter((person) => person !== undefined)
  return [...new Set([await naturalPersonBehind(tx, actor), ...named, ...(actor.behind ?? [])])].sort()
}

/** Throws Fault('forbidden') where no one person stands behind it: then nobody could tell two pairs of eyes apart. */
export async function naturalPersonBehind(tx: Tx, actor: Actor): Promise<Id<'person'>> {
  if (actor.personId !== undefined) return actor.personId
  for (const id of [actor.onBehalfOf, actor.id]) {
    const person = id === undefined ? undefined : await personNamed(tx, id)
    if (person !== undefined) return person
  }
  throw new Fault('forbidden', 'only a person can do this, or an API client that one person answers for')
}

async function personNamed(tx: Tx, id: string): Promise<Id<'person'> | undefined> {
  if (isId('person', id)) return id
  if (!isId('principal', id)) return undefined
  const client = (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id])).get(id)?.data
  if (client?.personId !== undefined) return client.personId
  return client?.owner?.from === 'stated' && client.owner.party.kind === 'person' ? client.owner.party.id : undefined
}
