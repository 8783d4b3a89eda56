// Loaded into a measured program: at its end it writes the peak of its resident memory, in KiB.
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const file = process.env['REEVE_BENCH_PEAK']
if (isMainThread && file !== undefined)
  process.once('exit', () => {
    writeFileSync(file, String(process.resourceUsage().maxRSS))
  })
