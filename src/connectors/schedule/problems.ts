// What a run could not read or see, kept short: the first of each kind, and how many there are in all.
import type { BlindSpot, ReadProblem } from '#connectors/port'

const FIRST = 20
const KINDS_MAX = 100
const MESSAGE_MAX = 500
const FILE_MAX = 1000

export interface ProblemKind {
  /** The connector that met it, or `reading`. */
  readonly kind: string
  readonly count: number
  readonly first: readonly { readonly file: string; readonly line?: number; readonly message: string }[]
}

export interface BlindSpotKind {
  readonly kind: string
  readonly count: number
  readonly first: readonly string[]
}

export function summariseProblems(problems: readonly ReadProblem[]): ProblemKind[] {
  return grouped(
    problems,
    ({ connector }) => connector ?? 'reading',
    ({ file, startLine, message }) => ({
      file: short(file, FILE_MAX),
      ...(startLine === undefined ? {} : { line: startLine }),
      message: short(message, MESSAGE_MAX),
    }),
  )
}

export function summariseBlindSpots(spots: readonly BlindSpot[]): BlindSpotKind[] {
  return grouped(
    spots,
    ({ connector }) => connector,
    ({ message, file }) => short(file === undefined ? message : `${file}: ${message}`, MESSAGE_MAX),
  )
}

function grouped<T, Shown>(
  items: readonly T[],
  kindOf: (item: T) => string,
  show: (item: T) => Shown,
): { kind: string; count: number; first: Shown[] }[] {
  const kinds = new Map<string, { kind: string; count: number; first: Shown[] }>()
  for (const item of items) {
    const named = kindOf(item)
    const kind = kinds.has(named) || kinds.size < KINDS_MAX ? named : 'other'
    let group = kinds.get(kind)
    if (group === undefined) kinds.set(kind, (group = { kind, count: 0, first: [] }))
    group.count += 1
    if (group.first.length < FIRST) group.first.push(show(item))
  }
  return [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

/** PostgreSQL stores neither U+0000 nor half a surrogate pair; a name from outside may have both. */
function short(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return cut.replaceAll('\u0000', '\uFFFD').toWellFormed()
}
