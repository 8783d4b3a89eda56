// Rights that are asked for, and what becomes of them.
import { z } from 'zod'
import {
  aboutRequest,
  decideAccessRequest,
  endGrant,
  getAccessRequest,
  getGrant,
  GRANT_STATES,
  listAccessRequests,
  listGrants,
  narrowGrant,
  REQUEST_STATES,
  requestAccess,
  withdrawAccessRequest,
} from '#access/decisions'
import type { AccessRequestRecord, Mine } from '#access/decisions'
import {
  activationGaps,
  EVERYTHING,
  getPerson,
  getPrincipal,
  getTeam,
  idsSeenBy,
  interestIn,
  ownersOfResources,
  personsBehindActor,
} from '#identity/roll'
import { Fault } from '#kernel'
import type { Caller } from '../caller.ts'
import type { DecisionsDoor } from '../decisions/door.ts'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import type { Context } from '../endpoint.ts'
import { AccessRequest, AccessRequestPage, Grant, GrantPage, KIND } from '../form/access.ts'
import { id, instantSent, PAGE_QUERY, present, reason } from '../form/fields.ts'
import { because, text } from '../form/plain-text.ts'
import { pageAfter } from '../form/page-after.ts'

const REQUEST_PATH = z.strictObject({ requestId: id('access_request') })
const GRANT_PATH = z.strictObject({ grantId: id('grant') })
const SHORT_PAGE = { limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor }
const NAMES = z.array(text(500)).min(1).max(100)

export function decisionsOf({ decisions }: Doors): DecisionsDoor {
  if (decisions === undefined) throw new Fault('not_found', 'this server decides nothing')
  return decisions
}

/** What decisions are made from; whom the roll has since a moment ago is in it, too. */
async function stateWith(doors: Doors, principalId: string): Promise<ReturnType<DecisionsDoor['state']>> {
  const { state, look } = decisionsOf(doors)
  if (state().principal(principalId) === undefined) await look?.()
  return state()
}

/** Approvers see every request; others what is theirs. */
export async function mineOf({ identity }: Doors, caller: Caller): Promise<Mine | undefined> {
  const { viewer, roles, actor } = caller
  if (viewer.scope === 'all' || roles.has('approver')) return undefined
  return {
    actorId: actor.id,
    principalIds: [actor.id, ...(await idsSeenBy(identity, viewer))],
    parties: caller.parties,
    ...present({ personId: actor.personId }),
  }
}

/** Who decides on it, and who sees everything: what they need to know is more than the requester sees. */
function mayJudge({ viewer, roles, actor, parties }: Caller, { needs }: AccessRequestRecord): boolean {
  if (viewer.scope === 'all' || roles.has('approver')) return true
  const owns = needs.owners?.some((party) => parties.includes(party)) ?? false
  return owns || (needs.managerId !== undefined && needs.managerId === actor.personId)
}

async function aboutFor({ identity, access }: Doors, request: AccessRequestRecord): Promise<object> {
  const { data } = await getPrincipal(identity, EVERYTHING, request.principalId)
  const { name, kind, state, tier, environment, owner, purpose, expiresAt, nextReviewAt } = data
  const accepted = owner?.from === 'stated' ? owner.party.id : undefined
  const gaps = activationGaps(data)
  const ownerName = accepted === undefined ? undefined : await nameOf(identity, accepted)
  const more = present({ owner: accepted, ownerName, purpose: purpose?.value, expiresAt, nextReviewAt })
  const principal = { name, kind, state, tier: tier.value, environment: environment.value, gaps, ...more }
  const { requester, ...rest } = await aboutRequest(access.db, request, access.clock())
  return { principal, requester: { name: await nameOf(identity, request.requestedBy), ...requester }, ...rest }
}

