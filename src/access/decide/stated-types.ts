// What the schema of the policies in force declares of what a request states, held against it. A value of another type would be no
// error of a policy: to Cedar `3 == "prod"` is false, and a `forbid` on it would let pass.
import type { Json } from '#kernel'
import { readSchema } from '../policy/index.ts'
import type { Attributes, Schema, SchemaType } from '../policy/index.ts'
import type { Question } from './question.ts'

type Given = { readonly [key: string]: Json | undefined }

/** By part of the context: what may be stated there. */
type Declared = Readonly<Partial<Record<Part, Attributes>>>
type Part = keyof typeof PARTS
/** As a request names what the context has under `subject`, `resource`, `action`, `request`. */
const PARTS = {
  subject: 'subject.properties',
  resource: 'resource.properties',
  action: 'action.properties',
  request: 'context',
} as const

export class StatedTypes {
  readonly #byAction = new Map<string, Declared>()
  /** Of all actions, each once: what is asked of one that the schema does not name has to fit one of them. */
  readonly #all: Declared[] = []
  /** The items of a batch share one: a large one is looked through once. */
  #last: { readonly given: Given; readonly declared: Attributes; readonly wrong: string | undefined } | undefined

  constructor({ actions }: Schema) {
    const known = new Map<string, Declared>()
    for (const { type, id, principals, context } of actions) {
      // a group of actions has no context
      if (type !== 'Action' || principals.size === 0) continue
      const declared = declaredIn(context.attributes)
      const key = JSON.stringify(declared, (_, value: unknown) => (value instanceof Map ? [...value] : value))
      const same = known.get(key) ?? declared
      if (!known.has(key)) this.#all.push(same)
      known.set(key, same)
      this.#byAction.set(id, same)
    }
  }

  /** What is wrong, for who asked; `undefined` where everything that is declared has its type. */
  mismatch(question: Question): string | undefined {
    if (!statesAnything(question)) return undefined
    const own = this.#byAction.get(question.action.name)
    if (own !== undefined) return this.#misfit(own, question)
    let wrong: string | undefined
    for (const declared of this.#all) {
      const found = this.#misfit(declared, question)
      if (found === undefined) return undefined
      wrong ??= found
    }
    return wrong
  }

  #misfit(declared: Declared, { subject, resource, action, context }: Question): string | undefined {
    return (
      misfitIn(subject.properties, declared.subject, PARTS.subject) ??
      misfitIn(resource.properties, declared.resource, PARTS.resource) ??
      misfitIn(action.properties, declared.action, PARTS.action) ??
      this.#misfitInContext(context, declared.request)
    )
  }

  #misfitInContext(given: Given | undefined, declared: Attributes | undefined): string | undefined {
    if (given === undefined || declared === undefined) return undefined
    if (this.#last?.given !== given || this.#last.declared !== declared)
      this.#last = { given, declared, wrong: misfitIn(given, declared, PARTS.request) }
    return this.#last.wrong
  }
}

/** `schema`: in JSON form. Throws a Fault that says what is wrong with it. */
export const statedTypes = (schema: unknown): StatedTypes => new StatedTypes(readSchema(schema))

/** Anything that a schema could declare. */
export const statesAnything = ({ subject, resource, action, context }: Question): boolean =>
  subject.properties !== undefined ||
  resource.properties !== undefined ||
  action.properties !== undefined ||
  context !== undefined

function declaredIn(context: Attributes): Declared {
  const parts: Partial<Record<Part, Attributes>> = {}
  for (const part of Object.keys(PARTS) as Part[]) {
    const type = context.get(part)?.type
    if (type?.kind === 'record') parts[part] = stated(part, type.attributes)
  }
  return parts
}

/** What stands under these names is who is asked about, whatever the properties say. */
const NAMED: ReadonlySet<string> = new Set(['type', 'id'])

const stated = (part: Part, attributes: Attributes): Attributes =>
  part === 'subject' || part === 'resource' ? new Map([...attributes].filter(([name]) => !NAMED.has(name))) : attributes

function misfitIn(given: Given | undefined, declared: Attributes | undefined, within: string): string | undefined {
  if (given === undefined || declared === undefined) return undefined
  for (const [name, { type }] of declared) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    // null is left out before policies see it
    const wrong = value == null ? undefined : misfit(value, type, `${within}.${name}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function misfit(value: Json, type: SchemaType, name: string): string | undefined {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? undefined : wrong(name, 'true or false')
    case 'string':
      return typeof value === 'string' ? undefined : wrong(name, 'a text')
    case 'long':
      return Number.isInteger(value) ? undefined : wrong(name, 'a whole number')
    case 'set':
      if (!Array.isArray(value)) return wrong(name, 'a list')
      for (const item of value as readonly Json[]) {
        const found = item === null ? undefined : misfit(item, type.element, `${name}[]`)
        if (found !== undefined) return found
      }
      return undefined
    case 'record':
      return isObject(value) && !isEscaped(value) ? misfitIn(value, type.attributes, name) : wrong(name, 'an object')
    case 'entity':
      return escapeOf(value, '__entity', 'type') === type.name ? undefined : wrong(name, `a \`${type.name}\``)
    default:
      if (type.name === 'decimal' && typeof value === 'number' && !Number.isInteger(value)) return undefined
      return escapeOf(value, '__extn', 'fn') === CONSTRUCTORS[type.name]
        ? undefined
        : wrong(name, `a value of type ${type.name}`)
  }
}

const CONSTRUCTORS = { ipaddr: 'ip', decimal: 'decimal', datetime: 'datetime', duration: 'duration' } as const

const isEscaped = (value: { readonly [key: string]: Json }): boolean =>
  Object.hasOwn(value, '__entity') || Object.hasOwn(value, '__extn')

function escapeOf(value: Json, escape: '__entity' | '__extn', member: string): Json | undefined {
  if (!isObject(value) || !Object.hasOwn(value, escape)) return undefined
  const inner = value[escape]
  return inner !== undefined && isObject(inner) && Object.hasOwn(inner, member) ? inner[member] : undefined
}

const wrong = (name: string, expected: string): string =>
  `\`${name}\`: the schema of the policies in force has ${expected} there`
