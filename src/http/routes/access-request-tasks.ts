// Asking for a right after a denial (AuthZEN Access Request and Approval Profile 1.0, draft 1): the denial's own words bind the
// request to it; what is asked for, who agrees and what it becomes are the requests and grants that there are.
import { z } from 'zod'
import {
  ACCESS_REQUEST_PATH,
  getAccessRequest,
  getGrant,
  questionOf,
  resourceName,
  withdrawAccessRequest,
} from '#access/decisions'
import type { AccessRequestRecord, Question, RequestState } from '#access/decisions'
import { Fault } from '#kernel'
import type { FaultCode } from '#kernel'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import type { Context } from '../endpoint.ts'
import { id, instant } from '../form/fields.ts'
import { because, text } from '../form/plain-text.ts'
import { askForRight, decisionsOf, mineOf } from './access-requests.ts'

/** Where `requested_access.requested_until` does not say how long. */
const SECONDS = 3600

const STATUS = {
  pending: 'pending',
  granted: 'approved',
  denied: 'denied',
  withdrawn: 'cancelled',
  expired: 'expired',
} as const satisfies Record<RequestState, string>

const Task = z
  .object({
    task: z.object({
      id: z.string(),
      status: z.enum(['pending', 'approved', 'denied', 'cancelled', 'expired']),
      status_endpoint: z.string(),
      links: z.object({ cancel: z.string() }).optional(),
    }),
    result: z
      .object({
        mode: z.literal('reevaluate'),
        approval: z.object({ id: z.string(), approved_at: instant, approved_until: instant }),
      })
      .optional()
      .describe('where it is approved: ask for the decision again'),
  })
  .meta({ id: 'AccessRequestTask' })

const loose = z.record(z.string(), z.unknown())
const TASK_PATH = z.strictObject({ taskId: id('access_request') })

const Submission = z
  .looseObject({
    subject: loose,
    action: loose,
    resource: loose,
    context: loose.optional().describe('`business_justification` becomes the purpose'),
    denial: z.looseObject({
      binding_token: z.string().max(4000).optional(),
      evaluation_id: z.string().max(200).optional(),
      expires_at: z.string().max(100),
      reason: z.string().max(200).optional(),
    }),
    requested_access: z
      .looseObject({ requested_until: z.iso.datetime({ offset: true }).optional(), emergency: z.boolean().optional() })
      .optional(),
    items: z.never('several at once are not taken: submit one after the other').optional(),
    callback: z.never('nobody is called back: ask for the status').optional(),
  })
  .meta({ id: 'AccessRequestSubmission' })
type Submitted = z.output<typeof Submission>

export const ACCESS_REQUEST_TASKS = [
  endpoint({
    method: 'POST',
    path: ACCESS_REQUEST_PATH,
    operationId: 'submitAccessRequest',
    tag: 'access',
    summary: 'Ask for a right that was denied, in the words of AuthZEN',
    description:
      'The `denial` carries back what the denied evaluation said in `context.access_request`. Who may ask for whom, who has to agree and for how long is as with `requestAccess`.',
    who: { anyone: true },
    scope: 'write',
    body: Submission,
    answer: Task,
    status: 201,
    refuses: ['not_found', 'over'],
    handle: async (context) => {
      const { doors, body } = context
      const { state, now } = decisionsOf(doors)
      const question = questionOf(body)
      const evaluationId = boundTo(doors, body, question)
      const found = state().resolve(question.subject)
      if (typeof found === 'string') throw refused('not_requestable', `the subject is ${found} in the roll`)
      const { emergency = false, requested_until: until } = body.requested_access ?? {}
      const asked = {
        principalId: found.id,
        kind: emergency ? ('break_glass' as const) : ('just_in_time' as const),
        actions: [question.action.name],
        resources: [resourceName(question.resource)],
        seconds: until === undefined ? SECONDS : Math.ceil((Date.parse(until) - now()) / 1000),
        purpose: purposeOf(body, evaluationId),
      }
      return await taskOf(context, await askForRight(context, asked).catch(inWordsOf(OF_SUBMITTING)))
    },
  }),
  endpoint({
    method: 'GET',
    path: `${ACCESS_REQUEST_PATH}/{taskId}`,
    operationId: 'getAccessRequestTask',
    tag: 'access',
    summary: 'What became of a request, in the words of AuthZEN',
    who: { anyone: true },
    scope: 'read',
    params: TASK_PATH,
    answer: Task,
    handle: async (context) => await taskOf(context, await known(context, context.params.taskId)),
  }),
  endpoint({
    method: 'POST',
    path: `${ACCESS_REQUEST_PATH}/{taskId}/cancel`,
    operationId: 'cancelAccessRequestTask',
    tag: 'access',
    summary: 'Take back what you asked for, in the words of AuthZEN',
    who: { self: true },
    scope: 'write',
    params: TASK_PATH,
    body: z.strictObject({ reason: text(100).optional(), comment: text(400).optional() }).meta({ id: 'Cancellation' }),
    answer: Task,
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, params, body, act } = context
      await known(context, params.taskId)
      const why = [body.reason, body.comment].filter((part) => part !== undefined).join(': ')
      const withdrawn = withdrawAccessRequest(doors.access, act(why === '' ? undefined : why), {
        requestId: params.taskId,
      })
      return await taskOf(context, await withdrawn.catch(inWordsOf(OF_A_TASK)))
    },
  }),
]

