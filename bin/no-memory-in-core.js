// A process that crashes leaves its memory in a core file where its system keeps those, and secrets are in it: passwords on
// their way to a target, keys, tokens. Linux lets a process say what of its memory goes into the file: nothing of it here.
// What it starts (the prober, its own PostgreSQL) inherits that.
import { writeFileSync } from 'node:fs'

const FILTER = '/proc/self/coredump_filter'

export function keepMemoryOutOfCore() {
  try {
    writeFileSync(FILTER, '0')
  } catch {
    // another system, or /proc is not there: the guide says what to switch off
  }
}
