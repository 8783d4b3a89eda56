// The part of Cedar's JSON form of a policy that stands around its conditions: effect and scope, read strictly.
import { Fault } from '#kernel'
import { isObject, isTypeName, readEntity, type Json, type JsonObject, type Resolve } from './read-value.ts'
import type { Entity } from './value.ts'

type Effect = 'permit' | 'forbid'
type SlotName = '?principal' | '?resource'

/** What the scope asks of the principal or the resource. `slot` is filled by a link. */
export type ScopeSide =
  | { readonly op: 'any' }
  | { readonly op: 'is'; readonly type: string }
  | { readonly op: '==' | 'in'; readonly type: string | null; readonly entity: Entity | SlotName }

export type ActionScope =
  | { readonly op: 'any' }
  | { readonly op: '=='; readonly entities: readonly [Entity] }
  | { readonly op: 'in'; readonly entities: readonly Entity[] }

export interface PolicyScope {
  readonly effect: Effect
  readonly principal: ScopeSide
  readonly action: ActionScope
  readonly resource: ScopeSide
}

const refuse = (why: string): never => {
  throw new Fault('unprocessable', why)
}

const KEYS: ReadonlySet<string> = new Set(['effect', 'principal', 'action', 'resource', 'conditions', 'annotations'])

export function readScope(json: Json, resolve: Resolve): PolicyScope {
  if (!isObject(json)) return refuse('a policy is an object')
  for (const key of Object.keys(json)) if (!KEYS.has(key)) return refuse(`\`${key}\` of a policy is not evaluated`)
  const { effect } = json
  if (effect !== 'permit' && effect !== 'forbid') return refuse('the effect of a policy is permit or forbid')
  return {
    effect,
    principal: readSide(json['principal'], '?principal', resolve),
    action: readAction(json['action'], resolve),
    resource: readSide(json['resource'], '?resource', resolve),
  }
}

function readSide(json: Json, slot: SlotName, resolve: Resolve): ScopeSide {
  const name = slot.slice(1)
  if (!isObject(json)) return refuse(`the scope has no ${name}`)
  switch (json['op']) {
    case 'All':
      return { op: 'any' }
    case '==':
    case 'in':
      return { op: json['op'], type: null, entity: entityOrSlot(json, slot, resolve) }
    case 'is': {
      const type = json['entity_type']
      if (typeof type !== 'string' || !isTypeName(type)) return refuse(`\`is\` of the ${name} names an entity type`)
      if (json['in'] === undefined) return { op: 'is', type }
      if (!isObject(json['in'])) return refuse(`\`is … in\` of the ${name} names an entity`)
      return { op: 'in', type, entity: entityOrSlot(json['in'], slot, resolve) }
    }
    default:
      return refuse(`the scope of the ${name} has an operator that this version does not evaluate`)
  }
}

function entityOrSlot(json: JsonObject, slot: SlotName, resolve: Resolve): Entity | SlotName {
  if (json['slot'] === undefined) return readEntity(unescaped(json['entity']), resolve, slot.slice(1))
  return json['slot'] === slot ? slot : refuse(`only ${slot} can stand in the place of the ${slot.slice(1)}`)
}

const unescaped = (json: Json): Json => (isObject(json) && isObject(json['__entity']) ? json['__entity'] : json)

function readAction(json: Json, resolve: Resolve): ActionScope {
  if (!isObject(json)) return refuse('the scope has no action')
  const one = (entity: Json): Entity => readEntity(unescaped(entity), resolve, 'action')
  switch (json['op']) {
    case 'All':
      return { op: 'any' }
    case '==':
      if (json['entity'] === undefined) return refuse('the action of a scope cannot be left open')
      return { op: '==', entities: [one(json['entity'])] }
    case 'in': {
      const listed = Array.isArray(json['entities']) ? (json['entities'] as readonly Json[]) : [json['entity']]
      return { op: 'in', entities: listed.map(one) }
    }
    default:
      return refuse('the scope of the action has an operator that this version does not evaluate')
  }
}

/** Each `when` and `unless` as the expression that must be true. */
export function readConditions(json: Json): readonly Json[] {
  const { conditions = [] } = json as JsonObject
  if (!Array.isArray(conditions)) return refuse('the conditions of a policy are a list')
  return (conditions as readonly Json[]).map((clause) => {
    if (!isObject(clause)) return refuse('a condition is an object with kind and body')
    const { kind, body } = clause
    if (kind === 'when') return body
    return kind === 'unless' ? { '!': { arg: body } } : refuse('a condition is `when` or `unless`')
  })
}
