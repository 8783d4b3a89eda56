// A server that answers for decisions and nothing else: the same desk as beside the API, without a database.
import Fastify, { LogController } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Fault } from '#kernel'
import type { HttpSettings } from '../doors.ts'
import { listenerOf } from '../listener.ts'
import { serverLog } from '../log.ts'
import { sendProblem } from '../problem.ts'
import { decisionsBeside } from './beside.ts'
import type { DecisionsDoor } from './door.ts'

/** Not listening yet. `isFresh`: whether what is known is young enough to decide from. */
export function buildDecisionServer(
  door: DecisionsDoor,
  settings: HttpSettings,
  isFresh: () => boolean,
): FastifyInstance {
  const log = serverLog(settings)
  const beside = decisionsBeside(door, settings, log)
  const server: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    serverFactory: (handler, options) => listenerOf(settings, options, beside.before(handler), beside.plain),
  })
  server.setErrorHandler(sendProblem)
  server.setNotFoundHandler((request, reply) => {
    const known = '`/.well-known/authzen-configuration` lists what there is'
    sendProblem(new Fault('not_found', `a decision point has no such path; ${known}`), request, reply)
  })
  beside.install(server)
  server.get('/healthz', async (_request, reply) => await reply.send({ status: 'alive' }))
  server.get('/readyz', async (_request, reply) => {
    const fresh = isFresh()
    return await reply.code(fresh ? 200 : 503).send({ status: fresh ? 'ready' : 'what is known here is too old' })
  })
  return server
}
