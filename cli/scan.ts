// `reeve scan`: every non-human identity in a tree, who owns it, how dangerous it is and why.
import { Command } from 'commander'
import { CONNECTORS, readTree } from '#connectors'
import { systemClock } from '#kernel'
import { judge } from './scan/judge.ts'
import { reportOf } from './scan/report.ts'
import { asTable } from './scan/table.ts'
import { version } from './version.ts'

export function scanCommand(): Command {
  return new Command('scan')
    .description('list every non-human identity below PATH, who owns it, how dangerous it is and why')
    .argument('[path]', 'a directory or a file', '.')
    .option('--format <format>', 'table or json', 'table')
    .option('--fail-on <severity>', 'exit 1 at or above this severity, or none', 'info')
    .action(async (path: string, options: { format: string; failOn: string }) => {
      const read = await readTree(path, { connectors: CONNECTORS })
      const judgement = judge(read, { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] }, systemClock())
      const report = reportOf(read, judgement, version)
      process.stdout.write(options.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : asTable(report))
      process.exitCode = options.failOn !== 'none' && report.findings.length > 0 ? 1 : 0
    })
}
