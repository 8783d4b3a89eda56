// Loaded into a measured program: at its end it writes the peak of its resident memory, in KiB.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** What the system's usage counter says includes, on Linux, the memory of the program that started this one. */
function peakKiB(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
  } catch {
    return process.resourceUsage().maxRSS
  }
}

const file = process.env['REEVE_BENCH_PEAK']
if (isMainThread && file !== undefined)
  process.once('exit', () => {
    writeFileSync(file, String(peakKiB()))
  })
