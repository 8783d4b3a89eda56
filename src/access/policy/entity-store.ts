// The entities that policies are decided over: one object for each that a record or a policy mentions, with dense slots and
// sorted arrays of ancestors. INVARIANT: no cycle; nothing is added for what only a request mentions.
import { Fault } from '#kernel'
import { ancestorsOf, isAncestor } from './ancestors.ts'
import { Lasting } from './lasting.ts'
import { readActionEntities, readEntityRecord, type EntityRecord } from './read-entity.ts'
import type { Schema } from './schema.ts'
import { Entity, RecordValue, SetValue, type Value } from './value.ts'

export interface EntityProblem {
  /** As far as it could be read. */
  readonly type: string
  readonly id: string
  readonly message: string
}

export class EntityStore {
  readonly schema: Schema | undefined
  readonly #types = new Map<string, Map<string, Entity>>()
  readonly #children = new Map<Entity, Set<Entity>>()
  readonly #bySlot: Entity[] = []
  readonly #lasting = new Lasting()
  readonly #free: number[] = []
  /** Types of which only the schema says what there is. */
  readonly #actions: ReadonlySet<string>

  /** With a schema, records are read as it directs, and the actions that it declares are there from the start. */
  constructor(schema?: Schema) {
    this.schema = schema
    this.#actions = new Set(schema?.actions.map(({ type }) => type))
    if (schema === undefined) return
    for (const problem of this.#addAll(readActionEntities(schema, this.mention))) {
      throw new Fault('invalid', `the schema's action \`${problem.type}::"${problem.id}"\`: ${problem.message}`)
    }
  }

  /** Entities that are listed or mentioned. */
  get size(): number {
    return this.#bySlot.length - this.#free.length
  }

  /** Of this type, whatever a policy or a record mentions. */
  idsOf(type: string): IterableIterator<string> {
    return this.#types.get(type)?.keys() ?? [].values()
  }

  /** What a policy or a record mentions, or undefined. */
  find(type: string, id: string): Entity | undefined {
    return this.#types.get(type)?.get(id)
  }

  /** For the length of a request: nothing is remembered. */
  readonly resolve = (type: string, id: string): Entity => this.find(type, id) ?? new Entity(type, id, -1)

