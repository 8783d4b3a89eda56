// One control while its population goes by: counts, the first rows that violate it, and a sample.
import type { ControlResult, JudgedRow } from './assess.ts'
import type { AssertedControl, Surroundings, Verdict } from './control.ts'
import type { Population, Row, Rows } from './rows.ts'
import { drawOf, Sample } from './sample.ts'

const FAILING_MAX = 100
const SAMPLE_SIZE = 25

export class Tally<P extends Population> {
  readonly #control: AssertedControl<P>
  readonly #seed: string
  readonly #counts = { holds: 0, excepted: 0, undecided: 0, violates: 0 }
  readonly #failing: JudgedRow[] = []
  readonly #sample = new Sample<JudgedRow>(SAMPLE_SIZE)
  #undecidedBecause = ''

  constructor(control: AssertedControl<P>, seed: string) {
    this.#control = control
    this.#seed = seed
  }

  get id(): string {
    return this.#control.id
  }

  judge(row: Row<Rows[P]>, around: Surroundings): void {
    const { id, applies, judge } = this.#control
    if (!applies(row, around)) return
    const verdict = judge(row, around)
    this.#counts[verdict.is] += 1
    if (verdict.is === 'undecided') this.#undecidedBecause = verdict.why
    const shown = (): JudgedRow => judged(row, verdict, this.#control.shows(row, around))
    if (verdict.is === 'violates' && this.#failing.length < FAILING_MAX) this.#failing.push(shown())
    this.#sample.offer(drawOf(this.#seed, id, row.id), shown)
  }

  result(): ControlResult {
    const { id, title, statement, query, references } = this.#control
    const { holds, excepted, undecided, violates } = this.#counts
    const population = holds + excepted + undecided + violates
    return {
      id,
      title,
      ...this.#outcome(population),
      references,
      statement,
      query,
      population,
      violations: violates,
      excepted,
      undecided,
      failing: this.#failing,
      sample: this.#sample.items,
    }
  }

  /** What is not decided of every row does not pass, and neither does what judged nothing. */
  #outcome(population: number): Pick<ControlResult, 'outcome' | 'detail'> {
    const { excepted, undecided, violates } = this.#counts
    if (population === 0) return { outcome: 'nothing to judge', detail: 'the population is empty' }
    const aside = excepted > 0 ? [`${excepted} under an exception`] : []
    if (violates > 0) {
      const open = undecided > 0 ? [`${undecided} undecided for want of ${this.#undecidedBecause}`] : []
      return { outcome: 'fail', detail: [`${violates} of ${population} violate it`, ...aside, ...open].join('; ') }
    }
    if (undecided > 0)
      return {
        outcome: 'not evaluable',
        detail: [`needs ${this.#undecidedBecause}`, `${undecided} of ${population} undecided`, ...aside].join('; '),
      }
    return { outcome: 'pass', detail: [`${population} judged`, ...aside].join('; ') }
  }
}

function judged<P extends Population>(
  { id, version }: Row<Rows[P]>,
  verdict: Verdict,
  shown: Readonly<Record<string, string | number | undefined>>,
): JudgedRow {
  const fields = Object.fromEntries(
    Object.entries(shown).filter((field): field is [string, string | number] => field[1] !== undefined),
  )
  return {
    id,
    ...(version === undefined ? {} : { version }),
    verdict: verdict.is,
    ...(verdict.is === 'holds' ? {} : { why: verdict.why }),
    fields,
  }
}
