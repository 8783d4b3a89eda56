// Random values from a JSON Schema of the OpenAPI document: fitting ones, and ones that are broken in one place.
import * as fc from 'fast-check'
import type { JsonSchema } from '../../src/http/openapi/schema.ts'

export interface Pool {
  /** Ids that are there, by prefix: what is drawn at random would hardly ever meet a record. */
  readonly ids: Readonly<Record<string, readonly string[]>>
  readonly components: Readonly<Record<string, JsonSchema>>
}

const INSTANTS = [
  '2026-01-31',
  '2026-06-01T08:00:00Z',
  '1970-01-01',
  '2026-09-01',
  '2026-03-05',
  '9999-12-31T23:59:59.999Z',
  '2026-02-30',
]

/** A value that fits the schema, as far as the schema says; the operation behind it may still refuse it. */
export function fitting(schema: JsonSchema, pool: Pool, depth = 0): fc.Arbitrary<unknown> {
  const { $ref, enum: choices, const: only, anyOf, oneOf, type, examples } = schema as Schema
  if ($ref !== undefined) return fitting(pool.components[$ref.split('/').at(-1) ?? ''] ?? {}, pool, depth)
  if (only !== undefined) return fc.constant(only)
  if (choices !== undefined) return fc.constantFrom(...choices)
  const options = anyOf ?? oneOf
  if (options !== undefined) return fc.oneof(...options.map((option) => fitting(option, pool, depth)))
  if (type === 'null') return fc.constant(null)
  if (type === 'boolean') return fc.boolean()
  if (type === 'integer' || type === 'number') return number(schema)
  if (type === 'string') return examples === undefined ? text(schema, pool) : fc.constantFrom(...INSTANTS)
  if (type === 'array') return list(schema, pool, depth)
  if (type === 'object') return object(schema, pool, depth)
  return fc.jsonValue({ maxDepth: 1 })
}

interface Schema {
  readonly $ref?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly type?: string
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly items?: JsonSchema
  readonly maxItems?: number
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
}

const number = ({ minimum = -1000, maximum = 100_000 }: Schema): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: minimum, max: maximum }), fc.constantFrom(minimum, maximum))

function text({ pattern, format, minLength = 0, maxLength = 60 }: Schema, { ids }: Pool): fc.Arbitrary<string> {
  if (format === 'email') return fc.stringMatching(/^[a-z]{1,10}@larkfield\.example$/)
  if (pattern !== undefined) {
    const known = ids[/^\^([a-z]+)_/.exec(pattern)?.[1] ?? ''] ?? []
    const odd = NASTY.filter((each) => new RegExp(pattern).test(each))
    const drawn = fc.stringMatching(new RegExp(pattern))
    const made = odd.length === 0 ? drawn : fc.oneof(drawn, fc.constantFrom(...odd))
    return known.length === 0
      ? made
      : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: made })
  }
  const length = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 60)) }
  const anyId = fc.constantFrom(...Object.values(ids).flat())
  return fc.oneof(
    { weight: 4, arbitrary: fc.string(length) },
    { weight: 3, arbitrary: fc.string({ ...length, unit: 'binary' }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...NASTY.filter((each) => each.length >= minLength && each.length <= maxLength),
        'plain',
      ),
    },
    { weight: 1, arbitrary: maxLength >= 40 ? anyId : fc.constant('plain') },
  )
}

/** What databases, logs and parsers stumble over. */
export const NASTY = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  '__proto__',
  "'; drop table x; --",
  '\\',
  '%00',
  '{}',
  '\u202e',
  'x'.repeat(5000),
  '../..',
  '\r\nSet-Cookie: a=b',
  '${7*7}',
  '"',
  // dates that parsers and databases hold in different ways
  '0000-01-01',
  '0001-01-01T00:00:00Z',
  '1899-12-31',
  '9999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-14:00',
  '+275760-09-13T00:00:00Z',
  '2026-02-31',
  '2026-03-01T24:00:00Z',
  '2026-06-30T23:59:60Z',
  '2026-03-01T00:00:00+23:59',
]
/** Of these, what is spelled as a date. */
export const ODD_DATES: readonly string[] = NASTY.filter((each) => /^[+\d][\d-]+(?:T|$)/.test(each))

const list = ({ items = {}, minItems = 0, maxItems = 3 }: Schema, pool: Pool, depth: number): fc.Arbitrary<unknown> =>
  fc.array(fitting(items, pool, depth + 1), {
    minLength: minItems,
    maxLength: Math.max(minItems, Math.min(maxItems, 3)),
  })

function object(
  { properties = {}, required = [], additionalProperties }: Schema,
  pool: Pool,
  depth: number,
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, fitting(schema, pool, depth + 1)]),
  )
  const known = fc.record(members, { requiredKeys: required as never[] })
  if (typeof additionalProperties !== 'object') return known
  const more = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 20 }),
    fitting(additionalProperties, pool, depth + 1),
    { maxKeys: 3 },
  )
  return fc.tuple(known, more).map(([a, b]) => Object.assign({}, a, b))
}

/** The value with one thing wrong in it, somewhere. */
export function broken(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(value, fc.nat(), wrong, fc.boolean()).map(([fit, where, put, add]) => breakAt(fit, where, put, add))
}

const wrong: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    [],
    {},
    '',
    [[]],
    { a: { b: 1 } },
    Number.MAX_SAFE_INTEGER + 2,
    ...NASTY,
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

function breakAt(value: unknown, where: number, put: unknown, add: boolean): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const at = where % value.length
    return value.map((item: unknown, index) => (index === at ? breakAt(item, where >> 3, put, add) : item))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value)
    if (add || keys.length === 0) return { ...value, surprise: put }
    const key = keys[where % keys.length] ?? ''
    const { [key]: member, ...rest } = value as Record<string, unknown>
    if (where % 5 === 0) return rest
    return { ...rest, [key]: breakAt(member, where >> 3, put, add) }
  }
  return put
}
