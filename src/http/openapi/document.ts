// The OpenAPI 3.1 document, made from the table of endpoints that the server itself is made from.
import { describeFault } from '#kernel'
import type { FaultCode } from '#kernel'
import { changes, TAGS } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import { Problem } from '../problem.ts'
import { ENDPOINTS } from '../routes/index.ts'
import { HEADERS, parametersOf } from './parameters.ts'
import { Components } from './schema.ts'
import type { JsonSchema } from './schema.ts'
import { serverPaths } from './server-paths.ts'

export interface OpenApiDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, { readonly [method: string]: Operation }>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>>; readonly [part: string]: unknown }
  readonly [member: string]: unknown
}

interface Operation {
  readonly operationId: string
  readonly [member: string]: unknown
}

/** The same table gives the same document, byte for byte. */
export function openApiDocument(release: string): OpenApiDocument {
  const components = new Components()
  components.convert(Problem, 'output')
  const paths: Record<string, Record<string, Operation>> = {}
  for (const endpoint of ENDPOINTS) {
    const path = (paths[endpoint.path] ??= {})
    path[endpoint.method.toLowerCase()] = operationOf(endpoint, components)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Reeve',
      version: release,
      summary: 'The roll of every non-human identity: who or what exists, who answers for it, why, until when',
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'this server' }],
    security: [{ token: [] }],
    tags: [
      ...Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      { name: 'server', description: 'The process itself' },
    ],
    paths: { ...paths, ...serverPaths() },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'a token as `reeve token create` prints it once: `reeve_p_…`, `reeve_c_…`',
        },
      },
      headers: HEADERS,
      responses: problemResponses(),
      schemas: Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  }
}

const INTRODUCTION = `Every error is a problem document (RFC 9457) whose \`type\` is \`urn:reeve:problem:\` and a code.
Lists are pages: \`next\` of one page is the \`cursor\` of the following one.
Updates of records need \`If-Match\` with the \`ETag\` that was read.
An \`Idempotency-Key\` makes a change happen once, however often it is sent.
What is not yours to see is answered as if it were not there.
A day (\`2026-01-31\`) stands for its end in UTC.
Decisions are asked for by AuthZEN's Authorization API 1.0, which is not repeated here:
\`/.well-known/authzen-configuration\` names its endpoints, and a token needs the scope \`decide\`.`

function operationOf(endpoint: AnyEndpoint, components: Components): Operation {
  const { operationId, summary, description, tag, who, scope, body, answer, status = 200, versioned } = endpoint
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, accessOf(who), `Scope: \`${scope}\`.`].filter((part) => part !== undefined).join('\n\n'),
    parameters: parametersOf(endpoint, components),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: json(components.convert(body, 'input')),
          },
        }),
    responses: {
      [status]: {
        description: status === 201 ? 'made' : status === 202 ? 'taken on' : 'done',
        headers: {
          'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
          ...(versioned === undefined ? {} : { ETag: { $ref: '#/components/headers/ETag' } }),
        },
        content: json(components.convert(answer, 'output')),
      },
      ...refusalsOf(endpoint),
    },
  }
}

const json = (schema: JsonSchema): { 'application/json': { schema: JsonSchema } } => ({
  'application/json': { schema },
})

function accessOf(who: AnyEndpoint['who']): string {
  if (who.anyone === true) return 'For every person and API client; what they see is what is theirs, or all by role.'
  if (who.self === true && who.roles === undefined) return 'For whom it is about.'
  const may = [
    ...(who.roles ?? []),
    ...(who.owner === true ? ['its owner or backup'] : []),
    ...(who.self === true ? ['whom it is about'] : []),
    ...(who.bootstrap === true ? ['the bootstrap token'] : []),
  ]
  return `For: ${may.join(', ')}.`
}

const ALWAYS: readonly FaultCode[] = ['invalid', 'unauthenticated', 'forbidden', 'rate_limited', 'database_unavailable']
const ON_CHANGE: readonly FaultCode[] = [
  'conflict',
  'too_large',
  'unsupported',
  'unprocessable',
  'outcome_unknown',
  'storage_full',
]

function codesOf(endpoint: AnyEndpoint): FaultCode[] {
  return [
    ...ALWAYS,
    ...(changes(endpoint) ? ON_CHANGE : []),
    ...(endpoint.params === undefined ? [] : (['not_found'] as const)),
    ...(endpoint.versioned === 'update' ? (['version_mismatch', 'precondition_required'] as const) : []),
    ...(endpoint.refuses ?? []),
  ]
}

function refusalsOf(endpoint: AnyEndpoint): Record<string, { readonly $ref: string }> {
  const statuses = [...new Set(codesOf(endpoint).map((code) => describeFault(code).status)), 500].sort((a, b) => a - b)
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]))
}

const CODES: readonly FaultCode[] = [
  ...ALWAYS,
  ...ON_CHANGE,
  'not_found',
  'version_mismatch',
  'precondition_required',
  'idempotency_reused',
  'over',
]

function problemResponses(): Record<string, unknown> {
  const byStatus = Map.groupBy(CODES, (code) => describeFault(code).status)
  const responses = [...byStatus].map(
    ([status, codes]) => [status, codes.map((code) => describeFault(code).title).join('; '), codes] as const,
  )
  return Object.fromEntries(
    [...responses, [500, 'something failed here', ['internal']] as const]
      .sort(([a], [b]) => a - b)
      .map(([status, description, codes]) => [
        `Problem${status}`,
        {
          description,
          headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
          content: {
            'application/problem+json': {
              schema: { $ref: '#/components/schemas/Problem' },
              example: {
                type: `urn:reeve:problem:${codes[0] ?? 'internal'}`,
                title: description.split('; ')[0] ?? description,
                status,
                detail: 'what is wrong, and what to do next',
                instance: '0b8f6e4e-4c0e-4f3a-9d2e-3a7c6f1d9b10',
              },
            },
          },
        },
      ]),
  )
}
