// Reads a request into the frame: who, what, on what, and the context, as the schema directs where there is one. Nothing
// of it stays behind. A request that is not valid is refused as a whole, before any policy is asked.
import { Fault } from '#kernel'
import type { EntityStore } from './entity-store.ts'
import type { Frame } from './frame.ts'
import { readTyped } from './read-typed.ts'
import { isObject, isTypeName, readRecord, refuse, type JsonObject } from './read-value.ts'
import type { ActionShape, Schema } from './schema.ts'
import { EMPTY_RECORD, Entity, RecordValue } from './value.ts'

export interface PolicyRequest {
  readonly principal: { readonly type: string; readonly id: string }
  readonly action: { readonly type: string; readonly id: string }
  readonly resource: { readonly type: string; readonly id: string }
  /** JSON as parsed: entities as `{"__entity": …}`, extension values as `{"__extn": …}`. Or values: no schema directs those. */
  readonly context?: JsonObject | RecordValue
}

const TYPE_NAMES_MAX = 64

export class RequestReader {
  readonly #entities: EntityStore
  readonly #actions = new Map<Entity, ActionShape>()
  /** Seen to be names; nearly all requests are about the same few types. */
  readonly #typeNames = new Set<string>()

  constructor(entities: EntityStore) {
    this.#entities = entities
    for (const action of entities.schema?.actions ?? []) {
      const entity = entities.find(action.type, action.id)
      if (entity !== undefined) this.#actions.set(entity, action)
    }
  }

  read({ principal, action, resource, context }: PolicyRequest, frame: Frame): void {
    frame.principal = this.#entity(principal, 'principal')
    frame.action = this.#entity(action, 'action')
    frame.resource = this.#entity(resource, 'resource')
    const { schema } = this.#entities
    if (schema !== undefined) frame.context = this.#readWithSchema(frame, schema, context)
    else if (context instanceof RecordValue) frame.context = context
    else if (context === undefined) frame.context = EMPTY_RECORD
    else
      frame.context = isObject(context)
        ? readRecord(context, this.#entities.resolve)
        : refuse('context', 'not an object')
  }

  #entity(named: { readonly type: string; readonly id: string }, name: string): Entity {
    if (!isObject(named) || typeof named.type !== 'string' || typeof named.id !== 'string') {
      return refuse(name, 'an entity is written as {"type": …, "id": …}')
    }
    const known = this.#entities.find(named.type, named.id)
    if (known !== undefined) return known
    if (!this.#isTypeName(named.type)) return refuse(name, 'the type of the entity is not a name')
    if (!named.id.isWellFormed()) return refuse(name, 'the id holds half of a surrogate pair; send valid Unicode')
    return new Entity(named.type, named.id, -1)
  }

  #isTypeName(text: string): boolean {
    if (this.#typeNames.has(text)) return true
    if (!isTypeName(text)) return false
    if (this.#typeNames.size < TYPE_NAMES_MAX) this.#typeNames.add(text)
    return true
  }

  #readWithSchema(
    { principal, action, resource }: Frame,
    schema: Schema,
    context: JsonObject | RecordValue = {},
  ): RecordValue {
    if (context instanceof RecordValue) throw new Error('a schema directs how JSON is read, and nothing else')
    const shape = this.#actions.get(action)
    if (shape === undefined) return refuse('action', 'the schema declares no such action')
    if (!shape.principals.has(principal.type)) return refuse('principal', 'the action does not apply to this type')
    if (!shape.resources.has(resource.type)) return refuse('resource', 'the action does not apply to this type')
    for (const entity of [principal, resource]) {
      const ids = schema.entityTypes.get(entity.type)?.ids
      if (ids !== undefined && !ids.has(entity.id)) throw new Fault('invalid', 'the schema lists no such entity')
    }
    return readTyped(context, shape.context, this.#entities.resolve, 'context') as RecordValue
  }
}
