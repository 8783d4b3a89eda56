// The context that policies see. What Reeve knows stands at the top; what the one who asks says of itself stands under
// `request`, `subject`, `resource` and `action`, so that neither can be taken for the other.
import { Fault, levelOfAction } from '#kernel'
import type { ActionLevel, Json } from '#kernel'
import type { GrantKind } from './grant-index.ts'
import { Datetime } from '../policy/index.ts'
import type { Party, Question } from './question.ts'

type Properties = { readonly [key: string]: Json | undefined }

/** Deeper than this, nothing is read. */
const DEPTH_MAX = 32

/** The part that is the same for every member of a chain. Throws Fault('invalid'). */
export interface StatedContext {
  readonly subject: object
  readonly resource: object
  readonly action: object
  readonly request: object
}

export const NOTHING_STATED: StatedContext = { subject: {}, resource: {}, action: {}, request: {} }

export const statedContext = ({ subject, resource, action, context }: Question): StatedContext => ({
  subject: partyContext(subject, 'subject'),
  resource: partyContext(resource, 'resource'),
  action: action.properties === undefined ? NOTHING : asCedar(action.properties, 'action'),
  request: context === undefined ? NOTHING : requestContext(context),
})

const NOTHING: object = Object.freeze({})

let lastGiven: Properties | undefined
let lastRequest = NOTHING

/** The items of a batch share one: converted a thousand times, a large one would keep everybody waiting. */
function requestContext(given: Properties): object {
  if (given !== lastGiven) {
    lastRequest = asCedar(given, 'context')
    lastGiven = given
  }
  return lastRequest
}

function partyContext({ type, id, properties }: Party, name: string): object {
  if (properties === undefined) return { type, id }
  const stated = asCedar(properties, name)
  stated['type'] = type
  stated['id'] = id
  return stated
}

export const contextFor = (
  { subject, resource, action, request }: StatedContext,
  known: {
    readonly now: number
    readonly level: ActionLevel
    readonly members: number
    readonly granted: GrantKind | 'no'
  },
): Record<string, unknown> => ({
  subject,
  resource,
  action,
  request,
  now: datetime(known.now),
  weekday: WEEKDAYS[lastDay] ?? '',
  level: known.level,
  members: known.members,
  granted: known.granted,
})

/** Of a right that nobody uses just now, as a decision would have it: so that the same policies can be asked. */
export function contextOfRight(right: {
  readonly kind: GrantKind
  readonly action: string
  readonly resource: string
  readonly now: number
}): Record<string, unknown> {
  const { kind, action, resource, now } = right
  const [type = ''] = resource.split(':')
  const stated = { ...NOTHING_STATED, resource: { type, id: resource } }
  return contextFor(stated, { now, level: levelOfAction(action), members: 1, granted: kind })
}

let lastDatetime = new Datetime(0)
/** Of it, UTC. Cedar has no way to work it out. */
let lastDay = 4
const DAY_MS = 86_400_000
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** Many requests are decided in the same millisecond. */
function datetime(at: number): Datetime {
  if (at !== lastDatetime.ms) {
    lastDatetime = new Datetime(at)
    // 1970 began on a Thursday
    lastDay = (((Math.floor(at / DAY_MS) + 4) % 7) + 7) % 7
  }
  return lastDatetime
}

/** Cedar has no null and no fractions: null is left out, up to four digits become a decimal, more are refused. */
export function asCedar(value: Properties, name: string): Record<string, unknown> {
  return object(value, name, 0)
}

function object(value: Properties, name: string, depth: number): Record<string, unknown> {
  if (depth >= DEPTH_MAX) throw new Fault('invalid', `\`${name}\`: it is nested deeper than ${DEPTH_MAX}; flatten it`)
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member != null) put(out, key, converted(member, key, depth))
  }
  return out
}

/** SECURITY: assigned, this one name would change what the object inherits. */
function put(out: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') out[key] = value
  else Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
}

function converted(value: Json, name: string, depth: number): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : decimal(value, name)
  if (value === null || typeof value !== 'object') return value
  if (!Array.isArray(value)) return object(value as Properties, name, depth + 1)
  if (depth + 1 >= DEPTH_MAX) throw new Fault('invalid', `\`${name}\`: it is nested deeper than ${DEPTH_MAX}`)
  return (value as readonly Json[]).filter((item) => item !== null).map((item) => converted(item, name, depth + 1))
}

function decimal(value: number, name: string): object {
  // `JSON.parse` makes it of 1e400
  if (!Number.isFinite(value)) throw new Fault('invalid', `\`${name}\`: the number is too large; send it as text`)
  const text = String(value)
  if (!/^-?\d+\.\d{1,4}$/.test(text)) {
    throw new Fault('invalid', `\`${name}\`: a number has at most four digits after the point; send it as text`)
  }
  return { __extn: { fn: 'decimal', arg: text } }
}
