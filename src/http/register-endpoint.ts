// Puts one declared endpoint on the server. The order is the same for all: authenticate, parse, authorise, the operation
// (which opens its own transaction), respond.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isPartyRefusal } from '#identity/roll'
import { Fault } from '#kernel'
import { presented } from './allowed-actions.ts'
import { actsOf, idempotencyKeyOf } from './act-of.ts'
import { authoriseOrNote, callerOf, orNoted } from './admit.ts'
import { Unauthenticated } from './authenticate.ts'
import type { Authorised } from './authorise.ts'
import type { Caller } from './caller.ts'
import { etagOf, expectedVersion } from './conditional.ts'
import type { Doors } from './doors.ts'
import { changes } from './endpoint.ts'
import type { AnyEndpoint, Context } from './endpoint.ts'
import type { Limits } from './limits.ts'
import { withoutSecrets } from './secret-members.ts'

interface Passed {
  readonly caller: Caller
  authorised: Authorised
}

/** What all endpoints of a server have in common. */
export interface Household {
  readonly doors: Doors
  readonly limits: Limits
  readonly endpoints: readonly AnyEndpoint[]
}

export function registerEndpoint(server: FastifyInstance, household: Household, endpoint: AnyEndpoint): void {
  const { doors, limits } = household
  const passed = new WeakMap<FastifyRequest, Passed>()
  server.route({
    method: endpoint.method,
    url: endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(endpoint),
    ...(endpoint.bodyBytesMax === undefined ? {} : { bodyLimit: endpoint.bodyBytesMax }),
    onRequest: async (request, reply) => {
      const caller = await callerOf(doors, limits, request, reply)
      passed.set(request, { caller, authorised: {} })
    },
    preHandler: async (request) => {
      const state = passed.get(request)
      if (state === undefined) throw new Unauthenticated('absent')
      state.authorised = await authoriseOrNote(doors, endpoint, state.caller, request)
    },
    handler: async (request, reply) => {
      const state = passed.get(request)
      if (state === undefined) throw new Unauthenticated('absent')
      const context = contextOf(household, endpoint, state, request) as Context<never, never, never>
      const answer = await endpoint.handle(context).catch(async (error: unknown) => {
        throw await orNoted(doors, endpoint, state.caller, request, masked(state.caller, error))
      })
      await respond(endpoint, reply, answer)
      return await reply
    },
  })
}

/** SECURITY: how people stand in the roll is not told to those who do not see them. */
function masked({ viewer }: Caller, error: unknown): unknown {
  if (viewer.scope === 'all' || !isPartyRefusal(error)) return error
  return new Fault('unprocessable', 'that person or team cannot be named here: name somebody who is active')
}

/** Every part is there, so that what is not declared is refused. */
function schemaOf(endpoint: AnyEndpoint): Record<string, z.ZodType> {
  return {
    params: endpoint.params ?? z.strictObject({}),
    querystring: endpoint.query ?? z.strictObject({}),
    ...(changes(endpoint) ? { body: endpoint.body ?? z.union([z.null(), z.undefined(), z.strictObject({})]) } : {}),
  }
}

function contextOf(
  { doors, endpoints }: Household,
  endpoint: AnyEndpoint,
  state: Passed,
  request: FastifyRequest,
): Context<unknown, unknown, unknown> {
  const { caller, authorised } = state
  const version = endpoint.versioned === 'update' ? expectedVersion(request.headers['if-match']) : undefined
  return {
    doors,
    caller,
    params: request.params,
    query: request.query,
    body: request.body,
    act: actsOf(doors.identity.clock, {
      caller,
      method: request.method,
      url: request.url,
      // what is kept of a request is a hash of this
      body: withoutSecrets(doors, endpoint.secrets, request.body),
      idempotencyKey: idempotencyKeyOf(request.headers['idempotency-key']),
    }),
    ...(version === undefined ? {} : { expectedVersion: version }),
    ...authorised,
    present: (principal) => presented(endpoints, caller, principal),
    log: request.log,
    base: `${request.protocol}://${request.host}`,
  }
}

/** What is not declared in the answer does not leave. */
async function respond(endpoint: AnyEndpoint, reply: FastifyReply, answer: unknown): Promise<void> {
  const declared: unknown = await endpoint.answer.parseAsync(answer)
  if (endpoint.versioned !== undefined) reply.header('etag', etagOf((declared as { readonly version: number }).version))
  reply
    .code(endpoint.status ?? 200)
    .header('content-type', 'application/json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer((body: string) => body)
    .send(JSON.stringify(declared))
}
