// Which natural persons stand behind an actor, which have an interest in what a principal may do, and who owns what is asked for.
import type { Actor, Id } from '#kernel'
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { personsBehind } from '../principal/natural-person.ts'

/** Sorted. Throws Fault('forbidden') where no one natural person stands behind the actor. */
export async function personsBehindActor(identity: IdentityLayer, actor: Actor): Promise<readonly Id<'person'>[]> {
  return await identity.db.transaction(async (tx) => await personsBehind(tx, actor), { readOnly: true })
}

export interface Interest {
  /** The person that it is, its owner, backups and custodians; of teams everybody who is in them now. Sorted. */
  readonly persons: readonly Id<'person'>[]
  /** Of the owner, or of the person that it is, where the feed names one who has not left. */
  readonly managerId?: Id<'person'>
}

export async function interestIn(identity: IdentityLayer, principalId: string): Promise<Interest> {
  return await identity.db.transaction(
    async (tx) => {
      const rows = await tx.query<{ id: Id<'person'>; managed: boolean; managerId: Id<'person'> | null }>(sql`
        with record as (select p.data from identity.principal p where p.id = ${principalId}),
        party (party, managed) as (
          select data #> '{owner,party}', true from record where data #> '{owner,party}' is not null
          union all select b -> 'party', false from record, jsonb_array_elements(data -> 'backups') b
          union all select c -> 'party', false from record, jsonb_array_elements(data -> 'custodians') c
        ),
        answering (id, managed) as (
          select party ->> 'id', managed from party where party ->> 'kind' = 'person'
          union all
          select m.id, false from party join identity.team t on t.id = party ->> 'id'
            join identity.person m on m.team_feed_id = t.feed_id where party ->> 'kind' = 'team'
          union all
          select o.id, true from identity.person o where o.principal_id = ${principalId}
          union all
          select data ->> 'personId', true from record where data ->> 'personId' is not null
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

/**
 * Who answers for all of these resources, as `data.parties` spells parties: owners and backups who accepted it. Empty where a
 * resource is a pattern, is nothing that the roll knows, or has other owners than another one.
 */
export async function ownersOfResources(
  identity: IdentityLayer,
  resources: readonly string[],
): Promise<readonly string[]> {
  if (resources.some((resource) => resource.endsWith('*'))) return []
  const rows = await identity.db.transaction(
    async (tx) =>
      await tx.query<{ resource: string; id: string; parties: string[] }>(sql`
        select r.resource, p.id, array(
          select (o #>> '{party,kind}') || ':' || (o #>> '{party,id}')
          from jsonb_array_elements(jsonb_build_array(p.data -> 'owner') || (p.data -> 'backups')) o
          where o ->> 'from' = 'stated') as parties
        from unnest(${[...resources]}::text[]) as r (resource)
        cross join lateral (
          select * from identity.principal where id = r.resource
          union select * from identity.principal where external_id = r.resource
          union select * from identity.principal where external_id = substr(r.resource, strpos(r.resource, '://') + 3)
            and r.resource = system || '://' || external_id
        ) p
        where p.state <> 'retired'`),
    { readOnly: true },
  )
  const perResource = resources.map((resource) => {
    const known = rows.filter((row) => row.resource === resource)
    // two records of one name: nobody can tell whose word counts
    return known.length === 1 ? (known[0]?.parties ?? []) : []
  })
  const [first = [], ...others] = perResource
  return first.filter((party) => others.every((parties) => parties.includes(party))).sort()
}
