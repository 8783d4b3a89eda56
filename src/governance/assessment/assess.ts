// Runs every control: each population is streamed once and each row is given to all controls over it.
import type { Instant } from '#kernel'
import type { AssertedControl, ControlSettings, Reference, Surroundings, UndecidableControl } from './control.ts'
import { CONTROL_SETTINGS, exceptionOf } from './control.ts'
import { CONTROLS, UNDECIDABLE } from './catalogue.ts'
import { PRESENT_ONLY } from './rows.ts'
import type { ControlReader, Population } from './rows.ts'
import { readSurroundings } from './surroundings.ts'
import type { Filled } from './surroundings.ts'
import { Tally } from './tally.ts'

/** A row that an auditor looks at: what was judged, how, and the fields that it was judged by. */
export interface JudgedRow {
  readonly id: string
  readonly version?: number
  readonly verdict: 'holds' | 'excepted' | 'undecided' | 'violates'
  readonly why?: string
  readonly fields: Readonly<Record<string, string | number>>
}

export interface ControlResult {
  readonly id: string
  readonly title: string
  /** `nothing to judge`: the population is empty. INVARIANT: that is never a pass. */
  readonly outcome: 'pass' | 'fail' | 'not evaluable' | 'nothing to judge'
  /** In words: how many held; or what it needs. */
  readonly detail: string
  readonly references: readonly Reference[]
  readonly statement?: string
  readonly query?: string
  readonly population: number
  readonly violations: number
  readonly excepted: number
  readonly undecided: number
  /** The first of them, in the order of the population. */
  readonly failing: readonly JudgedRow[]
  readonly sample: readonly JudgedRow[]
}

export interface Assessment {
  readonly at: Instant
  /** Of the samples. */
  readonly seed: string
  readonly settings: ControlSettings
  readonly controls: readonly ControlResult[]
}

export interface AssessmentOptions {
  readonly settings?: Partial<ControlSettings>
  /** Which rows are sampled; the instant that is asked of, where it is not given. */
  readonly seed?: string
}

/** Principals before credentials: whose identity is retired is known by then. */
const ORDER: readonly Population[] = [
  'principals',
  'credentials',
  'requests',
  'breakGlass',
  'holders',
  'tokens',
  'grants',
  'policies',
  'plans',
  'targets',
  'restraints',
  'versions',
  'told',
  'log',
]

export async function assessControls(reader: ControlReader, options: AssessmentOptions = {}): Promise<Assessment> {
  const settings = { ...CONTROL_SETTINGS, ...options.settings }
  const seed = options.seed ?? reader.at
  const around = await readSurroundings(reader, settings)
  const results = new Map<string, ControlResult>()
  for (const population of ORDER) {
    for (const [id, result] of await assessPopulation(reader, population, around, seed)) results.set(id, result)
  }
  const controls = CONTROLS.flatMap(({ id }) => results.get(id) ?? [])
  return { at: reader.at, seed, settings, controls: [...controls, ...UNDECIDABLE.map(undecidable)] }
}

async function assessPopulation(
  reader: ControlReader,
  population: Population,
  around: Surroundings & Filled,
  seed: string,
): Promise<Map<string, ControlResult>> {
  // each control is over the population that it declares
  const all = CONTROLS.filter(({ over }) => over === population) as unknown as readonly AssertedControl[]
  const lacking = (control: AssertedControl): string | undefined =>
    reader.past && PRESENT_ONLY.has(population) ? 'the present: this is kept as it is now' : control.needs?.(around)
  const results = new Map(
    all.flatMap((control) => {
      const needs = lacking(control)
      return needs === undefined ? [] : [[control.id, notEvaluable(control, needs)] as const]
    }),
  )
  const tallies = all.filter(({ id }) => !results.has(id)).map((control) => new Tally(control, seed))
  if (tallies.length > 0) {
    for await (const row of reader.read(population)) {
      if (population === 'principals' && 'tier' in row.data) {
        if (row.data.state === 'retired') around.retired.add(row.id)
        if (row.data.tier.value === 'admin') around.administrative.add(row.id)
        const exception = exceptionOf(row.data, around.at)
        if (exception !== undefined) around.exceptions.set(row.id, exception)
      }
      for (const tally of tallies) tally.judge(row, around)
    }
  }
  for (const tally of tallies) results.set(tally.id, tally.result())
  return results
}

const NOTHING = { population: 0, violations: 0, excepted: 0, undecided: 0, failing: [], sample: [] } as const

function notEvaluable(
  { id, title, statement, query, references }: Omit<AssertedControl, 'applies' | 'judge' | 'shows' | 'needs' | 'over'>,
  needs: string,
): ControlResult {
  return { id, title, outcome: 'not evaluable', detail: `needs ${needs}`, references, statement, query, ...NOTHING }
}

function undecidable({ id, title, references, lacking }: UndecidableControl): ControlResult {
  return { id, title, outcome: 'not evaluable', detail: `needs ${lacking}`, references, ...NOTHING }
}
