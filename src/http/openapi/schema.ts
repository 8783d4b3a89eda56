// From zod to the JSON Schema of OpenAPI 3.1: what has an id becomes a component, everything else stands in its place.
import { z } from 'zod'

export type JsonSchema = Readonly<Record<string, unknown>>

/** Collects components while schemas are converted. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {}

  /** `input`: what a client sends. `output`: what the server answers. */
  convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _dialect,
      $defs = {},
      ...whole
    } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' })
    for (const [name, component] of Object.entries($defs)) this.#add(name, component)
    const id = schema.meta()?.id
    const converted = relinked(whole) as JsonSchema
    if (id === undefined || '$ref' in converted) return converted
    this.#add(id, converted)
    return { $ref: `#/components/schemas/${id}` }
  }

  #add(name: string, component: unknown): void {
    const { id: _id, ...schema } = relinked(component) as JsonSchema
    const known = this.schemas[name]
    // INVARIANT: one name, one shape; a schema that is sent and answered differently needs two names
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`the schema ${name} has two shapes`)
    }
    this.schemas[name] = schema
  }
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      if (key === '$ref' && typeof member === 'string')
        return [[key, member.replace('#/$defs/', '#/components/schemas/')]]
      // bounds of JavaScript's own, which say nothing to a reader
      if ((key === 'maximum' || key === 'minimum') && Math.abs(Number(member)) === Number.MAX_SAFE_INTEGER) return []
      return [[key, relinked(member)]]
    }),
  )
}
