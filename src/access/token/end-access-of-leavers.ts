// Who has left keeps nothing of Reeve itself: their tokens are revoked and their roles end, durably, so that coming back
// brings nothing back. Tokens of other persons that a leaver may know are revoked too; those of API clients stand on the list
// of what the leaver knew, since revoking them here would stop what runs.
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import { whoHasLeft } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { note } from '../role/administration.ts'
import type { Administration } from '../role/administration.ts'
import { revokeIn } from './revoke-token.ts'

export interface AccessEnded {
  readonly tokens: number
  readonly roles: number
}

const REASON = 'the person has left'

/** Asked after each feed, and by upkeep for what a crash between the two left. Safe to repeat. */
export async function endAccessOfLeavers(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
): Promise<AccessEnded> {
  const left = await whoHasLeft(identity, await personsWithAccess(administration))
  if (left.length === 0) return { tokens: 0, roles: 0 }
  return await administration.db.transaction(async (tx) => {
    const because = { ...act, reason: REASON }
    const tokens = await tx.query<{ id: string }>(sql`
      select id from access.token
      where revoked_at is null and person_id is not null and (person_id = any(${left}) or known_to && ${left}::text[])
      order by id`)
    for (const { id } of tokens) await revokeIn(tx, because, id)
    const roles = await tx.query<{ id: string; subjectId: string; role: string }>(sql`
      update access.role_assignment set ended_at = ${act.at}, ended_by = ${act.actor.id}
      where subject_id = any(${left}) and ended_at is null
      returning id, subject_id as "subjectId", role`)
    for (const { id, subjectId, role } of roles) await note(tx, because, 'role.ended', [subjectId, id], { role })
    return { tokens: tokens.length, roles: roles.length }
  })
}

async function personsWithAccess({ db }: Administration): Promise<readonly Id<'person'>[]> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<{ id: Id<'person'> }>(sql`
        select person_id as id from access.token where revoked_at is null and person_id is not null
        union select unnest(known_to) from access.token where revoked_at is null and person_id is not null
        union select subject_id from access.role_assignment where ended_at is null and subject_id like 'psn\\_%'`),
    { readOnly: true },
  )
  return rows.map(({ id }) => id)
}
