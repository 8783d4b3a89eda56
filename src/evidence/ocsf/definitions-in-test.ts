// The given OCSF definitions as a check: an event against its class, attribute by attribute, object by object.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const DEFINITIONS = '../shared/schemas/ocsf'
export const definitionsAbsent = (): string | false => (existsSync(DEFINITIONS) ? false : `${DEFINITIONS} is not there`)

interface Attribute {
  readonly requirement?: string
  readonly type?: string
  readonly object_type?: string
  readonly is_array?: boolean
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>
  readonly profile?: string
}

interface Definition {
  readonly name: string
  readonly caption?: string
  readonly uid?: number
  readonly category?: string
  readonly extends?: string
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly constraints?: { readonly at_least_one?: readonly string[] }
}

const read = (path: string): Definition => JSON.parse(readFileSync(join(DEFINITIONS, path), 'utf8')) as Definition

export class Definitions {
  readonly version = (JSON.parse(readFileSync(join(DEFINITIONS, 'version.json'), 'utf8')) as { version: string })
    .version
  readonly #dictionary = read('dictionary.json').attributes
  readonly #types = (
    read('dictionary.json') as unknown as { types: { attributes: Record<string, { type?: string; regex?: string }> } }
  ).types.attributes
  readonly #categories = (
    read('categories.json') as unknown as { attributes: Record<string, { uid: number; caption: string }> }
  ).attributes
  readonly #events = new Map<string, Definition>()
  readonly #objects = new Map<string, Definition>()

  constructor() {
    for (const [folder, into] of [
      ['events', this.#events],
      ['objects', this.#objects],
    ] as const) {
      for (const item of readdirSync(join(DEFINITIONS, folder), { recursive: true, encoding: 'utf8' })) {
        if (!item.endsWith('.json')) continue
        const found = read(join(folder, item))
        into.set(found.name, found)
      }
    }
  }

  /** What is wrong with an event; nothing where it is good. */
  problems(event: Readonly<Record<string, unknown>>): string[] {
    const wanted = [...this.#events.values()].find((one) => this.#uidOf(one) === event['class_uid'])
    if (wanted === undefined) return [`no class has the uid ${String(event['class_uid'])}`]
    const category = this.#categories[this.#inherited(this.#events, wanted).category]?.uid ?? 0
    const problems = this.#object(this.#inherited(this.#events, wanted), event, wanted.name)
    if (event['category_uid'] !== category) problems.push(`category_uid of ${wanted.name} is ${category}`)
    if (event['class_name'] !== wanted.caption)
      problems.push(`class_name of ${wanted.name} is ${String(wanted.caption)}`)
    if (event['type_uid'] !== Number(event['class_uid']) * 100 + Number(event['activity_id']))
      problems.push('type_uid is not class_uid * 100 + activity_id')
    return problems
  }

  #uidOf(definition: Definition): number | undefined {
    if (definition.name === 'base_event') return 0
    if (definition.uid === undefined) return undefined
    return (this.#categories[this.#inherited(this.#events, definition).category]?.uid ?? 0) * 1000 + definition.uid
  }

  /** With what it takes from what it extends. Attributes of profiles that an event does not name are not its own. */
  #inherited(
    among: ReadonlyMap<string, Definition>,
    definition: Definition,
  ): Required<Pick<Definition, 'attributes' | 'category'>> & Definition {
    const parent = definition.extends === undefined ? undefined : among.get(definition.extends)
    const above = parent === undefined ? undefined : this.#inherited(among, parent)
    const attributes: Record<string, Attribute> = { ...above?.attributes }
    for (const [name, own] of Object.entries(definition.attributes)) {
      if (name.startsWith('$')) continue
      const before = attributes[name]
      attributes[name] = { ...before, ...own, enum: { ...before?.enum, ...own.enum } }
    }
    const constraints = definition.constraints ?? above?.constraints
    return {
      ...definition,
      attributes,
      category: definition.category ?? above?.category ?? '',
      ...(constraints === undefined ? {} : { constraints }),
    }
  }

  #object(definition: Definition, value: Readonly<Record<string, unknown>>, path: string): string[] {
    const problems: string[] = []
    for (const [name, attribute] of Object.entries(definition.attributes))
      if (attribute.requirement === 'required' && value[name] === undefined) problems.push(`${path}.${name} is missing`)
    const any = definition.constraints?.at_least_one
    if (any !== undefined && !any.some((name) => value[name] !== undefined))
      problems.push(`${path} has none of ${any.join(', ')}`)
    for (const [name, given] of Object.entries(value)) {
      const own = definition.attributes[name]
      if (own === undefined) problems.push(`${path}.${name} is no attribute of ${definition.name}`)
      else problems.push(...this.#attribute(name, own, given, `${path}.${name}`))
    }
    return problems
  }

  #attribute(name: string, own: Attribute, given: unknown, path: string): string[] {
    const general = this.#dictionary[name]
    // each class has a uid and a category of its own, which are held against them elsewhere
    const values = ['class_uid', 'category_uid'].includes(name) ? {} : { ...general?.enum, ...own.enum }
    const attribute = { ...general, ...own, enum: values }
    if (attribute.is_array === true && !Array.isArray(given)) return [`${path} is no array`]
    const items: readonly unknown[] = attribute.is_array === true ? (given as unknown[]) : [given]
    return items.flatMap((item) => this.#value(attribute, item, path))
  }

  #value(attribute: Attribute, given: unknown, path: string): string[] {
    const type = attribute.type ?? ''
    const values = Object.keys(attribute.enum ?? {})
    if (values.length > 0 && !values.includes(String(given))) return [`${path} cannot be ${String(given)}`]
    if (this.#types[type] === undefined) {
      if (typeof given !== 'object' || given === null) return [`${path} is no object`]
      const object = this.#objects.get(type)
      if (object === undefined) return [`${path} is of ${type}, which is not defined`]
      // `object` itself has no attributes of its own: anything may stand there
      return type === 'object'
        ? []
        : this.#object(this.#inherited(this.#objects, object), given as Record<string, unknown>, path)
    }
    const { type: base = type, regex } = this.#types[type]
    if (base === 'integer_t' || base === 'long_t') return Number.isSafeInteger(given) ? [] : [`${path} is no integer`]
    if (base === 'boolean_t') return typeof given === 'boolean' ? [] : [`${path} is no boolean`]
    if (base === 'json_t') return []
    if (typeof given !== 'string') return [`${path} is no text`]
    return regex === undefined || new RegExp(regex).test(given) ? [] : [`${path} does not match ${type}`]
  }
}
