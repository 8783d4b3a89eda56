// A Cedar schema in its JSON form, resolved: what each entity type and each action's context looks like, and the hierarchy
// of actions, which comes from the schema and nowhere else.
import { Fault } from '#kernel'
import { isObject, type Json, type JsonObject } from './read-value.ts'
import type { Attribute, ExtensionType, SchemaType } from './read-typed.ts'

export interface EntityTypeShape {
  readonly attributes: SchemaType & { readonly kind: 'record' }
  readonly tags: SchemaType | undefined
  readonly parents: ReadonlySet<string>
  readonly ids: ReadonlySet<string> | undefined
}

export interface ActionShape {
  readonly type: string
  readonly id: string
  readonly parents: readonly { readonly type: string; readonly id: string }[]
  readonly principals: ReadonlySet<string>
  readonly resources: ReadonlySet<string>
  readonly context: SchemaType & { readonly kind: 'record' }
}

export interface Schema {
  readonly entityTypes: ReadonlyMap<string, EntityTypeShape>
  readonly actions: readonly ActionShape[]
}

const PRIMITIVES: Readonly<Record<string, SchemaType['kind']>> = {
  Long: 'long',
  String: 'string',
  Boolean: 'bool',
  Bool: 'bool',
}
const EXTENSIONS: ReadonlySet<string> = new Set(['ipaddr', 'decimal', 'datetime', 'duration'])
const EMPTY: SchemaType & { kind: 'record' } = { kind: 'record', attributes: new Map(), open: false }
/** A common type may refer to others, never to itself. */
const NESTED_MAX = 128

const wrong = (what: string): never => {
  throw new Fault('invalid', `the schema ${what}`)
}
const object = (json: Json, what: string): JsonObject => (isObject(json) ? json : wrong(`has no object at ${what}`))
const list = (json: Json): readonly Json[] => (Array.isArray(json) ? json : [])
const text = (json: Json, what: string): string => (typeof json === 'string' ? json : wrong(`has no text at ${what}`))
const entries = (json: Json): [string, JsonObject][] =>
  isObject(json) ? Object.entries(json).map(([name, value]) => [name, object(value, name)]) : []
const qualified = (namespace: string, name: string): string =>
  namespace === '' || name.includes('::') ? name : `${namespace}::${name}`

export function readSchema(json: Json): Schema {
  return new SchemaReader(object(json, 'its top')).read()
}

class SchemaReader {
  readonly #namespaces: [string, JsonObject][]
  readonly #common = new Map<string, { namespace: string; json: JsonObject }>()
  readonly #ids = new Map<string, ReadonlySet<string> | undefined>()

  constructor(json: JsonObject) {
    this.#namespaces = entries(json)
    for (const [namespace, definition] of this.#namespaces) {
      for (const [name, type] of entries(definition['commonTypes'])) {
        this.#common.set(qualified(namespace, name), { namespace, json: type })
      }
      for (const [name, type] of entries(definition['entityTypes'])) {
        const ids = type['enum'] === undefined ? undefined : new Set(list(type['enum']).map((id) => text(id, name)))
        this.#ids.set(qualified(namespace, name), ids)
      }
    }
  }

  read(): Schema {
    const entityTypes = new Map<string, EntityTypeShape>()
    const actions: ActionShape[] = []
    for (const [namespace, definition] of this.#namespaces) {
      for (const [name, type] of entries(definition['entityTypes'])) {
        entityTypes.set(qualified(namespace, name), this.#entityType(namespace, qualified(namespace, name), type))
      }
      for (const [id, action] of entries(definition['actions'])) actions.push(this.#action(namespace, id, action))
    }
    return { entityTypes, actions }
  }

  #entityType(namespace: string, name: string, json: JsonObject): EntityTypeShape {
    return {
      attributes: json['shape'] === undefined ? EMPTY : this.#record(namespace, json['shape']),
      tags: json['tags'] === undefined ? undefined : this.#type(namespace, object(json['tags'], 'tags'), 0),
      parents: new Set(list(json['memberOfTypes']).map((parent) => this.#entityName(namespace, text(parent, name)))),
      ids: this.#ids.get(name),
    }
  }

  #action(namespace: string, id: string, json: JsonObject): ActionShape {
    const type = qualified(namespace, 'Action')
    const applies = isObject(json['appliesTo']) ? json['appliesTo'] : {}
    const types = (key: string): ReadonlySet<string> =>
      new Set(list(applies[key]).map((name) => this.#entityName(namespace, text(name, key))))
    const parents = list(json['memberOf']).map((parent) => {
      const { type: parentType, id: parentId } = object(parent, 'memberOf')
      return {
        type:
          parentType === undefined || parentType === null ? type : qualified(namespace, text(parentType, 'memberOf')),
        id: text(parentId, 'memberOf'),
      }
    })
    const context = applies['context'] === undefined ? EMPTY : this.#record(namespace, applies['context'])
    return { type, id, parents, principals: types('principalTypes'), resources: types('resourceTypes'), context }
  }

  #record(namespace: string, json: Json): SchemaType & { kind: 'record' } {
    const type = this.#type(namespace, object(json, 'a record'), 0)
    return type.kind === 'record' ? type : wrong('has something else where a record must stand')
  }

  #entityName(namespace: string, name: string): string {
    const near = qualified(namespace, name)
    if (this.#ids.has(near)) return near
    return this.#ids.has(name) ? name : wrong(`names the entity type \`${name}\` and does not declare it`)
  }

  #type(namespace: string, json: JsonObject, depth: number): SchemaType {
    if (depth > NESTED_MAX) return wrong('has a type that is nested too deep or refers to itself')
    // a common type of annotations may wrap its type once more
    if (isObject(json['type'])) return this.#type(namespace, json['type'], depth + 1)
    const kind = text(json['type'], 'type')
    if (kind === 'Set') {
      return { kind: 'set', element: this.#type(namespace, object(json['element'], 'element'), depth + 1) }
    }
    if (kind === 'Record') {
      const attributes = new Map<string, Attribute>()
      for (const [name, attribute] of entries(json['attributes'])) {
        attributes.set(name, {
          type: this.#type(namespace, attribute, depth + 1),
          required: attribute['required'] !== false,
        })
      }
      return { kind: 'record', attributes, open: json['additionalAttributes'] === true }
    }
    const name = ['Entity', 'EntityOrCommon', 'Extension'].includes(kind) ? text(json['name'], 'name') : kind
    if (kind === 'Entity') return this.#entity(this.#entityName(namespace, name))
    if (kind === 'Extension') return this.#builtIn(name)
    // what is written out resolves as the reference does: nearest common type, nearest entity, then what is built in
    for (const candidate of new Set([qualified(namespace, name), name])) {
      const common = this.#common.get(candidate)
      if (common !== undefined) return this.#type(common.namespace, common.json, depth + 1)
      if (kind === 'EntityOrCommon' && this.#ids.has(candidate)) return this.#entity(candidate)
    }
    return this.#builtIn(name)
  }

  #entity(name: string): SchemaType {
    return { kind: 'entity', name, ids: this.#ids.get(name) }
  }

  #builtIn(name: string): SchemaType {
    const bare = name.startsWith('__cedar::') ? name.slice('__cedar::'.length) : name
    const primitive = Object.hasOwn(PRIMITIVES, bare) ? PRIMITIVES[bare] : undefined
    if (primitive === 'long' || primitive === 'string' || primitive === 'bool') return { kind: primitive }
    if (EXTENSIONS.has(bare)) return { kind: 'extension', name: bare as ExtensionType }
    return wrong(`refers to a type \`${name}\` that is not declared`)
  }
}
