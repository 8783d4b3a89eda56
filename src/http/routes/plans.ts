// Plans: what is done to an account of a target, step by step; and the receipts of what became of them.
import { z } from 'zod'
import { OPERATIONS } from '#connectors/target'
import type { Operation } from '#connectors/target'
import {
  acceptWays,
  approvePlan,
  cancelPlan,
  getPlan,
  getReceipt,
  listPlans,
  makePlan,
  pausePlan,
  PLAN_STATES,
  previewPlan,
  runPlan,
  undoPlan,
} from '#effect'
import type { CurrentPlan, EffectLayer, PlanAsked } from '#effect'
import { proveRecord } from '#evidence'
import { personsBehindActor } from '#identity/roll'
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { Caller } from '../caller.ts'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import {
  Plan,
  PlanPage,
  Preview,
  Receipt,
  ReceiptProof,
  SECRET,
  SECRET_BODY_BYTES_MAX,
  WHY_MAYBE,
  WHY_NEEDED,
} from '../form/effect.ts'
import { id, instantSent, PAGE_QUERY, present } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'
import { text } from '../form/plain-text.ts'
import { EFFECT_ACTORS, EFFECT_READERS, effectOf } from './targets.ts'

const PATH = z.strictObject({ planId: id('plan') })
const ASKED = {
  target: text(100).describe('id or name'),
  operation: z.enum(OPERATIONS),
  account: text(200),
  purpose: z
    .strictObject({ kind: z.enum(['emergency', 'finding', 'verdict', 'expiry', 'request']), id: text(100).optional() })
    .optional(),
  about: z.array(text(100)).max(20).optional().describe('ids of the roll that it is about'),
  until: instantSent.optional().describe('of `observe`: when it is over; a day where nothing is said'),
  secret: SECRET.optional(),
  database: text(63).optional().describe('where the credential was used, where that is another database'),
}
const CARRIES_SECRET = { secrets: ['secret'], bodyBytesMax: SECRET_BODY_BYTES_MAX } as const

/** What takes for good needs another person; what holds, or gives back, does not. */
const needsApproval = (operation: Operation): boolean => operation === 'revoke'

const credentialIn = ({
  secret,
  database,
}: {
  readonly secret?: string | undefined
  readonly database?: string | undefined
}): Pick<PlanAsked, 'credential'> => (secret === undefined ? {} : { credential: { secret, ...present({ database }) } })

type AskedBody = z.output<z.ZodObject<typeof ASKED>>

async function askedOf({ identity }: Doors, { actor }: Caller, body: AskedBody): Promise<PlanAsked> {
  const { target, operation, account, about = [], purpose } = body
  const kind = operation === 'contain' ? 'emergency' : 'request'
  return {
    target,
    operation,
    account,
    about,
    purpose: purpose === undefined ? { kind } : { kind: purpose.kind, ...present({ id: purpose.id }) },
    behind: await personsBehindActor(identity, actor),
    needsApproval: needsApproval(operation),
    ...present({ until: body.until }),
    ...credentialIn(body),
  }
}

const READS: AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/plans',
    operationId: 'listPlans',
    tag: 'effect',
    summary: 'List plans, newest first',
    who: EFFECT_READERS,
    scope: 'read',
    query: z.strictObject({
      state: z.enum(PLAN_STATES).optional(),
      targetId: id('target').optional(),
      limit: PAGE_QUERY.limit,
      cursor: PAGE_QUERY.cursor,
    }),
    answer: PlanPage,
    handle: async ({ doors, query }) => {
      const { limit, cursor, ...filter } = query
      const of = { list: 'plans', ...present(filter) }
      return await pageAfter({ limit, cursor, of }, (page) =>
        listPlans(effectOf(doors), { ...present(filter), ...page }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/plans/{planId}',
    operationId: 'getPlan',
    tag: 'effect',
    summary: 'Read one plan, with each of its steps',
    who: EFFECT_READERS,
    scope: 'read',
    params: PATH,
    answer: Plan,
    versioned: 'read',
    handle: async ({ doors, params }) => await getPlan(effectOf(doors), params.planId),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/receipts/{receiptId}',
    operationId: 'getReceipt',
    tag: 'effect',
    summary: 'Read one receipt, by its id or by that of its plan',
    who: EFFECT_READERS,
    scope: 'read',
    params: z.strictObject({ receiptId: z.union([id('receipt'), id('plan')]) }),
    answer: Receipt,
    handle: async ({ doors, params }) => await getReceipt(effectOf(doors), params.receiptId),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/receipts/{receiptId}/proof',
    operationId: 'getReceiptProof',
    tag: 'effect',
    summary: 'What proves a receipt offline: its entry with what it says, and that the log holds it',
    description: 'As canonical JSON (RFC 8785) and a line feed it is the file that the verifier of bundles takes.',
    who: EFFECT_READERS,
    scope: 'read',
    params: z.strictObject({ receiptId: z.union([id('receipt'), id('plan')]) }),
    answer: ReceiptProof,
    refuses: ['conflict'],
    handle: async ({ doors, params }) => {
      const { evidence, tiles, witnesses } = doors
      if (tiles === undefined) throw new Fault('not_found', 'this server keeps no log')
      const { id: receiptId } = await getReceipt(effectOf(doors), params.receiptId)
      return await proveRecord(evidence, tiles, receiptId, witnesses)
    },
  }),
]