  /** The one object for this entity, made when there is none; `release` it when the mention ends. */
  readonly mention = (type: string, id: string): Entity => {
    let ids = this.#types.get(type)
    if (ids === undefined) this.#types.set(type, (ids = new Map<string, Entity>()))
    let entity = ids.get(id)
    if (entity === undefined) {
      entity = new Entity(type, id, this.#free.pop() ?? this.#bySlot.length)
      this.#bySlot[entity.slot] = entity
      ids.set(id, entity)
    }
    entity.mentions++
    return entity
  }

  release(entity: Entity): void {
    entity.mentions--
    if (entity.mentions > 0 || entity.data !== null) return
    const ids = this.#types.get(entity.type)
    ids?.delete(entity.id)
    if (ids?.size === 0) this.#types.delete(entity.type)
    this.#free.push(entity.slot)
    // INVARIANT: nothing holds it any more, and whoever does by mistake meets an entity that is in no hierarchy
    entity.slot = -1
  }

  releaseSlot(slot: number): void {
    const entity = this.#bySlot[slot]
    if (entity !== undefined) this.release(entity)
  }

  /** Releases every entity within a value. */
  releaseValue(value: Value): void {
    if (value instanceof Entity) this.release(value)
    else if (value instanceof SetValue) for (const item of value.items) this.releaseValue(item)
    else if (value instanceof RecordValue) for (const item of value.values) this.releaseValue(item)
  }

  /**
   * Adds the records that are sound and names the others: malformed, given twice, of a type or with attributes that the
   * schema does not declare, or closing a cycle. The order of the records does not matter.
   */
  load(records: readonly unknown[]): EntityProblem[] {
    const problems: EntityProblem[] = []
    const read: EntityRecord[] = []
    for (const json of records) {
      const record = this.#read(json)
      if (record === undefined) continue
      if ('message' in record) problems.push(record)
      else read.push(record)
    }
    return [...problems, ...this.#addAll(read)]
  }

  /** Adds one, or replaces what is there. Costs its ancestors and, when its parents change, its descendants. */
  add(json: unknown): EntityProblem | undefined {
    const record = this.#read(json)
    return record === undefined || 'message' in record ? record : this.#put(record)
  }

  /** False when it was not there. What mentions it goes on mentioning an entity that does not exist. */
  remove(type: string, id: string): boolean {
    const entity = this.find(type, id)
    if (entity?.data == null) return false
    const { data } = entity
    this.#unlink(entity)
    entity.data = null
    // held until the end: its own attributes may mention it
    entity.mentions++
    this.#renew(entity)
    this.releaseValue(data.attributes)
    this.releaseValue(data.tags)
    for (const parent of data.parents) this.release(parent)
    this.release(entity)
    return true
  }

  /** Undefined for an action that the schema declares just so: it is there already. */
  #read(json: unknown): EntityRecord | EntityProblem | undefined {
    const named = nameOf(json)
    if (this.#actions.has(named.type)) return this.#declared(json, named)
    const mentioned: Entity[] = []
    try {
      const read = readEntityRecord(
        json,
        (type, id) => {
          const entity = this.mention(type, id)
          mentioned.push(entity)
          return entity
        },
        this.schema,
      )
      return { ...read, attributes: this.#lasting.record(read.attributes), tags: this.#lasting.record(read.tags) }
    } catch (error) {
      for (const entity of mentioned) this.release(entity)
      if (!(error instanceof Fault)) throw error
      return { ...named, message: error.detail }
    }
  }

  #declared(json: unknown, { type, id }: { type: string; id: string }): EntityProblem | undefined {
    const action = this.find(type, id)
    const { parents = [], attrs = {}, tags = {} } = json as { parents?: unknown; attrs?: object; tags?: object }
    const sound =
      action?.data != null &&
      Array.isArray(parents) &&
      Object.keys(attrs).length + Object.keys(tags).length === 0 &&
      parents.every((parent) => {
        const named = nameOf({ uid: parent as unknown })
        const found = this.find(named.type, named.id)
        return found !== undefined && isAncestor(found, action)
      })
    return sound ? undefined : { type, id, message: 'it is not as the schema declares this action' }
  }

  /** Parents first, so that each is added once and its ancestors are known. */
  #addAll(records: readonly EntityRecord[]): EntityProblem[] {
    const problems: EntityProblem[] = []
    const waiting = new Map<Entity, EntityRecord>()
    for (const record of records) {
      if (waiting.has(record.entity) || record.entity.data !== null)
        problems.push(this.#refuse(record, 'it is given twice'))
      else waiting.set(record.entity, record)
    }
    for (const first of waiting.keys()) {
      const stack = [first]
      const entered = new Set<Entity>()
      for (let entity = stack.at(-1); entity !== undefined; entity = stack.at(-1)) {
        const record = waiting.get(entity)
        const next = entered.has(entity) ? undefined : record?.parents.filter((parent) => waiting.has(parent))
        entered.add(entity)
        if (next !== undefined && next.length > 0 && record !== undefined) {
          stack.push(...next.filter((parent) => !entered.has(parent)))
          continue
        }
        stack.pop()
        if (record === undefined) continue
        waiting.delete(entity)
        const problem = this.#put(record)
        if (problem !== undefined) problems.push(problem)
      }
    }
    return problems
  }

  #put(record: EntityRecord): EntityProblem | undefined {
    const { entity, attributes, tags, parents } = record
    if (parents.includes(entity) || parents.some((parent) => isAncestor(entity, parent))) {
      return this.#refuse(record, 'it would be its own ancestor; a hierarchy has no cycles')
    }
    const ancestors = ancestorsOf(parents)
    if (ancestors === undefined) return this.#refuse(record, 'it has too many ancestors')
    const old = entity.data
    if (old !== null) this.#unlink(entity)
    entity.data = this.#lasting.data({ attributes, tags, parents, ancestors })
    for (const parent of parents) {
      const children = this.#children.get(parent)
      if (children === undefined) this.#children.set(parent, new Set([entity]))
      else children.add(entity)
    }
    this.#renew(entity)
    if (old !== null) {
      this.releaseValue(old.attributes)
      this.releaseValue(old.tags)
      for (const parent of old.parents) this.release(parent)
    }
    // the record's own mention ends; that it is listed keeps it
    this.release(entity)
    return undefined
  }

  #refuse({ entity, attributes, tags, parents }: EntityRecord, message: string): EntityProblem {
    const { type, id } = entity
    this.releaseValue(attributes)
    this.releaseValue(tags)
    for (const parent of parents) this.release(parent)
    this.release(entity)
    return { type, id, message }
  }

  #unlink(entity: Entity): void {
    for (const parent of entity.data?.parents ?? []) {
      const children = this.#children.get(parent)
      children?.delete(entity)
      if (children?.size === 0) this.#children.delete(parent)
    }
  }

  /** Works out the ancestors of all descendants again, nearest first and until nothing changes. */
  #renew(changed: Entity): void {
    let level = [...(this.#children.get(changed) ?? [])]
    while (level.length > 0) {
      const next = new Set<Entity>()
      for (const entity of level) {
        if (entity.data === null) continue
        const ancestors = ancestorsOf(entity.data.parents) ?? entity.data.ancestors
        entity.data = this.#lasting.data({ ...entity.data, ancestors })
        for (const child of this.#children.get(entity) ?? []) next.add(child)
      }
      level = [...next]
    }
  }
}

function nameOf(json: unknown): { type: string; id: string } {
  const uid = (json as { uid?: { type?: unknown; id?: unknown; __entity?: { type?: unknown; id?: unknown } } } | null)
    ?.uid
  const { type, id } = uid?.__entity ?? uid ?? {}
  return { type: typeof type === 'string' ? type : '', id: typeof id === 'string' ? id : '' }
}
