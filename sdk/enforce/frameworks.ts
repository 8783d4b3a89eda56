// The guard as middleware of Express (and all that takes its kind), Fastify and Hono. Each judges the path as it was sent,
// before the framework reads anything into it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { guardOf, refusalOf } from './guard.ts'
import type { GuardOptions } from './guard.ts'

const PROBLEM = 'application/problem+json; charset=utf-8'
const WOULD_DENY = 'x-reeve-would-deny'

/** `app.use(guardExpress(…))`, before every route. */
export function guardExpress(
  options: GuardOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const guard = guardOf(options)
  return (request, response, next) => {
    // below a mounted path Express shortens `url`
    const target = 'originalUrl' in request ? String(request.originalUrl) : (request.url ?? '')
    void guard.judge(request, target).then((enforced) => {
      if (enforced.passes) {
        if (enforced.wouldDeny) response.setHeader(WOULD_DENY, enforced.reason)
        next()
        return
      }
      const { status, text } = refusalOf(enforced)
      response.writeHead(status, { 'content-type': PROBLEM, 'cache-control': 'no-store' }).end(text)
    }, next)
  }
}

/** `app.addHook('onRequest', guardFastify(…))`, before every route. */
export function guardFastify(
  options: GuardOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  const guard = guardOf(options)
  return async (request, reply) => {
    const enforced = await guard.judge(request.raw, request.originalUrl)
    if (!enforced.passes) {
      const { status, text } = refusalOf(enforced)
      return await reply.code(status).header('cache-control', 'no-store').type(PROBLEM).send(text)
    }
    if (enforced.wouldDeny) reply.header(WOULD_DENY, enforced.reason)
    return undefined
  }
}

/** What of Hono is needed; `incoming` is there on Node (`@hono/node-server`), and nowhere else does the guard stand. */
interface HonoContext {
  readonly env: unknown
  header(name: string, value: string): void
}

/** `app.use(guardHono(…))`, before every route. Throws where it does not run on Node: nothing passes there. */
export function guardHono(
  options: GuardOptions,
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined> {
  const guard = guardOf(options)
  return async (context, next) => {
    const incoming = incomingOf(context.env)
    const enforced = await guard.judge(incoming, incoming.url ?? '')
    if (!enforced.passes) {
      const { status, text } = refusalOf(enforced)
      return new Response(text, { status, headers: { 'content-type': PROBLEM, 'cache-control': 'no-store' } })
    }
    await next()
    if (enforced.wouldDeny) context.header(WOULD_DENY, enforced.reason)
    return undefined
  }
}

function incomingOf(env: unknown): IncomingMessage {
  const { incoming } = env as { readonly incoming?: IncomingMessage }
  if (incoming === undefined) throw new Error('guardHono runs on @hono/node-server')
  return incoming
}
