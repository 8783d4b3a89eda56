// Narrow guards over parsed values from outside: every type may be wrong, so nothing is read without one of these.
import { parseInstant } from '#kernel'
import type { Instant, Provenance } from '#kernel'
import type { ParsedDocument } from './port.ts'

export type UntrustedRecord = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is UntrustedRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member when the record itself has it: `__proto__` and inherited names read as absent. */
export const member = (record: UntrustedRecord, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** A string that says something; numbers and booleans of YAML read as their text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return undefined
}

export const textIn = (record: UntrustedRecord, key: string): string | undefined => textOf(member(record, key))

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** A list, or one value where YAML lets an author leave the brackets out. */
export const oneOrMore = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

export const instantIn = (record: UntrustedRecord, key: string): Instant | undefined =>
  parseInstant(member(record, key))

export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}

/** A flat map of short words (permissions) as attributes may carry it; anything else in it is left out. */
export function wordMap(value: unknown): Record<string, string> {
  const words: Record<string, string> = {}
  if (!isRecord(value)) return words
  for (const [key, word] of Object.entries(value)) {
    if (typeof word === 'string' && word.length <= 40 && key !== '__proto__') words[key] = word
  }
  return words
}

export const words = (value: unknown): readonly string[] => listOf(value).filter((item) => typeof item === 'string')

/** Where a record stands. `key` picks the line of one member. */
export function placeOf(
  connector: string,
  file: { readonly path: string },
  document: ParsedDocument,
  node: object,
  object: string,
  key?: string | number,
): Provenance {
  const startLine = document.line(node, key)
  const endLine = key === undefined ? document.endLine(node) : startLine
  return {
    connector,
    file: file.path,
    object,
    ...optional('startLine', startLine),
    ...optional('endLine', endLine),
  }
}