/** Of a person, a team or an API client. Whoever decides has to know whom they decide on, also where they see no other record. */
async function nameOf(identity: Doors['identity'], of: string): Promise<string> {
  if (of.startsWith('psn_')) return (await getPerson(identity, EVERYTHING, of)).data.name
  if (of.startsWith('tm_')) return (await getTeam(identity, EVERYTHING, of)).data.name
  return (await getPrincipal(identity, EVERYTHING, of)).data.name
}

/** An API client may ask for itself, and anybody for what they see. */
async function assertMayAskFor({ identity }: Doors, { actor, viewer }: Caller, principalId: string): Promise<void> {
  if (actor.id !== principalId) await getPrincipal(identity, viewer, principalId)
}

type RightAsked = Omit<Parameters<typeof requestAccess>[3], 'behind' | 'interested' | 'managerId' | 'owners'>

/** For whom one may, whoever has an interest in it noted. */
export async function askForRight(
  { doors, caller, act, log }: Pick<Context<unknown, unknown, unknown>, 'doors' | 'caller' | 'act' | 'log'>,
  asked: RightAsked,
): Promise<Awaited<ReturnType<typeof requestAccess>>> {
  await assertMayAskFor(doors, caller, asked.principalId)
  const { persons, managerId } = await interestIn(doors.identity, asked.principalId)
  const made = await requestAccess(doors.access, await stateWith(doors, asked.principalId), act(asked.purpose), {
    ...asked,
    behind: await personsBehindActor(doors.identity, caller.actor),
    interested: persons,
    owners: await ownersOfResources(doors.identity, asked.resources),
    ...present({ managerId }),
  })
  if (asked.kind === 'break_glass') {
    log.warn({ request: made.id, grant: made.data.grantId, principal: asked.principalId }, 'break-glass was used')
  }
  return made
}

