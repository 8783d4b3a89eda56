// Roles of Reeve itself.
import { z } from 'zod'
import { assignRole, endRole, listAssignments, ROLE_NAMES } from '#access/records'
import { endpoint } from '../endpoint.ts'
import { flag, id, instant, PAGE_QUERY, pageOf, present, reason } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'

const Assignment = z
  .object({
    id: z.string(),
    subjectId: z.string().describe('a person (`psn_…`) or an API client (`prn_…`)'),
    role: z.enum(ROLE_NAMES),
    bothAllowed: z.boolean().describe('the second administration of one subject, which the configuration allowed'),
    assignedAt: instant,
    assignedBy: z.string(),
    endedAt: instant.nullable(),
    endedBy: z.string().nullable(),
    reason: z.string(),
  })
  .meta({ id: 'RoleAssignment' })

const SUBJECT = z.union([id('person'), id('principal')])

export const ROLE_ROUTES = [
  endpoint({
    method: 'GET',
    path: '/v1/roles',
    operationId: 'listRoles',
    tag: 'administration',
    summary: 'List who holds which role',
    who: { roles: ['identity-admin', 'access-admin', 'auditor'] },
    scope: 'read',
    query: z.strictObject({
      subjectId: SUBJECT.optional(),
      role: z.enum(ROLE_NAMES).optional(),
      all: flag.optional().describe('those that ended too'),
      limit: PAGE_QUERY.limit,
      cursor: PAGE_QUERY.cursor,
    }),
    answer: pageOf('RoleAssignmentPage', Assignment),
    handle: async ({ doors, query }) => {
      const { limit, cursor, ...filter } = query
      const of = { list: 'roles', ...present(filter) }
      return await pageAfter({ limit, cursor, of }, (page) =>
        listAssignments(doors.access, { ...present(filter), ...page }),
      )
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/roles',
    operationId: 'assignRole',
    tag: 'administration',
    summary: 'Give a role to a person or an API client',
    description:
      'identity-admin is given by identity-admins, every other role by access-admins, and nobody gives one to themselves. Nobody holds identity-admin and access-admin together unless the configuration says so.',
    who: { roles: ['identity-admin', 'access-admin'] },
    scope: 'write',
    body: z.strictObject({ subjectId: SUBJECT, role: z.enum(ROLE_NAMES), reason }).meta({ id: 'NewRoleAssignment' }),
    answer: Assignment,
    status: 201,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) =>
      await assignRole(doors.identity, doors.access, act(body.reason), { ...body, heldByActor: caller.roles }),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/roles/{assignmentId}/end',
    operationId: 'endRole',
    tag: 'administration',
    summary: 'End a role; the next request of its holder goes without it',
    who: { roles: ['identity-admin', 'access-admin'] },
    scope: 'write',
    params: z.strictObject({ assignmentId: id('role') }),
    body: z.strictObject({ reason }).meta({ id: 'EndOfRole' }),
    answer: Assignment,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) =>
      await endRole(doors.identity, doors.access, act(body.reason), { ...params, ...body, heldByActor: caller.roles }),
  }),
]
