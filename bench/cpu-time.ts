// The processor time that other processes have used, where the system tells it.
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever its clock does. */
const MS_PER_TICK = 10

/** Milliseconds since each began, by process; without those that are gone, and without any where the system does not tell. */
export function cpuMilliseconds(pids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(
    pids.flatMap((pid) => {
      try {
        return [[pid, ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) * MS_PER_TICK]]
      } catch {
        // gone, or no such system: not counted
        return []
      }
    }),
  )
}

/** Of the fields after the name in parentheses, user and system time. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
