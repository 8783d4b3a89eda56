// The context that policies see. What Reeve knows stands at the top; what the one who asks says of itself stands under
// `request`, `subject`, `resource` and `action`, so that neither can be taken for the other.
import { Fault } from '#kernel'
import type { ActionLevel, Json } from '#kernel'
import type { FoundGrant } from './grant-index.ts'
import type { Question } from './question.ts'

type Properties = { readonly [key: string]: Json | undefined }

/** Deeper than this, nothing is read. */
const DEPTH_MAX = 32

/** The part that is the same for every member of a chain. Throws Fault('invalid'). */
export function statedContext({ subject, resource, action, context }: Question): Record<string, unknown> {
  return {
    subject: { ...asCedar(subject.properties ?? {}, 'subject'), type: subject.type, id: subject.id },
    resource: { ...asCedar(resource.properties ?? {}, 'resource'), type: resource.type, id: resource.id },
    action: asCedar(action.properties ?? {}, 'action'),
    request: asCedar(context ?? {}, 'context'),
  }
}

export function contextFor(
  stated: Readonly<Record<string, unknown>>,
  known: { readonly now: number; readonly level: ActionLevel; readonly members: number; readonly grant?: FoundGrant },
): Record<string, unknown> {
  const { now, level, members, grant } = known
  return {
    ...stated,
    now: datetime(now),
    level,
    members,
    granted: grant?.kind ?? 'no',
  }
}

let lastAt = Number.NaN
let lastDatetime: object = {}

/** Many requests are decided in the same millisecond. */
function datetime(at: number): object {
  if (at !== lastAt) {
    lastDatetime = { __extn: { fn: 'datetime', arg: new Date(at).toISOString() } }
    lastAt = at
  }
  return lastDatetime
}

/** Cedar has no null and no fractions: null is left out, up to four digits become a decimal, more are refused. */
export function asCedar(value: Properties, name: string): Record<string, unknown> {
  return object(value, name, 0)
}

function object(value: Properties, name: string, depth: number): Record<string, unknown> {
  if (depth >= DEPTH_MAX) throw new Fault('invalid', `\`${name}\`: it is nested deeper than ${DEPTH_MAX}; flatten it`)
  const out: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member != null) out[key] = converted(member, key, depth)
  }
  return out
}

function converted(value: Json, name: string, depth: number): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : decimal(value, name)
  if (value === null || typeof value !== 'object') return value
  if (!Array.isArray(value)) return object(value as Properties, name, depth + 1)
  if (depth + 1 >= DEPTH_MAX) throw new Fault('invalid', `\`${name}\`: it is nested deeper than ${DEPTH_MAX}`)
  return (value as readonly Json[]).filter((item) => item !== null).map((item) => converted(item, name, depth + 1))
}

function decimal(value: number, name: string): object {
  const text = String(value)
  if (!/^-?\d+\.\d{1,4}$/.test(text)) {
    throw new Fault('invalid', `\`${name}\`: a number has at most four digits after the point; send it as text`)
  }
  return { __extn: { fn: 'decimal', arg: text } }
}