const change = { method: 'POST', tag: 'effect', who: EFFECT_ACTORS, scope: 'write' } as const

const MADE: AnyEndpoint[] = [
  endpoint({
    ...change,
    path: '/v1/plans',
    operationId: 'makePlan',
    summary: 'Make a plan; it runs at once where nobody has to approve it',
    description: 'To revoke needs the approval of another natural person; to contain and to restore does not.',
    body: z.strictObject({ ...ASKED, ...WHY_NEEDED }).meta({ id: 'NewPlan' }),
    ...CARRIES_SECRET,
    answer: Plan,
    status: 201,
    versioned: 'read',
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) =>
      await makePlan(effectOf(doors), act(body.because), await askedOf(doors, caller, body)),
  }),
  endpoint({
    ...change,
    path: '/v1/plans/preview',
    operationId: 'previewPlan',
    summary: 'What a plan would send and touch; touches nothing',
    body: z.strictObject(ASKED).meta({ id: 'PlanToPreview' }),
    ...CARRIES_SECRET,
    answer: Preview,
    refuses: ['not_found'],
    handle: async ({ doors, caller, body }) => await previewPlan(effectOf(doors), await askedOf(doors, caller, body)),
  }),
  endpoint({
    ...change,
    path: '/v1/plans/{planId}/approve',
    operationId: 'approvePlan',
    summary: 'Approve it; never by who planned it',
    who: { roles: ['approver'] },
    params: PATH,
    body: z.strictObject(WHY_MAYBE).meta({ id: 'OptionalBecause' }),
    answer: Plan,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) =>
      await approvePlan(effectOf(doors), act(body.because), {
        id: params.planId,
        behind: await personsBehindActor(doors.identity, caller.actor),
      }),
  }),
  endpoint({
    ...change,
    path: '/v1/plans/{planId}/accept-ways',
    operationId: 'acceptWays',
    summary: 'Let it go past other ways that its newest receipt names; never by who planned it',
    description: 'Only from `unproven`. Another answer of the target than the one that was accepted stops it again.',
    who: { roles: ['approver'] },
    params: PATH,
    body: z.strictObject({ receiptId: id('receipt'), ...WHY_NEEDED }).meta({ id: 'WaysToAccept' }),
    answer: Plan,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) =>
      await acceptWays(effectOf(doors), act(body.because), {
        id: params.planId,
        receiptId: body.receiptId,
        behind: await personsBehindActor(doors.identity, caller.actor),
      }),
  }),
  endpoint({
    ...change,
    path: '/v1/plans/{planId}/run',
    operationId: 'runPlan',
    summary: 'Go on, or try again what is not verified; with the credential, where one is offered now',
    params: PATH,
    body: z.strictObject({ secret: ASKED.secret, database: ASKED.database, ...WHY_MAYBE }).meta({ id: 'PlanToRun' }),
    ...CARRIES_SECRET,
    answer: Plan,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, params, body, act }) =>
      await runPlan(effectOf(doors), act(body.because), {
        id: params.planId,
        ...credentialIn(body),
      }),
  }),
]

type Said = (layer: EffectLayer, act: Act, of: { readonly id: string }) => Promise<CurrentPlan>

const said = (verb: string, summary: string, work: Said): AnyEndpoint =>
  endpoint({
    ...change,
    path: `/v1/plans/{planId}/${verb}`,
    operationId: `${verb}Plan`,
    summary,
    params: PATH,
    body: z.strictObject(WHY_MAYBE).meta({ id: 'OptionalBecause' }),
    answer: Plan,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, params, body, act }) =>
      await work(effectOf(doors), act(body.because), { id: params.planId }),
  })

export const PLANS: readonly AnyEndpoint[] = [
  ...READS,
  ...MADE,
  said('pause', 'Stop after the step that is under way; what was done stays', pausePlan),
  said('undo', 'Put back what was done, where no step is past the point of no return', undoPlan),
  said('cancel', 'Give it up before anything was done', cancelPlan),
]
