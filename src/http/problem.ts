// Problem documents (RFC 9457): the only form in which an error leaves the server. What is not mapped is an opaque 500.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Fault } from '#kernel'
import type { FaultCode } from '#kernel'

export const Problem = z
  .object({
    type: z.string().describe('`urn:reeve:problem:` and a code that does not change'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('what is wrong, and what to do next'),
    instance: z.string().describe('the id of the request, as in `X-Request-Id` and in the log'),
    errors: z
      .array(
        z.object({ pointer: z.string().describe('RFC 6901, in the body; `?name` in the query'), detail: z.string() }),
      )
      .optional()
      .describe('each part of the request that is wrong'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

type ProblemDocument = z.infer<typeof Problem>

/** One part of a request that is wrong. */
export interface Mistake {
  readonly pointer: string
  readonly detail: string
}

/** A request that does not have the declared form. */
export class MalformedRequest extends Error {
  readonly mistakes: readonly Mistake[]
  /** The form is right; what it holds is not. */
  readonly unprocessable: boolean

  constructor(where: string, error: z.core.$ZodError) {
    super('the request does not have the declared form')
    this.unprocessable = error.issues.every(
      (issue) => issue.code === 'custom' && issue.params?.['unprocessable'] === true,
    )
    this.mistakes = error.issues.slice(0, 50).flatMap((issue) => mistakesOf(where, issue))
  }
}

function mistakesOf(where: string, issue: z.core.$ZodIssue): Mistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 20).map((key) => ({
      pointer: pointerOf(where, [...issue.path, key.slice(0, 100)]),
      detail: 'is not known here; leave it out',
    }))
  }
  return [{ pointer: pointerOf(where, issue.path), detail: issue.message }]
}

function pointerOf(where: string, path: readonly PropertyKey[]): string {
  const steps = path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'))
  if (where === 'body') return `/${steps.join('/')}`
  return `${where === 'querystring' ? '?' : `${where}:`}${steps.join('.')}`
}

const FRAMEWORK_FAULTS: Readonly<Record<string, readonly [FaultCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported', 'send `Content-Type: application/json`'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'the body is larger than this route takes'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid', 'the body is empty; send a JSON document, or no `Content-Type`'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid', 'the body is not as long as `Content-Length` says'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid', 'the body is not JSON'],
}

/** The fault that an error means to who asked; `undefined` for a bug or anything else that is not theirs to know. */
function faultFor(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error
  if (error instanceof MalformedRequest)
    return new Fault(error.unprocessable ? 'unprocessable' : 'invalid', 'see `errors` for each part that is wrong')
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>
  const known = FRAMEWORK_FAULTS[code]
  if (known !== undefined) return new Fault(known[0], known[1], { cause: error })
  if (statusCode >= 400 && statusCode < 500)
    return new Fault('invalid', 'the request could not be read', { cause: error })
  return undefined
}

const UNKNOWN_TITLE = 'something failed here'

export function problemOf(error: unknown, requestId: string): ProblemDocument {
  const fault = faultFor(error)
  if (fault === undefined) {
    return {
      type: 'urn:reeve:problem:internal',
      title: UNKNOWN_TITLE,
      status: 500,
      detail: `nothing that you can mend; the log of the server has it under \`${requestId}\``,
      instance: requestId,
    }
  }
  return {
    type: fault.type ?? `urn:reeve:problem:${fault.code}`,
    title: fault.title,
    status: fault.status,
    detail: fault.detail,
    instance: requestId,
    ...(error instanceof MalformedRequest ? { errors: error.mistakes.map((mistake) => ({ ...mistake })) } : {}),
  }
}

/** The error handler of the server. Only what nobody can explain to the caller is logged as an error. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.id)
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed')
  else request.log.info({ problem: problem.type }, 'request refused')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="reeve"')
  if (problem.status === 503) reply.header('retry-after', '5')
  // the body as text: no serializer of a route may touch it
  reply
    .code(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer((body: string) => body)
    .send(JSON.stringify(problem))
}