export const ACCESS_REQUESTS = [
  endpoint({
    method: 'GET',
    path: '/v1/access-requests',
    operationId: 'listAccessRequests',
    tag: 'access',
    summary: 'List requests for rights',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ state: z.enum(REQUEST_STATES).optional(), ...SHORT_PAGE }),
    answer: AccessRequestPage,
    handle: async ({ doors, caller, query }) => {
      const mine = await mineOf(doors, caller)
      const filter = present({ state: query.state, mine })
      const of = { list: 'access-requests', ...present({ state: query.state }) }
      const { limit, cursor } = query
      return await pageAfter({ limit, cursor, of }, (page) => listAccessRequests(doors.access.db, filter, page))
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/access-requests',
    operationId: 'requestAccess',
    tag: 'access',
    summary: 'Ask for a right: for whom, what for, for how long',
    description:
      'The policies in force say whether it may be asked for, and who has to agree; what they give by themselves is granted at once. The grant lasts `seconds` from when it is made.',
    who: { anyone: true },
    scope: 'write',
    body: z
      .strictObject({
        principalId: id('principal'),
        kind: KIND.default('just_in_time'),
        actions: NAMES.describe('as in `pg:SELECT`, or cut after `:` and followed by `*`'),
        resources: NAMES.describe(
          'as in `pg://main/shop/public.orders`, or cut after `/`, `:` or `.` and followed by `*`',
        ),
        seconds: z.int().min(1).optional(),
        purpose: because(500),
        extends: id('grant').optional().describe('the grant whose right is asked for once more, for longer'),
      })
      .meta({ id: 'NewAccessRequest' }),
    answer: AccessRequest,
    status: 201,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async (context) => await askForRight(context, present(context.body)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/access-requests/{requestId}',
    operationId: 'getAccessRequest',
    tag: 'access',
    summary: 'Read one request, with what was said on it',
    who: { anyone: true },
    scope: 'read',
    params: REQUEST_PATH,
    answer: AccessRequest,
    handle: async ({ doors, caller, params }) => {
      const found = await getAccessRequest(doors.access.db, params.requestId, await mineOf(doors, caller))
      if (!mayJudge(caller, found.data)) return found
      return { ...found, about: await aboutFor(doors, found.data) }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/access-requests/{requestId}/decide',
    operationId: 'decideAccessRequest',
    tag: 'access',
    summary: 'Agree to it or deny it; never with an interest in it',
    description:
      'The last approval that it needs makes the grant. PostgreSQL itself refuses who has an interest, and one person twice.',
    who: { self: true },
    scope: 'write',
    params: REQUEST_PATH,
    body: z.strictObject({ verdict: z.enum(['approve', 'deny']), reason }).meta({ id: 'AccessVerdict' }),
    answer: AccessRequest,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      const { data } = await getAccessRequest(doors.access.db, params.requestId, await mineOf(doors, caller))
      const { persons } = await interestIn(doors.identity, data.principalId)
      return await decideAccessRequest(doors.access, await stateWith(doors, data.principalId), act(body.reason), {
        ...params,
        ...body,
        behind: await personsBehindActor(doors.identity, caller.actor),
        interested: persons,
        as: {
          approver: caller.roles.has('approver'),
          parties: caller.parties,
          ...present({ personId: caller.actor.personId }),
        },
      })
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/access-requests/{requestId}/withdraw',
    operationId: 'withdrawAccessRequest',
    tag: 'access',
    summary: 'Take back what you asked for',
    who: { self: true },
    scope: 'write',
    params: REQUEST_PATH,
    body: z.strictObject({ reason: reason.optional() }).meta({ id: 'OptionalReason' }),
    answer: AccessRequest,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      await getAccessRequest(doors.access.db, params.requestId, await mineOf(doors, caller))
      return await withdrawAccessRequest(doors.access, act(body.reason), params)
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/grants',
    operationId: 'listGrants',
    tag: 'access',
    summary: 'List grants',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      principalId: id('principal').optional(),
      state: z.enum(GRANT_STATES).optional(),
      kind: KIND.optional(),
      ...SHORT_PAGE,
    }),
    answer: GrantPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, ...filter } = query
      const mine = await mineOf(doors, caller)
      return await pageAfter({ limit, cursor, of: { list: 'grants', ...present(filter) } }, (page) =>
        listGrants(doors.access.db, { ...present(filter), ...present({ mine }) }, page),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/grants/{grantId}',
    operationId: 'getGrant',
    tag: 'access',
    summary: 'Read one grant',
    who: { anyone: true },
    scope: 'read',
    params: GRANT_PATH,
    answer: Grant,
    handle: async ({ doors, caller, params }) =>
      await getGrant(doors.access.db, params.grantId, await mineOf(doors, caller)),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/grants/{grantId}/end',
    operationId: 'endGrant',
    tag: 'access',
    summary: 'End a grant before its time; every decision point denies from then on',
    who: { self: true },
    scope: 'write',
    params: GRANT_PATH,
    body: z.strictObject({ because: reason }).meta({ id: 'EndOfGrant' }),
    answer: Grant,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      // who sees it may end it: ending takes a right away, and waiting for somebody else would leave it open
      await getGrant(doors.access.db, params.grantId, await mineOf(doors, caller))
      return await endGrant(doors.access, act(body.because), { id: params.grantId, because: body.because })
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/grants/{grantId}/narrow',
    operationId: 'narrowGrant',
    tag: 'access',
    summary: 'Take a part of a grant away: fewer actions, fewer resources, an earlier end',
    who: { self: true },
    scope: 'write',
    params: GRANT_PATH,
    body: z
      .strictObject({
        actions: NAMES.optional().describe('each within what the grant gives; as they are where it is not said'),
        resources: NAMES.optional().describe('likewise'),
        until: instantSent.optional(),
        because: reason,
      })
      .meta({ id: 'NarrowerGrant' }),
    answer: Grant,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      await getGrant(doors.access.db, params.grantId, await mineOf(doors, caller))
      return await narrowGrant(doors.access, act(body.because), { id: params.grantId, ...present(body) })
    },
  }),
]
