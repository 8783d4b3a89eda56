// What a source may put into a record: text that PostgreSQL can store and index, and no single value that fills a disk.
// What is longer is cut with an ellipsis, never refused: a record with a cut name is better than none.
import { createHash } from 'node:crypto'
import type { Json, Ref } from '#kernel'

const TEXT_MAX = 4096
const NAME_MAX = 512
const ID_MAX = 1800
const REF_MAX = 600
const LABELS_MAX = 200

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`)

/**
 * Control characters (but tab and line ends, which notes and policies have) and halves of surrogate pairs become U+FFFD.
 * The end of a cut is made whole too.
 */
const clean = (text: string): string => text.toWellFormed().replaceAll(/[^\P{Cc}\t\n\r]/gu, '\uFFFD')

export const boundedText = (text: string, max = TEXT_MAX): string => clean(cut(text, max))
export const boundedId = (text: string): string => boundedText(text, ID_MAX)
/** A name is one line. */
export const boundedName = (text: string): string => boundedText(text, NAME_MAX).replaceAll(/[\t\n\r]/g, '\uFFFD')

/** Too long an identifier is known by its digest: equal ones stay equal, others stay apart. */
export function boundedRef(ref: Ref): Ref {
  const whole = clean(ref)
  if (whole === ref && ref.length <= REF_MAX) return ref
  const digest = createHash('sha256').update(ref).digest('hex')
  return clean(`${ref.slice(0, 100)}…sha256-${digest}`) as Ref
}

export function boundedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, LABELS_MAX)
      .map(([key, value]) => [boundedName(key), boundedText(value)]),
  )
}

/** What moves with every use says nothing of what the record is; it would make a version of it at every read. */
const OF_USE: ReadonlySet<string> = new Set(['serviceLastAccessed', 'lastUsedAt', 'lastAccessedAt'])

export function boundedAttributes(attributes: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([key]) => !OF_USE.has(key))
      .map(([key, value]) => [boundedName(key), boundedJson(value)]),
  )
}

function boundedJson(value: Json): Json {
  if (typeof value === 'string') return boundedText(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return (value as readonly Json[]).map(boundedJson)
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : [[boundedName(key), boundedJson(member)]],
    ),
  )
}
