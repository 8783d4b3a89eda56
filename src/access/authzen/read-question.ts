// From a request of AuthZEN's Authorization API 1.0 (sections 5 and 6) to a question. Fields that are not known are
// ignored; what is known and wrong is refused by name.
import { parseInstant } from '#kernel'
import type { Json } from '#kernel'
import type { Party, Question } from '../decide/index.ts'
import { isObject, refuse } from './read-body.ts'
import type { JsonObject } from './read-body.ts'

type Properties = { readonly [key: string]: Json }

/** Letters of a type, an id or a name. */
const TEXT_MAX = 4096
/** Of a chain of actors; how many of them are allowed is the decision's to say. */
const ACTORS_MAX = 16
const POINT_MAX = 100

/** Throws Fault('invalid') that names the field. */
export const questionOf = (body: JsonObject): Question => ({
  subject: partyIn(body, 'subject'),
  action: actionIn(body),
  resource: partyIn(body, 'resource'),
  ...contextIn(body),
})

/**
 * With a context of its own. SECURITY: whoever asks in this process may change theirs and ask again, and what was worked out of one
 * is known by being the same object.
 */
export const withOwnContext = (body: JsonObject): JsonObject =>
  isObject(body['context']) ? { ...body, context: { ...body['context'] } } : body

export function partyIn(body: JsonObject, field: 'subject' | 'resource'): Party {
  return party(objectIn(body, field), field)
}

export function actionIn(body: JsonObject): Question['action'] {
  const action = objectIn(body, 'action')
  return { name: textIn(action, 'name', 'action'), ...propertiesIn(action, 'action') }
}

/** Context, and what of it names who acts, with what, and until when. */
export function contextIn(body: JsonObject): Omit<Question, 'subject' | 'action' | 'resource'> {
  if (body['context'] === undefined) return {}
  const given = objectIn(body, 'context')
  const { reeve } = given
  const context =
    reeve === undefined ? given : Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'reeve'))
  const until = context['delegated_until']
  return {
    context: context as Properties,
    ...(reeve !== undefined && enforcementIn(reeve)),
    ...(context['actor'] !== undefined && { actors: actorsIn(context) }),
    ...(context['credential'] !== undefined && { credentialId: idIn(context, 'credential') }),
    ...(context['session'] !== undefined && { sessionId: sessionOf(idIn(context, 'session')) }),
    ...(until !== undefined && { delegatedUntil: instant(until, 'context.delegated_until') }),
  }
}

export function objectIn(body: JsonObject, field: string): JsonObject {
  const value = body[field]
  return isObject(value) ? value : refuse(field, value === undefined ? 'it is missing' : 'an object is needed')
}

export function textIn(object: JsonObject, name: string, within: string): string {
  const value = object[name]
  if (typeof value !== 'string' || value === '') return refuse(`${within}.${name}`, 'a text is needed')
  if (value.length > TEXT_MAX) return refuse(`${within}.${name}`, `at most ${TEXT_MAX} letters are read`)
  return value.isWellFormed() ? value : refuse(`${within}.${name}`, 'it holds half of a surrogate pair')
}

export function propertiesIn(object: JsonObject, within: string): { readonly properties?: Properties } {
  const { properties } = object
  if (properties === undefined) return {}
  return isObject(properties)
    ? { properties: properties as Properties }
    : refuse(`${within}.properties`, 'an object is needed')
}

/** `context.reeve`: for the record alone, policies do not see it. Strict, since a mistake in it would enforce or let pass. */
function enforcementIn(reeve: unknown): Pick<Question, 'point' | 'enforced'> {
  if (!isObject(reeve)) return refuse('context.reeve', 'an object is needed')
  const { enforcement_point: point, enforced, ...rest } = reeve
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) return refuse(`context.reeve.${unknown.slice(0, 40)}`, 'there is no such field')
  if (enforced !== undefined && typeof enforced !== 'boolean') return refuse('context.reeve.enforced', 'true or false')
  if (point === undefined) return { ...(enforced !== undefined && { enforced }) }
  const name = textIn(reeve, 'enforcement_point', 'context.reeve')
  if (name.length > POINT_MAX) return refuse('context.reeve.enforcement_point', `at most ${POINT_MAX} letters`)
  return { point: name, ...(enforced !== undefined && { enforced }) }
}

const party = (object: JsonObject, field: string): Party => ({
  type: textIn(object, 'type', field),
  id: textIn(object, 'id', field),
  ...propertiesIn(object, field),
})

/** RFC 8693, section 4.1: the outermost acts now, the innermost acted first. */
function actorsIn(context: JsonObject): Party[] {
  const actors: Party[] = []
  let field = 'context.actor'
  for (let actor = context['actor']; actor !== undefined; field += '.actor') {
    if (!isObject(actor)) return refuse(field, 'an object is needed')
    if (actors.length === ACTORS_MAX) return refuse('context.actor', `at most ${ACTORS_MAX} actors are read`)
    actors.push(party(actor, field))
    actor = actor['actor']
  }
  return actors.reverse()
}

function idIn(context: JsonObject, name: string): string {
  const value = context[name]
  return isObject(value) ? textIn(value, 'id', `context.${name}`) : refuse(`context.${name}`, 'an object is needed')
}

/** Whoever keeps sessions names them as they like; here a session is denied by `ses_` and that name, and never taken for anything else. */
const sessionOf = (id: string): string => (/^(?:ses|tok)_/.test(id) ? id : `ses_${id}`)

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/

function instant(value: unknown, field: string): number {
  const at = typeof value === 'string' && RFC3339.test(value) ? parseInstant(value.toUpperCase()) : undefined
  return at === undefined ? refuse(field, 'an instant is needed, as in 2026-03-01T12:00:00Z') : Date.parse(at)
}
