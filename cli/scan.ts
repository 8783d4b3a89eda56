// `reeve scan`: every non-human identity in a tree, who owns it, how dangerous it is and why.
import { Command } from 'commander'
import { addScanOptions } from './scan/options.ts'
import type { ScanOptions } from './scan/options.ts'
import { scan } from './scan/run.ts'

export function scanCommand(): Command {
  const command = new Command('scan').description(
    'list every non-human identity below PATH, who owns it, how dangerous it is and why',
  )
  return addScanOptions(command).action(async (paths: string[], options: ScanOptions) => {
    process.exitCode = await scan(paths, options)
  })
}
