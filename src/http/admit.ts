// Who may pass: the same for endpoints of the table and for the files of the log.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '#kernel'
import { noteRefusal } from '#access/records'
import { authenticate, presentedBy, Unauthenticated } from './authenticate.ts'
import { authorise } from './authorise.ts'
import type { Authorised } from './authorise.ts'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'
import { changes } from './endpoint.ts'
import type { Guarded } from './endpoint.ts'
import type { Limits } from './limits.ts'
import { refusedReadsOf } from './refused-reads.ts'

/**
 * Who asks. Counts what fails and what is asked. An address that goes on failing is refused without a query, but for tokens
 * that are good by what is in memory: the failures of others behind the same address are not theirs.
 */
export async function callerOf(
  doors: Doors,
  limits: Limits,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller> {
  const presented = presentedBy(request.headers.authorization)
  const good = (): boolean =>
    presented !== undefined && 'token' in (doors.decisions?.authenticate(presented) ?? { denied: 'not asked' })
  await limits.refuseFailing(request, presented, good)
  let caller: Caller
  try {
    caller = await authenticate(doors, request.headers)
  } catch (error) {
    if (error instanceof Unauthenticated) {
      request.log.warn({ why: error.why }, 'not authenticated')
      await limits.countFailure(request, presented)
    }
    throw error
  }
  if (presented !== undefined) limits.noteGood(presented)
  await limits.countCall(request, reply, caller)
  return caller
}

/** A refused act leaves an entry. Where it cannot be written the act is refused all the same. */
export async function authoriseOrNote(
  doors: Doors,
  endpoint: Guarded,
  caller: Caller,
  request: FastifyRequest,
): Promise<Authorised> {
  const params = request.params as Readonly<Record<string, unknown>>
  try {
    return await authorise(doors, caller, endpoint, params)
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_found' && changes(endpoint)) {
      await noted(doors, endpoint, caller, request, error)
    }
    throw await orNoted(doors, endpoint, caller, request, error)
  }
}

/** What an operation itself refused, such as the second pair of eyes of one person, leaves an entry too. */
export async function orNoted(
  doors: Doors,
  endpoint: Guarded,
  caller: Caller,
  request: FastifyRequest,
  error: unknown,
): Promise<unknown> {
  if (error instanceof Fault && error.code === 'forbidden') await noted(doors, endpoint, caller, request, error)
  return error
}

async function noted(
  doors: Doors,
  endpoint: Guarded,
  caller: Caller,
  request: FastifyRequest,
  { code }: Fault,
): Promise<void> {
  const params = request.params as Readonly<Record<string, unknown>>
  const refusal = {
    operation: endpoint.operationId,
    code,
    tokenId: caller.tokenId,
    // a path below a prefix is nothing that an entry can be about
    subjects: Object.entries(params).flatMap(([name, value]) =>
      name !== '*' && typeof value === 'string' ? [value] : [],
    ),
  }
  if (changes(endpoint)) await noteRefusal(doors.access, caller.actor, refusal)
  else await refusedReadsOf(doors).note(caller.actor, refusal)
}
