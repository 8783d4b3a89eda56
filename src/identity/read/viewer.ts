// Who looks, and what of the roll that lets them see. Visibility goes by how things stand now: who answers for a
// principal today may see its past, and who did once may not.
import type { Id } from '#kernel'
import { joined, sql } from '#db'
import type { Sql, Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'

/** `own`: what the person, or a team of theirs, owns, backs up or keeps; what is offered to them; and themselves. */
export type Viewer =
  | { readonly scope: 'all' }
  | { readonly scope: 'own'; readonly personId: Id<'person'>; readonly parties: readonly string[] }

export const EVERYTHING: Viewer = { scope: 'all' }

/** The person and the team that the person is in, spelled as `data.parties` spells them. Empty for nobody of the roll. */
export async function asParties(identity: IdentityLayer, personId: Id<'person'>): Promise<string[]> {
  return await identity.db.transaction(async (tx) => await partiesOf(tx, personId), { readOnly: true })
}

async function partiesOf(tx: Tx, personId: Id<'person'>): Promise<string[]> {
  const rows = await tx.query<{ team: Id<'team'> | null }>(sql`
    select t.id as team from identity.person p left join identity.team t on t.feed_id = p.team_feed_id
    where p.id = ${personId}`)
  const [person] = rows
  if (person === undefined) return []
  const mine = `person:${personId}`
  return person.team === null ? [mine] : [mine, `team:${person.team}`]
}

/** The ids behind a viewer's parties. */
export function partyIds(viewer: Extract<Viewer, { scope: 'own' }>): string[] {
  return viewer.parties.map((party) => party.slice(party.indexOf(':') + 1))
}

/** The condition on `identity.principal` rows named `p`. Each of its parts has an index of its own. */
export function visiblePrincipal(viewer: Viewer): Sql {
  if (viewer.scope === 'all') return sql`true`
  return sql`(${joined(
    [
      ...viewer.parties.map((party) => sql`p.data -> 'parties' @> ${JSON.stringify([party])}::jsonb`),
      sql`p.person_id = ${viewer.personId}`,
      sql`p.id = any(array(select o.principal_id from identity.offer o where o.state = 'pending' and o.to_id = any(${partyIds(viewer)}::text[])))`,
    ],
    ' or ',
  )})`
}

/** Of all principals that a viewer sees; for lists of another layer, which cannot join the roll. */
export async function idsSeenBy(identity: IdentityLayer, viewer: Viewer): Promise<readonly Id<'principal'>[]> {
  const rows = await identity.db.transaction(
    async (tx) =>
      await tx.query<{ id: Id<'principal'> }>(
        sql`select p.id from identity.principal p where ${visiblePrincipal(viewer)} order by p.id`,
      ),
    { readOnly: true },
  )
  return rows.map(({ id }) => id)
}

/** An array of the ids of all principals that an own-viewer sees, worked out once per statement. */
export function visibleIds(viewer: Viewer): Sql {
  return sql`array(select p.id from identity.principal p where ${visiblePrincipal(viewer)})`
}
