// Giving and ending roles. identity-admin and access-admin never meet in one subject unless the configuration says so.
import { Fault, newId } from '#kernel'
import type { Act } from '#kernel'
import { sql, violated } from '#db'
import type { Tx } from '#db'
import { readActor } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { administer, note, plainText } from './administration.ts'
import type { Administration } from './administration.ts'
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

async function assertCanHold(identity: IdentityLayer, { subjectId, role }: RoleToAssign, act: Act): Promise<void> {
  if (subjectId === act.actor.id || subjectId === act.actor.personId) {
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
export async function endRole(administration: Administration, act: Act, input: RoleToEnd): Promise<RoleAssignment> {
  const reason = plainText('the reason', input.reason, 500)
  return await administer(administration, act, (tx) => end(tx, { ...act, reason }, input))
}

async function end(tx: Tx, act: Act, input: RoleToEnd): Promise<RoleAssignment> {
  const [found] = await tx.query<RoleAssignment>(
    sql`select ${ASSIGNMENT} from access.role_assignment where id = ${input.assignmentId} for update`,
  )
  if (found === undefined) throw new Fault('not_found', 'there is no such assignment')
  assertMayGive(found.role, input.heldByActor)
  if (found.endedAt !== null) throw new Fault('conflict', 'the assignment has ended already')
  if (ADMINISTRATIONS.includes(found.role)) await assertNotLast(tx, found)
  const [ended] = await tx.query<RoleAssignment>(sql`
    update access.role_assignment set ended_at = ${act.at}, ended_by = ${act.actor.id}
    where id = ${found.id} returning ${ASSIGNMENT}`)
  if (ended === undefined) throw new Error('the row is locked')
  await note(tx, act, 'role.ended', [found.subjectId, found.id], { role: found.role })
  return ended
}

/** Without this, two administrators who end each other at once would leave nobody. */
async function assertNotLast(tx: Tx, { id, role }: RoleAssignment): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`last ${role}`}, 0))`)
  const [others] = await tx.query<{ count: number }>(sql`
    select count(*) as count from access.role_assignment where role = ${role} and ended_at is null and id <> ${id}`)
  if ((others?.count ?? 0) === 0) {
    throw new Fault('conflict', `this is the last ${role}; give the role to somebody else first`)
  }
}
