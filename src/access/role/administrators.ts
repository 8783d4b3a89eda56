// Who holds an administration for real: who could come in and act by it now.
import type { Id, Instant } from '#kernel'
import { sql } from '#db'
import { readActor } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import type { Administration } from './administration.ts'
import { countedRoles, holders, inForce } from './apart.ts'
import { ADMINISTRATIONS } from './role.ts'
import type { Role } from './role.ts'

export interface RealHolder {
  readonly subjectId: string
  readonly role: Role
  /** Until when the last of its tokens is good. */
  readonly until: Instant
  /** One of them was used, or was not made by the bootstrap token. */
  readonly settled: boolean
}

interface UsableToken {
  readonly credentialId: string | null
  readonly knownTo: readonly Id<'person'>[]
  readonly until: Instant
  readonly settled: boolean
}

/** By which the subject could act now: in force, under a key that is there, and good for changes. */
async function usableTokens(administration: Administration, subjectId: string, at: Instant): Promise<UsableToken[]> {
  return await administration.db.transaction(
    async (tx) =>
      await tx.query<UsableToken>(sql`
        select t.credential_id as "credentialId", t.known_to as "knownTo", t.expires_at as until,
          (t.used_on is not null or t.created_by <> 'bootstrap') as settled
        from access.token t
        where ${inForce(administration, sql`${subjectId}`, at)} and 'write' = any(t.scopes)
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
  return (await countedRoles(identity, administration, actor, new Set([role]), knownTo)).roles.has(role)
}

/** Administrations that nobody holds for real: Reeve would be locked for good without a new bootstrap token. */
export async function heldByNobody(
  identity: IdentityLayer,
  administration: Administration,
  at: Instant,
): Promise<readonly Role[]> {
  return notHeld(await realHolders(identity, administration, at))
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
  return notHeld((await realHolders(identity, administration, at)).filter(({ settled }) => settled))
}

/**
 * Whether somebody comes in as this person: by a token in force that nobody else may know, and that was used or was not made by the
 * bootstrap token.
 */
export async function comesIn(administration: Administration, personId: Id<'person'>, at: Instant): Promise<boolean> {
  const [row] = await administration.db.transaction(
    async (tx) =>
      await tx.query<{ does: boolean }>(sql`
        select exists (select from access.token t
          where ${inForce(administration, sql`${personId}`, at)} and t.known_to <@ array[${personId}]
            and (t.used_on is not null or t.created_by <> 'bootstrap')) as does`),
    { readOnly: true },
  )
  return row?.does === true
}

const notHeld = (holding: readonly RealHolder[]): readonly Role[] =>
  ADMINISTRATIONS.filter((wanted) => !holding.some(({ role }) => role === wanted))

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
