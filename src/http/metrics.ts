// Prometheus metrics of the server, in a registry of its own.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge as PromGauge, Histogram, Registry } from 'prom-client'
import { Fault } from '#kernel'
import { covers } from '#access/records'
import { authenticate } from './authenticate.ts'
import type { Doors, Gauge, HttpSettings } from './doors.ts'

export function installMetrics(server: FastifyInstance, doors: Doors, settings: HttpSettings): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'reeve_http_request_duration_seconds',
    help: 'how long requests took',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'reeve_http_unauthenticated_total',
    help: 'requests without a token that is in force',
    registers: [registry],
  })
  for (const gauge of doors.gauges ?? []) registerGauge(registry, gauge)
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    if (reply.statusCode === 401) refused.inc()
  })
  server.get('/metrics', async (request, reply) => {
    await assertMayMeasure(doors, settings, request)
    return await reply.header('content-type', registry.contentType).send(await registry.metrics())
  })
}

/** One that cannot be read is left out; the others are still told. */
function registerGauge(registry: Registry, { name, help, label, read }: Gauge): void {
  const gauge: PromGauge = new PromGauge({
    name,
    help,
    ...(label === undefined ? {} : { labelNames: [label] }),
    registers: [registry],
    collect: async () => {
      const value = await read().catch(() => undefined)
      gauge.reset()
      // a reset one without a label says 0, which nobody read
      if (label === undefined) gauge.remove()
      if (typeof value === 'number') gauge.set(value)
      else if (label !== undefined) {
        for (const [of, each] of Object.entries(value ?? {})) gauge.set({ [label]: of }, each)
      }
    },
  })
}

/** From the machine itself, or with a token of scope `metrics`. Behind a proxy everything comes from the machine itself. */
async function assertMayMeasure(doors: Doors, { behindProxy }: HttpSettings, request: FastifyRequest): Promise<void> {
  const local = /^(?:127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '')
  if (local && !behindProxy && request.headers.authorization === undefined) return
  const caller = await authenticate(doors, request.headers)
  if (!covers(caller.scopes, 'metrics')) throw new Fault('forbidden', 'the token lacks the scope `metrics`')
}
