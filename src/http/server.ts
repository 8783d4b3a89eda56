// The server: everything that holds for every request. What single endpoints do stands in `routes/`.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import helmet from '@fastify/helmet'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { Fault } from '#kernel'
import type { Doors, HttpSettings } from './doors.ts'
import { decisionsBeside } from './decisions/beside.ts'
import { installHealth } from './health.ts'
import { installJsonBodies } from './json-body.ts'
import { assertHost } from './host.ts'
import { installLimits } from './limits.ts'
import { listenerOf } from './listener.ts'
import { serverLog } from './log.ts'
import { installLogFiles } from './log-files.ts'
import { installMetrics } from './metrics.ts'
import { openApiDocument } from './openapi/document.ts'
import { installReference } from './openapi/reference.ts'
import { MalformedRequest, sendProblem } from './problem.ts'
import { refusedReadsOf } from './refused-reads.ts'
import { registerEndpoint } from './register-endpoint.ts'
import { ENDPOINTS } from './routes/index.ts'

const BODY_BYTES_MAX = 1024 * 1024

/** Not listening yet: the caller chooses the address. */
export async function buildServer(doors: Doors, settings: HttpSettings): Promise<FastifyInstance> {
  const log = serverLog(settings)
  const decisions = decisionsBeside(doors.decisions, settings, log)
  const server: FastifyInstance = Fastify({
    loggerInstance: log,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    trustProxy: settings.behindProxy,
    genReqId: (request: IncomingMessage) => requestIdOf(request, settings),
    routerOptions: { maxParamLength: 2048 },
    serverFactory: (handler, options) => listenerOf(settings, options, decisions.before(handler), decisions.plain),
  })
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data: unknown) => {
    const parsed = schema.safeParse(data)
    return parsed.success ? { value: parsed.data } : { error: new MalformedRequest(httpPart ?? '', parsed.error) }
  })
  server.setErrorHandler(sendProblem)
  server.setNotFoundHandler((request, reply) => {
    sendProblem(new Fault('not_found', 'there is no such path; `/openapi.json` lists them all'), request, reply)
  })
  server.removeContentTypeParser('text/plain')
  installJsonBodies(server)
  await installSecurity(server, settings)
  const limits = await installLimits(server, settings)
  installHealth(server, doors)
  decisions.install(server)
  installMetrics(server, doors, settings)
  const document = openApiDocument(settings.release)
  server.get('/openapi.json', async (_request, reply) => await reply.send(document))
  await installReference(server)
  server.addHook('onClose', async () => await refusedReadsOf(doors).close())
  const household = { doors, limits, endpoints: ENDPOINTS }
  for (const endpoint of ENDPOINTS) registerEndpoint(server, household, endpoint)
  installLogFiles(server, doors, limits)
  return server
}

/** A proxy may have given the request its id already; nobody else may choose what stands in our log. */
function requestIdOf(request: IncomingMessage, { behindProxy }: HttpSettings): string {
  const given = request.headers['x-request-id']
  return behindProxy && typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}

async function installSecurity(server: FastifyInstance, settings: HttpSettings): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    ...(settings.tls === undefined && !settings.behindProxy ? { hsts: false } : {}),
  })
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    assertHost(request.headers.host, settings)
  })
}

/** Stops accepting, lets what runs finish, and after `limitMs` cuts what is left. */
export async function stopServer(server: FastifyInstance, limitMs = 10_000): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), limitMs)
  try {
    await server.close()
  } finally {
    clearTimeout(timer)
  }
}
