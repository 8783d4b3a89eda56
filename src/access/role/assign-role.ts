// Giving and ending roles. identity-admin and access-admin never meet in one subject unless the configuration says so.
import { Fault, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql, violated } from '#db'
import type { Tx } from '#db'
import { readActor } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { administer, note, plainText } from './administration.ts'
import type { Administration } from './administration.ts'
import { realHolders } from './administrators.ts'
import type { RealHolder } from './administrators.ts'
import { administrationsOf, personsOf } from './apart.ts'
import { ADMINISTRATIONS, assertMayGive, ROLES } from './role.ts'
import type { Role, RoleAssignment } from './role.ts'
import { ASSIGNMENT, heldBy } from './read-roles.ts'

export interface RoleToAssign {
  /** A person, or a principal of kind api_client. */
  readonly subjectId: string
  readonly role: Role
  readonly reason: string
  /** What the one who assigns holds. */
  readonly heldByActor: ReadonlySet<Role> | 'bootstrap'
}

/** Durable when it returns. Throws Fault('conflict') where it is held already or the two administrations would meet. */
export async function assignRole(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  input: RoleToAssign,
): Promise<RoleAssignment> {
  assertMayGive(input.role, input.heldByActor)
  const reason = plainText('the reason', input.reason, 500)
  await assertCanHold(identity, input, act)
  await assertApart(identity, administration, act, input)
  return await administer(administration, act, (tx) => assign(tx, administration, { ...act, reason }, input)).catch(
    (error: unknown) => {
      const broken = violated(error)?.constraint
      if (broken === 'role_assignment_once') throw new Fault('conflict', `the role \`${input.role}\` is held already`)
      if (broken === 'role_assignment_apart') throw apart()
      throw error
    },
  )
}

function apart(): Fault {
  return new Fault(
    'conflict',
    'nobody holds identity-admin and access-admin together; end the other first, or set `server.bothAdministrations`',
  )
}

/**
 * Neither administration comes to a natural person who has the other in any way: themselves, through a client that they answer
 * for, or through a token that they may know.
 */
async function assertApart(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  { subjectId, role }: RoleToAssign,
): Promise<void> {
  if (!ADMINISTRATIONS.includes(role) || administration.settings.bothAdministrations) return
  const own = await personsOf(identity, subjectId)
  if (own.length === 0) {
    throw new Fault('unprocessable', `${role} needs one person who answers for the API client, not a team`)
  }
  const persons = [
    ...own,
    ...(await administration.db.transaction((tx) => knownToOthers(tx, subjectId, act.at), { readOnly: true })),
  ]
  const held = await administrationsOf(identity, administration, act.at, persons)
  if (ADMINISTRATIONS.some((other) => other !== role && held.has(other))) throw apart()
}

/** Who may know a token of the subject that is in force. */
async function knownToOthers(tx: Tx, subjectId: string, at: Instant): Promise<readonly Id<'person'>[]> {
  const rows = await tx.query<{ person: Id<'person'> }>(sql`
    select distinct person from access.token, unnest(known_to) as person
    where ${subjectId} in (person_id, principal_id) and revoked_at is null and expires_at > ${at}`)
  return rows.map(({ person }) => person)
}

async function assertCanHold(identity: IdentityLayer, { subjectId, role }: RoleToAssign, act: Act): Promise<void> {
  const persons = await personsOf(identity, subjectId)
  const asking = [...(await personsOf(identity, act.actor.id)), ...(act.actor.behind ?? [])]
  if (subjectId === act.actor.id || asking.some((person) => persons.includes(person))) {
    throw new Fault('forbidden', 'nobody gives a role to themselves; ask another administrator')
  }
  const subject = await readActor(identity, subjectId)
  if (subject === undefined) throw new Fault('not_found', 'there is no such person or API client in the roll')
  if (subject.inactive !== undefined) throw new Fault('unprocessable', `a role cannot be given: ${subject.inactive}`)
  if (ROLES[role].persons && subject.kind !== 'person') {
    throw new Fault('unprocessable', `the role \`${role}\` is held by persons only`)
  }
}

async function assign(
  tx: Tx,
  { settings }: Administration,
  act: Act,
  { subjectId, role }: RoleToAssign,
): Promise<RoleAssignment> {
  // two assignments to one subject at once would each see that the other is not there
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`role ${subjectId}`}, 0))`)
  const held = await heldBy(tx, subjectId)
  const both =
    ADMINISTRATIONS.includes(role) && held.some((other) => other.role !== role && ADMINISTRATIONS.includes(other.role))
  if (both && !settings.bothAdministrations) throw apart()
  const [made] = await tx.query<RoleAssignment>(sql`
    insert into access.role_assignment (id, subject_id, role, both_allowed, assigned_at, assigned_by, reason)
    values (${newId('role')}, ${subjectId}, ${role}, ${both}, ${act.at}, ${act.actor.id}, ${act.reason})
    returning ${ASSIGNMENT}`)
  if (made === undefined) throw new Error('an insert returns its row')
  await note(tx, act, 'role.assigned', [subjectId, made.id], { role, ...(both ? { bothAdministrations: true } : {}) })
  return made
}

export interface RoleToEnd {
  readonly assignmentId: string
  readonly reason: string
  readonly heldByActor: ReadonlySet<Role>
}

/** Ends an assignment; from the next request on it no longer counts. The last holder of an administration keeps it. */
export async function endRole(
  identity: IdentityLayer,
  administration: Administration,
  act: Act,
  input: RoleToEnd,
): Promise<RoleAssignment> {
  const reason = plainText('the reason', input.reason, 500)
  const real = await realHolders(identity, administration, act.at)
  return await administer(administration, act, (tx) => end(tx, { ...act, reason }, input, real))
}

async function end(tx: Tx, act: Act, input: RoleToEnd, real: readonly RealHolder[]): Promise<RoleAssignment> {
  const [found] = await tx.query<RoleAssignment>(
    sql`select ${ASSIGNMENT} from access.role_assignment where id = ${input.assignmentId} for update`,
  )
  if (found === undefined) throw new Fault('not_found', 'there is no such assignment')
  assertMayGive(found.role, input.heldByActor)
  if (found.endedAt !== null) throw new Fault('conflict', 'the assignment has ended already')
  if (ADMINISTRATIONS.includes(found.role)) await assertNotLast(tx, found, real)
  const [ended] = await tx.query<RoleAssignment>(sql`
    update access.role_assignment set ended_at = ${act.at}, ended_by = ${act.actor.id}
    where id = ${found.id} returning ${ASSIGNMENT}`)
  if (ended === undefined) throw new Error('the row is locked')
  await note(tx, act, 'role.ended', [found.subjectId, found.id], { role: found.role })
  return ended
}

/** Without this, two administrators who end each other at once would leave nobody. */
async function assertNotLast(
  tx: Tx,
  { id, role, subjectId }: RoleAssignment,
  real: readonly RealHolder[],
): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`last ${role}`}, 0))`)
  const others = real.filter((holder) => holder.role === role && holder.subjectId !== subjectId)
  const [left] = await tx.query<{ count: number }>(sql`
    select count(*) as count from access.role_assignment
    where role = ${role} and ended_at is null and id <> ${id}
      and subject_id = any(${others.map((holder) => holder.subjectId)})`)
  if ((left?.count ?? 0) === 0) {
    throw new Fault('conflict', `nobody else who can come in holds ${role}; give the role to somebody else first`)
  }
}
