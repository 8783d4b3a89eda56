// The parameters of an endpoint as OpenAPI spells them: path, query, and the headers that all endpoints share.
import type { z } from 'zod'
import { changes } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import type { Components, JsonSchema } from './schema.ts'

export const HEADERS = {
  ETag: { description: 'the version of the record, for `If-Match`', schema: { type: 'string' }, example: '"3"' },
  'X-Request-Id': { description: 'the id of the request, as the log has it', schema: { type: 'string' } },
} as const

export function parametersOf(endpoint: AnyEndpoint, components: Components): unknown[] {
  return [
    ...fieldsOf('path', endpoint.params, components),
    ...fieldsOf('query', endpoint.query, components),
    ...(changes(endpoint) ? [IDEMPOTENCY_KEY] : []),
    ...(endpoint.versioned === 'update' ? [IF_MATCH] : []),
  ]
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'the change happens once per key, however often it is sent; the same key with another request is refused',
  schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' },
}

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'the `ETag` that was read, or `*` for any version',
  schema: { type: 'string', pattern: '^(\\*|"\\d{1,9}")$' },
  example: '"3"',
}

function fieldsOf(place: 'path' | 'query', schema: z.ZodObject | undefined, components: Components): unknown[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = components.convert(schema, 'input') as {
    readonly properties?: Readonly<Record<string, JsonSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...property }]) =>
    Object.assign(
      { name, in: place, required: place === 'path' || required.includes(name) },
      description === undefined ? {} : { description },
      { schema: property },
    ),
  )
}
