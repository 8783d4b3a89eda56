// Keeping the two administrations apart: which natural persons stand behind an actor, and what its roles come to with them.
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Sql } from '#db'
import { readActor } from '#identity/roll'
import type { ActorOfRecord, IdentityLayer } from '#identity/roll'
import type { Administration } from './administration.ts'
import { ADMINISTRATIONS } from './role.ts'
import type { Role } from './role.ts'

interface Holder {
  readonly subjectId: string
  readonly role: Role
  /** Who may know a token of the subject that is in force, beside the subject. */
  readonly knownTo: readonly Id<'person'>[]
}

/** The assignments of both administrations, with what the subjects' tokens come to. A lost key makes its tokens void. */
export async function holders(administration: Administration, at: Instant): Promise<readonly Holder[]> {
  return await administration.db.transaction(
    async (tx) =>
      await tx.query<Holder>(sql`
        select r.subject_id as "subjectId", r.role,
          coalesce((select array_agg(distinct person) from access.token t, unnest(t.known_to) as person where ${inForce(administration, sql`r.subject_id`, at)}), '{}') as "knownTo"
        from access.role_assignment r
        where r.role = any(${ADMINISTRATIONS}) and r.ended_at is null order by r.subject_id, r.role`),
    { readOnly: true },
  )
}

/** Of tokens `t` of the subject: neither ended nor expired, and under a key that is there. */
export const inForce = ({ tokenKeys }: Administration, subjectId: Sql, at: Instant): Sql => sql`
  ${subjectId} in (t.person_id, t.principal_id) and t.revoked_at is null and t.expires_at > ${at}
  and t.key_id = any(${tokenKeys().map(({ keyId }) => keyId)})`

/** The natural person that a subject is, or who answers for it. */
export async function personsOf(identity: IdentityLayer, subjectId: string): Promise<readonly Id<'person'>[]> {
  const actor = await readActor(identity, subjectId)
  if (actor === undefined) return []
  if (actor.kind === 'person') return [actor.personId]
  return actor.ownerId === undefined ? [] : [actor.ownerId]
}

/** Which administrations these natural persons hold in any way: themselves, through a client, through a token they may know. */
export async function administrationsOf(
  identity: IdentityLayer,
  administration: Administration,
  at: Instant,
  persons: readonly Id<'person'>[],
): Promise<ReadonlySet<Role>> {
  const found = new Set<Role>()
  for (const { subjectId, role, knownTo } of await holders(administration, at)) {
    if (found.has(role)) continue
    const behind = [...(await personsOf(identity, subjectId)), ...knownTo]
    if (behind.some((person) => persons.includes(person))) found.add(role)
  }
  return found
}

/** What the roles of an actor come to by a token that `knownTo` may know, and who may know it. */
export async function countedRoles(
  identity: IdentityLayer,
  administration: Administration,
  actor: ActorOfRecord,
  roles: ReadonlySet<Role>,
  knownTo: readonly Id<'person'>[],
): Promise<{ readonly roles: ReadonlySet<Role>; readonly behind: readonly Id<'person'>[] }> {
  const owner = actor.kind === 'client' && actor.ownerId !== undefined ? [actor.ownerId] : []
  // SECURITY: who answers for a client uses its token too, and knows what is made with it
  const behind = [...new Set([...knownTo, ...owner])]
  // SECURITY: of what a team answers for nobody can say which person acts, so it administers nothing
  const own = actor.kind === 'client' && owner.length === 0 ? withoutAdministrations(administration, roles) : roles
  return { roles: await apartFrom(identity, administration, own, behind), behind }
}

/**
 * The roles that a token comes to whose value others may know: none of the administrations where one of them holds the other
 * administration in any way. Fails closed: whatever was changed since, nobody acts as both.
 */
async function apartFrom(
  identity: IdentityLayer,
  administration: Administration,
  roles: ReadonlySet<Role>,
  persons: readonly Id<'person'>[],
): Promise<ReadonlySet<Role>> {
  const held = ADMINISTRATIONS.filter((role) => roles.has(role))
  if (held.length === 0 || persons.length === 0 || administration.settings.bothAdministrations) return roles
  const theirs = await administrationsOf(identity, administration, administration.clock(), persons)
  return ADMINISTRATIONS.every((role) => roles.has(role) || theirs.has(role))
    ? withoutAdministrations(administration, roles)
    : roles
}

/** Unless the configuration lets one subject hold both: then nothing is kept apart. */
function withoutAdministrations(
  { settings }: Pick<Administration, 'settings'>,
  roles: ReadonlySet<Role>,
): ReadonlySet<Role> {
  if (settings.bothAdministrations) return roles
  return new Set([...roles].filter((role) => !ADMINISTRATIONS.includes(role)))
}
