// Who holds which role.
import { sql } from '#db'
import type { Sql, Tx } from '#db'
import type { Administration } from './administration.ts'
import { effectiveRoles } from './role.ts'
import type { Role, RoleAssignment } from './role.ts'

export const ASSIGNMENT: Sql = sql`id, subject_id as "subjectId", role, both_allowed as "bothAllowed",
  assigned_at as "assignedAt", assigned_by as "assignedBy", ended_at as "endedAt", ended_by as "endedBy", reason`

/** What a subject holds now, in the order in which it was given. */
export async function heldBy(tx: Tx, subjectId: string): Promise<RoleAssignment[]> {
  return await tx.query<RoleAssignment>(sql`
    select ${ASSIGNMENT} from access.role_assignment
    where subject_id = ${subjectId} and ended_at is null order by assigned_at, id`)
}

/** The roles that count for a subject at this moment. */
export async function rolesOf(administration: Administration, subjectId: string): Promise<Set<Role>> {
  const held = await administration.db.transaction((tx) => heldBy(tx, subjectId), { readOnly: true })
  return effectiveRoles(held, administration.settings.bothAdministrations)
}

export interface AssignmentQuery {
  readonly subjectId?: string
  readonly role?: Role
  /** Those that ended too. */
  readonly all?: boolean
  /** The id after which to go on. */
  readonly after?: string
  readonly limit: number
}

/** In order of id. */
export async function listAssignments(
  administration: Administration,
  query: AssignmentQuery,
): Promise<RoleAssignment[]> {
  const { subjectId, role, all = false, after = '', limit } = query
  return await administration.db.transaction(
    async (tx) =>
      await tx.query<RoleAssignment>(sql`
        select ${ASSIGNMENT} from access.role_assignment
        where id > ${after} ${all ? sql`` : sql`and ended_at is null`}
          ${subjectId === undefined ? sql`` : sql`and subject_id = ${subjectId}`}
          ${role === undefined ? sql`` : sql`and role = ${role}`}
        order by id limit ${limit}`),
    { readOnly: true },
  )
}
