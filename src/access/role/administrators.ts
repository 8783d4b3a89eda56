// Who holds an administration for real, and which natural persons that comes to: through clients that they answer for and
// tokens that they may know.
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import { readActor } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import type { Administration } from './administration.ts'
import { ADMINISTRATIONS } from './role.ts'
import type { Role } from './role.ts'

interface Holder {
  readonly subjectId: string
  readonly role: Role
  /** Who may know a token of the subject that is in force, beside the subject. */
  readonly knownTo: readonly Id<'person'>[]
}

export interface RealHolder {
  readonly subjectId: string
  readonly role: Role
  /** Until when the last of its tokens is good. */
  readonly until: Instant
  /** One of them was used, or was not made by the bootstrap token. */
  readonly settled: boolean
}

/** The assignments of both administrations, with what the subjects' tokens come to. A lost key makes its tokens void. */
async function holders({ db, tokenKeys }: Administration, at: Instant): Promise<readonly Holder[]> {
  const keyIds = tokenKeys().map(({ keyId }) => keyId)
  return await db.transaction(
    async (tx) =>
      await tx.query<Holder>(sql`
        select r.subject_id as "subjectId", r.role,
          coalesce((select array_agg(distinct person) from access.token t, unnest(t.known_to) as person where ${inForce(keyIds, at)}), '{}') as "knownTo"
        from access.role_assignment r
        where r.role = any(${ADMINISTRATIONS}) and r.ended_at is null order by r.subject_id, r.role`),
    { readOnly: true },
  )
}

const inForce = (keyIds: readonly string[], at: Instant): ReturnType<typeof sql> => sql`
  r.subject_id in (t.person_id, t.principal_id) and t.revoked_at is null and t.expires_at > ${at}
  and t.key_id = any(${keyIds})`

interface UsableToken {
  readonly credentialId: string | null
  readonly knownTo: readonly Id<'person'>[]
  readonly until: Instant
  readonly settled: boolean
}

/** By which the subject could act now: in force, under a key that is there, and good for changes. */
async function usableTokens({ db, tokenKeys }: Administration, subjectId: string, at: Instant): Promise<UsableToken[]> {
  const keyIds = tokenKeys().map(({ keyId }) => keyId)
  return await db.transaction(
    async (tx) =>
      await tx.query<UsableToken>(sql`
        select t.credential_id as "credentialId", t.known_to as "knownTo", t.expires_at as until,
          (t.used_on is not null or t.created_by <> 'bootstrap') as settled
        from access.token t
        where ${subjectId} in (t.person_id, t.principal_id) and t.revoked_at is null and t.expires_at > ${at}
          and t.key_id = any(${keyIds}) and 'write' = any(t.scopes)
        order by t.expires_at desc limit 100`),
    { readOnly: true },
  )
}

/**
 * Those who can come in and act: in the roll, not gone, with a token that would be let in now and come to the administration.
 * What this counts too many locks Reeve for good, so it asks what authentication asks.
 */
export async function realHolders(
  identity: IdentityLayer,
  administration: Administration,
  at: Instant,
): Promise<readonly RealHolder[]> {
  const real: RealHolder[] = []
  for (const { subjectId, role } of await holders(administration, at)) {
    const good: UsableToken[] = []
    for (const token of await usableTokens(administration, subjectId, at)) {
      if (await comesTo(identity, administration, { subjectId, role }, token)) good.push(token)
    }
    const [longest] = good
    if (longest !== undefined) {
      real.push({ subjectId, role, until: longest.until, settled: good.some(({ settled }) => settled) })
    }
  }
  return real
}

async function comesTo(
  identity: IdentityLayer,
  administration: Administration,
  { subjectId, role }: { readonly subjectId: string; readonly role: Role },
  { credentialId, knownTo }: UsableToken,
): Promise<boolean> {
  const actor = await readActor(identity, subjectId, credentialId ?? undefined)
  if (actor === undefined || actor.inactive !== undefined) return false
  const owner = actor.kind === 'client' && actor.ownerId !== undefined ? [actor.ownerId] : []
  const held = new Set([role])
  const own = actor.kind === 'client' && owner.length === 0 ? withoutAdministrations(administration, held) : held
  return (await apartFrom(identity, administration, own, [...knownTo, ...owner])).has(role)
}

/** Administrations that nobody holds for real: Reeve would be locked for good without a new bootstrap token. */
export async function heldByNobody(
  identity: IdentityLayer,
  administration: Administration,
  at: Instant,
): Promise<readonly Role[]> {
  const real = await realHolders(identity, administration, at)
  return ADMINISTRATIONS.filter((administrationRole) => !real.some(({ role }) => role === administrationRole))
}

/**
 * What the bootstrap token may give: what nobody holds, or holds only by a token that it made itself and that nobody has used
 * (an answer may have been lost). SECURITY: never what somebody else has come to hold.
 */
export async function givenByBootstrap(
  identity: IdentityLayer,
  administration: Administration,
  at: Instant,
): Promise<readonly Role[]> {
  const real = await realHolders(identity, administration, at)
  return ADMINISTRATIONS.filter((wanted) => !real.some(({ role, settled }) => role === wanted && settled))
}

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

/**
 * The roles that a token comes to whose value others may know: none of the administrations where one of them holds the other
 * administration in any way. Fails closed: whatever was changed since, nobody acts as both.
 */
export async function apartFrom(
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
export function withoutAdministrations(
  { settings }: Pick<Administration, 'settings'>,
  roles: ReadonlySet<Role>,
): ReadonlySet<Role> {
  if (settings.bothAdministrations) return roles
  return new Set([...roles].filter((role) => !ADMINISTRATIONS.includes(role)))
}

/** Who holds an administration by themselves. */
export async function administeringPersons({ db }: Pick<Administration, 'db'>): Promise<readonly Id<'person'>[]> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<{ id: Id<'person'> }>(sql`
        select distinct subject_id as id from access.role_assignment
        where role = any(${ADMINISTRATIONS}) and ended_at is null and subject_id like 'psn\\_%'`),
    { readOnly: true },
  )
  return rows.map(({ id }) => id)
}
