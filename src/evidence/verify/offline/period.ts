// For what time a bundle says everything. It is the exporter's choice, and nothing in the log can say that it is the right one:
// so it is always told, and held against what the auditor asked for.
import { lines } from './files.ts'
import type { Report } from './report.ts'

/** From the first instant on, and before the second. Absent ends are the log's own. */
export interface Period {
  readonly from?: string
  readonly to?: string
}

/**
 * The place behind which the first entry that is dated after the period ends it. Those in front are of a clock that was ahead:
 * an entry says that it was set back to a time within the period.
 */
export async function endsBehind(folder: string, { to }: Period): Promise<number> {
  let place = -1
  if (to === undefined) return place
  for await (const line of lines(folder, 'log/entries.ndjson')) {
    if (!line.includes('clock.stepped')) continue
    const { seq, leaf } = JSON.parse(line) as { readonly seq: number; readonly leaf: string }
    const { type, at } = JSON.parse(leaf) as { readonly type?: unknown; readonly at: string }
    if (type === 'clock.stepped' && at < to) place = seq
  }
  return place
}

const periodWords = ({ from, to }: Period): string => `from ${from ?? 'the beginning'} to ${to ?? 'the end'}`

export function checkPeriod(period: Period, expected: Period, report: Report): void {
  const whole = period.from === undefined && period.to === undefined
  const asked = expected.from !== undefined || expected.to !== undefined
  const covers =
    (period.from === undefined || (expected.from !== undefined && period.from <= expected.from)) &&
    (period.to === undefined || (expected.to !== undefined && period.to >= expected.to))
  if (whole) report.say('period', 'passed', 'the whole log: of no entry the words are left out for its date')
  else if (asked && covers)
    report.say('period', 'passed', `${periodWords(period)}: all of what you asked for, ${periodWords(expected)}`)
  else if (asked) report.say('period', 'failed', `${periodWords(period)}: you asked for ${periodWords(expected)}`)
  else
    report.say(
      'period',
      'stated',
      `${periodWords(period)}: outside of it entries are heads alone, and tables show its end; --expect-from and --expect-to hold it against what you asked for`,
    )
}
