// Which natural persons stand behind an actor, and which have an interest in what a principal may do.
import type { Actor, Id } from '#kernel'
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { personsBehind } from '../principal/natural-person.ts'

/** Sorted. Throws Fault('forbidden') where no one natural person stands behind the actor. */
export async function personsBehindActor(identity: IdentityLayer, actor: Actor): Promise<readonly Id<'person'>[]> {
  return await identity.db.transaction(async (tx) => await personsBehind(tx, actor), { readOnly: true })
}

export interface Interest {
  /** The person that it is, its owner and its backups; of teams only the team is known, and no one person. */
  readonly persons: readonly Id<'person'>[]
  /** Of the owner, or of the person that it is, where the feed names one who has not left. */
  readonly managerId?: Id<'person'>
}

export async function interestIn(identity: IdentityLayer, principalId: string): Promise<Interest> {
  return await identity.db.transaction(
    async (tx) => {
      const rows = await tx.query<{ id: Id<'person'>; managed: boolean; managerId: Id<'person'> | null }>(sql`
        with answering (id, managed) as (
          select p.data #>> '{owner,party,id}', true from identity.principal p
            where p.id = ${principalId} and p.data #>> '{owner,party,kind}' = 'person'
          union all
          select b #>> '{party,id}', false from identity.principal p, jsonb_array_elements(p.data -> 'backups') b
            where p.id = ${principalId} and b #>> '{party,kind}' = 'person'
          union all
          select o.id, true from identity.person o where o.principal_id = ${principalId}
          union all
          select p.data ->> 'personId', true from identity.principal p
            where p.id = ${principalId} and p.data ->> 'personId' is not null
        )
        select a.id, a.managed, m.id as "managerId" from answering a
        left join identity.person o on o.id = a.id
        left join identity.person m on m.feed_id = o.manager_feed_id and m.status = 'active'`)
      const managerId = rows.find(({ managed, managerId: found }) => managed && found !== null)?.managerId
      return {
        persons: [...new Set(rows.map(({ id }) => id))].sort(),
        ...(managerId == null ? {} : { managerId }),
      }
    },
    { readOnly: true },
  )
}
