// The context that policies see. What Reeve knows stands at the top; what the one who asks says of itself stands under
// `request`, `subject`, `resource` and `action`, so that neither can be taken for the other.
import { Fault, levelOfAction } from '#kernel'
import type { ActionLevel, Json } from '#kernel'
import type { GrantKind } from './grant-index.ts'
import { Datetime, EMPTY_RECORD, readValue, RecordValue } from '../policy/index.ts'
import type { Resolve, Value } from '../policy/index.ts'
import type { Party, Question } from './question.ts'

type Properties = { readonly [key: string]: Json | undefined }

/** Deeper than this, nothing is read. */
const DEPTH_MAX = 32

/** What names entities, or is no value, and so is read when policies are asked: by then there may be others. */
class Unread {
  readonly json: object
  readonly name: string

  constructor(json: object, name: string) {
    this.json = json
    this.name = name
  }
}

type Stated = Value | Unread

/** The part that is the same for every member of a chain, and whenever the same is asked. Made by `statedContext`. */
export interface StatedContext {
  readonly subject: Stated
  readonly resource: Stated
  readonly action: Stated
  readonly request: Stated
}

export const NOTHING_STATED: StatedContext = {
  subject: EMPTY_RECORD,
  resource: EMPTY_RECORD,
  action: EMPTY_RECORD,
  request: EMPTY_RECORD,
}

/** Throws Fault('invalid'). */
export const statedContext = ({ subject, resource, action, context }: Question): StatedContext => ({
  subject: partyContext(subject, 'subject'),
  resource: partyContext(resource, 'resource'),
  action: action.properties === undefined ? EMPTY_RECORD : stated(asCedar(action.properties, 'action'), 'action'),
  request: context === undefined ? EMPTY_RECORD : requestContext(context),
})

let lastGiven: Properties | undefined
let lastRequest: Stated = EMPTY_RECORD

/** The items of a batch share one: converted a thousand times, a large one would keep everybody waiting. */
function requestContext(given: Properties): Stated {
  if (given !== lastGiven) {
    lastRequest = stated(asCedar(given, 'context'), 'request')
    lastGiven = given
  }
  return lastRequest
}

const PARTY_KEYS = ['type', 'id'] as const

function partyContext({ type, id, properties }: Party, name: string): Stated {
  if (properties === undefined) return new RecordValue(PARTY_KEYS, [type, id])
  const party = asCedar(properties, name)
  party['type'] = type
  party['id'] = id
  return stated(party, name)
}

const NAMES_ENTITY = new Error('it names an entity')
const noEntity = (): never => {
  throw NAMES_ENTITY
}

function stated(json: object, name: string): Stated {
  try {
    return readValue(json, noEntity, name, 1)
  } catch (error) {
    if (error === NAMES_ENTITY || error instanceof Fault) return new Unread(json, name)
    throw error
  }
}

/** What Reeve knows, beside what was stated. */
interface Known {
  /** Milliseconds since 1970. */
  readonly now: number
  readonly level: ActionLevel
  readonly members: number
  readonly granted: GrantKind | 'no'
}

const KEYS = ['subject', 'resource', 'action', 'request', 'now', 'weekday', 'level', 'members', 'granted'] as const

/** Throws Fault('invalid') for what is no value. */
export const contextFor = (said: StatedContext, known: Known, resolve: Resolve): RecordValue =>
  new RecordValue(KEYS, [
    valueOf(said.subject, resolve),
    valueOf(said.resource, resolve),
    valueOf(said.action, resolve),
    valueOf(said.request, resolve),
    datetime(known.now),
    WEEKDAYS[lastDay] ?? '',
    known.level,
    known.members,
    known.granted,
  ])

const valueOf = (said: Stated, resolve: Resolve): Value =>
  said instanceof Unread ? readValue(said.json, resolve, said.name, 1) : said

/** Of a right that nobody uses just now, as a decision would have it: so that the same policies can be asked. */
export function contextOfRight(right: {
  readonly kind: GrantKind
  readonly action: string
  readonly resource: string
  readonly now: number
}): Record<string, Value> {
  const { kind, action, resource, now } = right
  const [type = ''] = resource.split(':')
  const said = { ...NOTHING_STATED, resource: new RecordValue(PARTY_KEYS, [type, resource]) }
  const { keys, values } = contextFor(said, { now, level: levelOfAction(action), members: 1, granted: kind }, noEntity)
  return Object.fromEntries(values.map((value, place) => [keys[place] ?? '', value]))
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
