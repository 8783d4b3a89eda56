// What one control declares: what must hold, over which population, and how a row is judged.
import { msAfter } from '#kernel'
import type { Instant } from '#kernel'
import type { Population, Rows, Row } from './rows.ts'

export const FRAMEWORKS = [
  'NIST CSF 2.0',
  'OWASP NHI 2025',
  'NIST SP 800-207',
  'NIST AI RMF 1.0',
  'CSA MAESTRO',
] as const

export interface Reference {
  readonly framework: (typeof FRAMEWORKS)[number]
  readonly id: string
}

/** How long may pass before something counts against an estate. */
export interface ControlSettings {
  readonly leakDays: number
  readonly leaverDays: number
  readonly unregisteredDays: number
  readonly breakGlassDays: number
  readonly planDays: number
  readonly unprovenDays: number
  readonly examinedDays: number
  readonly endMinutes: number
  readonly logMinutes: number
  readonly witnessMinutes: number
}

export const CONTROL_SETTINGS: ControlSettings = {
  leakDays: 7,
  leaverDays: 7,
  unregisteredDays: 30,
  breakGlassDays: 3,
  planDays: 7,
  unprovenDays: 7,
  examinedDays: 90,
  endMinutes: 15,
  logMinutes: 5,
  witnessMinutes: 15,
}

/** What a row is judged against, beside itself. */
export interface Surroundings {
  readonly at: Instant
  readonly past: boolean
  readonly settings: ControlSettings
  readonly people: number
  /** Person → when they left. */
  readonly leavers: ReadonlyMap<string, Instant>
  /** Credential → when the last of the leavers who knew it left. */
  readonly knownByLeavers: ReadonlyMap<string, Instant>
  readonly offboardedVendors: ReadonlySet<string>
  readonly offered: ReadonlySet<string>
  readonly retired: ReadonlySet<string>
  /** Principals of tier admin. */
  readonly administrative: ReadonlySet<string>
  /** Principal → the recorded exception that stands for it. */
  readonly exceptions: ReadonlyMap<string, string>
}

/** `excepted`: it does not hold, under a recorded, dated acceptance. `undecided`: `why` is what is missing. */
export type Verdict =
  | { readonly is: 'holds' }
  | { readonly is: 'excepted'; readonly why: string }
  | { readonly is: 'undecided'; readonly why: string }
  | { readonly is: 'violates'; readonly why: string }

export const HOLDS: Verdict = { is: 'holds' }
export const violates = (why: string): Verdict => ({ is: 'violates', why })

export interface AssertedControl<P extends Population = Population> {
  readonly id: string
  readonly title: string
  /** What must hold, as an auditor would write it. */
  readonly statement: string
  /**
   * Which rows violate it, in the words of the tables, for whoever repeats it by other means. It is prose and is not run: what
   * runs is `applies` and `judge`.
   */
  readonly query: string
  readonly references: readonly Reference[]
  readonly over: P
  /** What it needs and this estate does not have. */
  readonly needs?: (around: Surroundings) => string | undefined
  /** Whether the row is in its population. */
  readonly applies: (row: Row<Rows[P]>, around: Surroundings) => boolean
  readonly judge: (row: Row<Rows[P]>, around: Surroundings) => Verdict
  /** What an auditor sees of a sampled row. SECURITY: of people only ids. */
  readonly shows: (row: Row<Rows[P]>, around: Surroundings) => Readonly<Record<string, string | number | undefined>>
}

/** One that no query over what is kept today decides. */
export interface UndecidableControl {
  readonly id: string
  readonly title: string
  readonly references: readonly Reference[]
  /** After `needs `. */
  readonly lacking: string
}

export const csf = (...ids: readonly string[]): Reference[] => ids.map((id) => ({ framework: 'NIST CSF 2.0', id }))
export const nhi = (...numbers: readonly number[]): Reference[] =>
  numbers.map((number) => ({ framework: 'OWASP NHI 2025', id: `NHI${number}:2025` }))

/** The instant so many days before. */
export const daysBefore = (at: Instant, days: number): Instant => msAfter(at, -days * 86_400_000)

/** Whether a recorded exception stands for this principal at `at`. */
export function excepted(
  { data }: Row<Rows['principals']>,
  { at }: Surroundings,
): { readonly is: 'excepted'; readonly why: string } | undefined {
  const why = exceptionOf(data, at)
  return why === undefined ? undefined : { is: 'excepted', why }
}

export const exceptionOf = ({ exception }: Rows['principals'], at: Instant): string | undefined =>
  exception !== undefined && exception.until > at
    ? `an exception of cause ${exception.cause} until ${exception.until}`
    : undefined
