// The policies in force and their versions; and what is denied by an act of its own, whatever they say.
import { z } from 'zod'
import {
  activatePolicies,
  approvePolicies,
  denySubject,
  getPolicyVersion,
  liftDenial,
  listDenials,
  listPolicyVersions,
  proposePolicies,
  readPoliciesToDecide,
  refusePolicies,
} from '#access/decisions'
import type { TextProblem } from '#access/decisions'
import { personsBehindActor } from '#identity/roll'
import { Fault } from '#kernel'
import { endpoint } from '../endpoint.ts'
import type { Who } from '../endpoint.ts'
import {
  Denial,
  DenialPage,
  PolicyCheck,
  PolicyVersion,
  PolicyVersions,
  PolicyVersionWithText,
} from '../form/access.ts'
import { PAGE_QUERY, present, reason, whole } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'

const READERS: Who = { roles: ['access-admin', 'identity-admin', 'approver', 'auditor'] }
const WRITERS: Who = { roles: ['access-admin'] }
/** Any number that fits: the operation says whether there is such a version. */
const NUMBER_PATH = z.strictObject({ number: whole(1, 2_000_000_000) })
const TEXTS = {
  text: z.string().min(1).max(1_000_000).describe('policies in Cedar'),
  schema: z.string().max(1_000_000).optional().describe('in Cedar’s own syntax; with it, policies must type-check'),
}
const TEXT_BYTES_MAX = 4 * 1024 * 1024
const SUBJECT = z
  .string()
  .regex(/^(?:(?:prn|cred|tok|psn)_[\w-]{1,100}|ses_[\x21-\x7e]{1,200})$/)
  .describe(
    'a principal, person, credential or token, by its id; a session by `ses_` and the id that enforcement points say',
  )

/** In one sentence, so that it fits a problem; all of them come from `checkPolicies`. */
function refusal(problems: readonly TextProblem[]): Fault {
  const [first] = problems
  const where = first?.line === undefined ? '' : ` (line ${first.line}, column ${first.column ?? 1})`
  const more = problems.length > 1 ? `; and ${problems.length - 1} more, see \`/v1/policies/check\`` : ''
  return new Fault('unprocessable', `${first?.message ?? 'the policies cannot be read'}${where}${more}`)
}

export const POLICIES = [
  endpoint({
    method: 'GET',
    path: '/v1/policies',
    operationId: 'listPolicyVersions',
    tag: 'access',
    summary: 'List versions of the policies, the newest first',
    who: READERS,
    scope: 'read',
    query: z.strictObject({
      limit: PAGE_QUERY.limit,
      before: whole(1, 2_000_000_000).optional(),
    }),
    answer: PolicyVersions,
    handle: async ({ doors, query }) => {
      const found = await listPolicyVersions(doors.access.db, query.limit + 1, query.before)
      const items = found.slice(0, query.limit)
      const last = items.at(-1)?.data.number
      const refused = doors.decisions?.state().policiesRefused
      return {
        items,
        ...(found.length > query.limit && last !== undefined && { before: last }),
        ...present({ refused }),
      }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/policies',
    operationId: 'proposePolicies',
    tag: 'access',
    summary: 'Propose a version of the policies',
    description:
      'It is read, type-checked where it has a schema, and compiled; nothing is kept of what cannot be decided by.',
    who: WRITERS,
    scope: 'write',
    body: z.strictObject({ ...TEXTS, comment: reason }).meta({ id: 'PoliciesToPropose' }),
    bodyBytesMax: TEXT_BYTES_MAX,
    answer: PolicyVersion,
    status: 201,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      const behind = await personsBehindActor(doors.identity, caller.actor)
      const made = await proposePolicies(doors.access, act(body.comment), { ...present(body), behind })
      if (made.version === undefined) throw refusal(made.problems)
      return made.version
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/policies/check',
    operationId: 'checkPolicies',
    tag: 'access',
    summary: 'Read policies and say what is wrong with them; nothing is kept',
    who: READERS,
    scope: 'read',
    body: z.strictObject(TEXTS).meta({ id: 'PolicyTexts' }),
    bodyBytesMax: TEXT_BYTES_MAX,
    answer: PolicyCheck,
    handle: async ({ body }) => {
      const { text: policies, schema } = body
      const read = await readPoliciesToDecide({ policies, ...present({ schema }) })
      if (read.written === undefined) return { problems: read.problems, warnings: [] }
      const { warnings, formatted } = read.written
      return { problems: [], warnings, ...present({ formatted }) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/policies/active',
    operationId: 'getActivePolicies',
    tag: 'access',
    summary: 'Read the policies in force',
    who: READERS,
    scope: 'read',
    answer: PolicyVersionWithText,
    refuses: ['not_found'],
    handle: async ({ doors }) => await getPolicyVersion(doors.access.db, 'active'),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/policies/{number}',
    operationId: 'getPolicyVersion',
    tag: 'access',
    summary: 'Read one version of the policies',
    who: READERS,
    scope: 'read',
    params: NUMBER_PATH,
    answer: PolicyVersionWithText,
    handle: async ({ doors, params }) => await getPolicyVersion(doors.access.db, params.number),
  }),
  ...(['approve', 'refuse', 'activate'] as const).map((verb) =>
    endpoint({
      method: 'POST',
      path: `/v1/policies/{number}/${verb}`,
      operationId: `${verb}Policies`,
      tag: 'access',
      summary: {
        approve: 'Approve a version that somebody else proposed',
        refuse: 'Refuse a version',
        activate: 'Put an approved version in force, or one that was in force before',
      }[verb],
      who: verb === 'activate' ? WRITERS : { roles: ['access-admin', 'approver'] },
      scope: 'write',
      params: NUMBER_PATH,
      body: z.strictObject({ reason: reason.optional() }).meta({ id: 'OptionalReason' }),
      answer: PolicyVersion,
      refuses: ['not_found', 'idempotency_reused'],
      handle: async ({ doors, caller, params, body, act }) => {
        const said = act(body.reason)
        if (verb === 'refuse') return await refusePolicies(doors.access, said, params)
        if (verb === 'activate') return await activatePolicies(doors.access, said, params)
        const behind = await personsBehindActor(doors.identity, caller.actor)
        return await approvePolicies(doors.access, said, { ...params, behind })
      },
    }),
  ),
  endpoint({
    method: 'GET',
    path: '/v1/denials',
    operationId: 'listDenials',
    tag: 'access',
    summary: 'List what is denied by an act of its own',
    who: READERS,
    scope: 'read',
    query: z.strictObject({ limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor }),
    answer: DenialPage,
    handle: async ({ doors, query }) =>
      await pageAfter({ ...query, of: { list: 'denials' } }, (page) => listDenials(doors.access.db, page)),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/denials',
    operationId: 'denySubject',
    tag: 'access',
    summary: 'Deny a principal, credential, token or session everywhere at once',
    who: { roles: ['access-admin', 'identity-admin'] },
    scope: 'write',
    body: z.strictObject({ subjectId: SUBJECT, reason }).meta({ id: 'SubjectToDeny' }),
    answer: Denial,
    status: 201,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, body, act }) => await denySubject(doors.access, act(body.reason), body),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/denials/lift',
    operationId: 'liftDenial',
    tag: 'access',
    summary: 'Let grants and policies judge it again',
    who: { roles: ['access-admin', 'identity-admin'] },
    scope: 'write',
    body: z.strictObject({ subjectId: SUBJECT, reason }).meta({ id: 'DenialToLift' }),
    answer: Denial,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, body, act }) => await liftDenial(doors.access, act(body.reason), body),
  }),
]
