// Populations: what an auditor samples from. Evidence declares what it needs of a layer; the layers say what there is.
import { canonicalJson } from '#kernel'
import type { Instant, Json } from '#kernel'

/** One version of a record, as its hash was taken: SHA-256 of the canonical JSON of exactly this. */
interface RecordVersion {
  readonly id: string
  readonly version: number
  readonly recordedAt: Instant
  readonly salt?: string
  readonly segments: readonly {
    readonly validFrom: Instant
    readonly validTo: Instant | null
    readonly data: { readonly [key: string]: Json }
  }[]
}

export interface PopulationRecord {
  readonly id: string
  readonly version: number
  readonly hash: string
  /** From the version that last said how things are now, which is nearly always the newest, to the newest. */
  readonly versions: readonly RecordVersion[]
}

interface Named {
  /** Of its file: `principals`. */
  readonly name: string
  /** What it is, for the auditor. */
  readonly title: string
  /** Of its ids, with the underscore. */
  readonly prefix: string
  /** Column → where its value stands in a record (`owner.party.id`). SECURITY: of people only ids. */
  readonly columns: Readonly<Record<string, string>>
  /** Columns that name identities, or credentials: a bundle of some identities has only their rows. Absent: it is always whole. */
  readonly identities?: readonly string[]
}

/** By id: up to which version a record is shown. 0: it is not. Not in the map: no entry knows it, it is shown as it is. */
export type UpTo = (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>

/** Rows with versions: the log holds the hash of each, so the verifier proves every cell. In the order of their ids. */
export interface RecordPopulation extends Named {
  rows(upTo: UpTo): AsyncIterable<PopulationRecord>
  /** Of such a record only id, version and hash are shown: it is about a person. */
  readonly withheld?: (data: { readonly [key: string]: Json }) => boolean
}

/**
 * Rows without versions: the log holds the entries that made them, and a hash of each as it was last written. In the order of
 * their ids.
 */
export interface PlainPopulation extends Named {
  /** `access.token` */
  readonly table: string
  readonly madeBy: readonly string[]
  rows(): AsyncIterable<{ readonly id: string; readonly data: { readonly [key: string]: Json } }>
}

export type PopulationSource = RecordPopulation | PlainPopulation

/**
 * What stands at a path, as text. A cell that a spreadsheet would take for a formula is defused by an apostrophe; the
 * verifier does the same before it compares.
 */
export function cellAt(data: { readonly [key: string]: Json }, path: string): string {
  let value: Json | undefined = data
  for (const key of path.split('.')) {
    value =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as { readonly [key: string]: Json | undefined })[key]
        : undefined
  }
  if (value === undefined || value === null) return ''
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value]
  const text = items.map((item) => (typeof item === 'string' ? item : canonicalJson(item))).join(' ')
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** RFC 4180, with line feeds. */
export const csvRow = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
