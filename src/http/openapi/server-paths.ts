// The paths that are no endpoints of the roll: health, metrics, the files of the log, and this document itself.
import { logPaths } from './log-paths.ts'

const text = (description: string): unknown => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
})
const status = (description: string): unknown => ({
  description,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: { status: { type: 'string' }, log: { type: 'string' } },
        required: ['status'],
        additionalProperties: false,
      },
    },
  },
})
const refused = (code: number): unknown => ({ $ref: `#/components/responses/Problem${code}` })

interface Path {
  readonly [method: string]: { readonly operationId: string; readonly [member: string]: unknown }
}

export function serverPaths(): Record<string, Path> {
  return {
    '/healthz': {
      get: {
        operationId: 'getHealth',
        tags: ['server'],
        summary: 'Whether the process lives',
        description: 'Needs no token and asks nobody else.',
        security: [],
        responses: { 200: status('it lives'), 400: refused(400) },
      },
    },
    '/readyz': {
      get: {
        operationId: 'getReadiness',
        tags: ['server'],
        summary: 'Whether requests can be served: the database is asked',
        description: '`log`: whether this server signs the log. Needs no token.',
        security: [],
        responses: { 200: status('it can'), 400: refused(400), 503: status('the database does not answer') },
      },
    },
    ...logPaths(),
    '/metrics': {
      get: {
        operationId: 'getMetrics',
        tags: ['server'],
        summary: 'Metrics in the text format of Prometheus',
        description:
          'From the machine itself without a token (unless a proxy is in front), else with one of scope `metrics`.',
        responses: { 200: text('the metrics'), 401: refused(401), 403: refused(403) },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        tags: ['server'],
        summary: 'This document',
        description: 'Needs no token.',
        security: [],
        responses: {
          200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
          400: refused(400),
        },
      },
    },
  }
}