type Asking = Pick<Context<unknown, unknown, unknown>, 'doors' | 'caller' | 'base'>

/** The denial that it follows. Throws where it does not follow one, or not any more. */
function boundTo(doors: Doors, { denial }: Submitted, denied: Question): string {
  const { requestable, now } = decisionsOf(doors)
  if (requestable === undefined || denial.binding_token === undefined)
    throw refused('invalid_denial_binding', '`denial.binding_token` is needed, as the denial gave it')
  const found = requestable.binding.verify(denial.binding_token, denied, denial.expires_at, now())
  if (!('refused' in found)) return found.evaluationId
  throw found.refused === 'expired_denial'
    ? refused(found.refused, 'the denial is too old: ask for the decision again')
    : refused(found.refused, 'this is not what was denied: carry back subject, action, resource and denial unchanged')
}

function purposeOf({ context }: Submitted, evaluationId: string): string {
  const why = context?.['business_justification']
  if (why === undefined) return `asked for after ${evaluationId}`
  const read = because(500).safeParse(why)
  if (read.success) return read.data
  throw new Fault('invalid', '`context.business_justification` must be a text of one line, at most 500 letters')
}

interface CurrentRequest {
  readonly id: string
  readonly data: AccessRequestRecord
}

async function known({ doors, caller }: Asking, taskId: string): Promise<CurrentRequest> {
  return await getAccessRequest(doors.access.db, taskId, await mineOf(doors, caller)).catch(inWordsOf(OF_A_TASK))
}

/** What a right is approved for is its grant: the next evaluation finds it by itself. */
async function taskOf({ doors, base }: Asking, { id: taskId, data }: CurrentRequest): Promise<z.input<typeof Task>> {
  const endpointOf = `${base}${ACCESS_REQUEST_PATH}/${taskId}`
  const cancel = data.state === 'pending' ? { links: { cancel: `${endpointOf}/cancel` } } : {}
  const task = { id: taskId, status: STATUS[data.state], status_endpoint: endpointOf, ...cancel }
  if (data.grantId === undefined) return { task }
  const { from, until, ended } = (await getGrant(doors.access.db, data.grantId, undefined)).data
  const approval = { id: data.grantId, approved_at: from, approved_until: ended?.at ?? until ?? from }
  return { task, result: { mode: 'reevaluate', approval } }
}

type Refusal =
  | 'not_requestable'
  | 'expired_denial'
  | 'invalid_denial_binding'
  | 'duplicate_request'
  | 'unknown_task'
  | 'invalid_task_state'
const CODES: Readonly<Record<Refusal, FaultCode>> = {
  not_requestable: 'invalid',
  expired_denial: 'over',
  invalid_denial_binding: 'invalid',
  duplicate_request: 'conflict',
  unknown_task: 'not_found',
  invalid_task_state: 'conflict',
}
const refused = (why: Refusal, detail: string, cause?: unknown): Fault =>
  new Fault(CODES[why], detail, { type: `urn:openid:authzen:access-request:error:${why}`, cause })

type Named = Partial<Record<FaultCode, Refusal>>
const OF_SUBMITTING: Named = { idempotency_reused: 'duplicate_request', forbidden: 'not_requestable' }
const OF_A_TASK: Named = { not_found: 'unknown_task', conflict: 'invalid_task_state' }

/** Refusals that the profile has a name for. */
const inWordsOf =
  (named: Named) =>
  (error: unknown): never => {
    const name = error instanceof Fault ? named[error.code] : undefined
    if (!(error instanceof Fault) || name === undefined) throw error
    throw refused(name, error.detail, error)
  }
