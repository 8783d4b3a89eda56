// One record of an entity, read: its name, attributes, tags and parents, checked against the schema where there is one.
import { Fault } from '#kernel'
import { readTyped } from './read-typed.ts'
import { isObject, readEntity, readRecord, type Json, type JsonObject, type Resolve } from './read-value.ts'
import type { EntityTypeShape, Schema } from './schema.ts'
import { EMPTY_RECORD, RecordValue, type Entity } from './value.ts'

/** Every entity in it is mentioned once for each time that it stands here. */
export interface EntityRecord {
  readonly entity: Entity
  readonly attributes: RecordValue
  readonly tags: RecordValue
  readonly parents: readonly Entity[]
}

const KEYS: ReadonlySet<string> = new Set(['uid', 'attrs', 'parents', 'tags'])

const refuse = (detail: string): never => {
  throw new Fault('invalid', detail)
}

/** When it is refused, `mention` was called for the part that was read: the caller releases those. */
export function readEntityRecord(json: Json, mention: Resolve, schema: Schema | undefined): EntityRecord {
  if (!isObject(json)) return refuse('an entity is an object with uid, attrs and parents')
  for (const key of Object.keys(json)) if (!KEYS.has(key)) return refuse(`an entity has no \`${key}\``)
  const { attrs = {}, tags = {}, parents = [] } = json
  if (!isObject(attrs) || !isObject(tags)) return refuse('attributes and tags are objects')
  if (!Array.isArray(parents)) return refuse('parents are a list')
  const type = isObject(json['uid']) ? typeOf(json['uid']) : ''
  const named = namedBy(mention)
  const checked = schema === undefined ? undefined : shapeOf(schema, json, type)
  return {
    entity: named(json['uid'], 'uid'),
    attributes:
      checked === undefined
        ? readRecord(attrs, mention)
        : (readTyped(attrs, checked.attributes, mention, 'attrs') as RecordValue),
    tags: checked === undefined ? readRecord(tags, mention) : readTags(tags, checked, mention, type),
    parents: [...new Map(parents.map((parent) => [keyOf(parent), parent])).values()].map((parent: Json) => {
      const parentType = isObject(parent) ? typeOf(parent) : ''
      if (checked !== undefined && !checked.parents.has(parentType)) {
        return refuse(`the schema does not let \`${type}\` be in \`${parentType}\``)
      }
      return named(parent, 'parents')
    }),
  }
}

const unescaped = (uid: JsonObject): Json => (isObject(uid['__entity']) ? uid['__entity'] : uid)
const namedBy =
  (mention: Resolve) =>
  (uid: Json, name: string): Entity =>
    readEntity(isObject(uid) ? unescaped(uid) : uid, mention, name)

function typeOf(uid: JsonObject): string {
  const { type } = unescaped(uid) as JsonObject
  return typeof type === 'string' ? type : ''
}

/** A parent given twice is one parent. */
function keyOf(uid: Json): string {
  if (!isObject(uid)) return ''
  const { type, id } = unescaped(uid) as JsonObject
  return JSON.stringify([type, id])
}

function shapeOf(schema: Schema, json: JsonObject, type: string): EntityTypeShape {
  const shape = schema.entityTypes.get(type)
  if (shape === undefined) return refuse(`the schema declares no entity type \`${type}\``)
  const { id } = isObject(json['uid']) ? (unescaped(json['uid']) as JsonObject) : {}
  if (shape.ids !== undefined && !(typeof id === 'string' && shape.ids.has(id))) {
    return refuse(`the schema's enumeration \`${type}\` has no such id`)
  }
  return shape
}

function readTags(
  tags: JsonObject,
  { tags: type }: EntityTypeShape,
  mention: Resolve,
  entityType: string,
): RecordValue {
  const keys = Object.keys(tags)
  if (keys.length === 0) return EMPTY_RECORD
  if (type === undefined) return refuse(`the schema gives \`${entityType}\` no tags`)
  return new RecordValue(
    keys,
    keys.map((key) => readTyped(tags[key], type, mention, key)),
  )
}

/** The actions that a schema declares, as entities. */
export function readActionEntities(schema: Schema, mention: Resolve): EntityRecord[] {
  return schema.actions.map(({ type, id, parents }) => ({
    entity: mention(type, id),
    attributes: EMPTY_RECORD,
    tags: EMPTY_RECORD,
    parents: parents.map((parent) => mention(parent.type, parent.id)),
  }))
}
