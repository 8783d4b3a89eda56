// The options of `reeve scan`, as the user writes them.
import { Command, InvalidArgumentError, Option } from 'commander'
import { SEVERITIES } from '#governance'
import type { Severity } from '#governance'

export const FORMATS = ['table', 'json', 'sarif', 'csv', 'html'] as const
export type Format = (typeof FORMATS)[number]

export interface ScanOptions {
  readonly format?: Format
  readonly output?: string
  readonly html?: string
  readonly failOn?: Severity | 'none'
  readonly only: readonly string[]
  readonly explain?: string
  readonly baseline?: string
  readonly writeBaseline?: string
  readonly reason?: string
  readonly until?: string
  readonly people?: string
  readonly config?: string | false
  readonly keyFile?: string
  readonly quiet: boolean
  readonly color?: boolean
}

const EXAMPLES = `
Exit codes:
  0  nothing at or above the bar of --fail-on
  1  findings at or above the bar
  2  the command was not understood, or the input could not be read at all

Examples:
  reeve scan                                    everything below the current directory
  reeve scan exports/ --html report.html        and a report that can be sent to somebody
  kubectl get all,sa,role,rolebinding,clusterrole,clusterrolebinding,secret -A -o json | reeve scan -
  reeve scan --staged --fail-on high            in a pre-commit hook
  reeve scan --format sarif --output reeve.sarif
  reeve scan --explain fnd_1x2y                 one finding in full
  reeve scan --write-baseline baseline.yaml --reason "known before Reeve, ticket SEC-12"
`

export function addScanOptions(command: Command): Command {
  return command
    .argument('[path...]', 'directories or files, or - for standard input (default: the current directory)')
    .optionsGroup('Output:')
    .addOption(new Option('--format <format>', 'default: table, or what the name of --output says').choices(FORMATS))
    .option('--output <file>', 'write there instead of standard output, whole or not at all')
    .option('--html <file>', 'write the HTML report as well')
    .option('--explain <finding>', 'say everything about one finding, by its fingerprint or the start of it')
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 on findings of at least this severity (default: low)').choices([
        ...SEVERITIES,
        'none',
      ]),
    )
    .option('--only <what...>', 'show only: a detector, a connector, or a severity and above', gather, [])
    .option('--quiet', 'no progress and no remarks on standard error', false)
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .optionsGroup('Accepted findings:')
    .option('--baseline <file>', 'findings that were accepted, each with a reason and an expiry')
    .option('--write-baseline <file>', 'accept the findings of today; needs --reason')
    .option('--reason <text>', 'why they are accepted')
    .option('--until <day>', 'the last day of that, YYYY-MM-DD (default: in 90 days)', day)
    .optionsGroup('What else is known:')
    .option('--people <file>', 'people or teams as CSV, wherever the file lies')
    .option('--config <file>', 'settings (default: reeve.yaml in the scanned or else the current directory)')
    .option('--no-config', 'read no settings')
    .option('--key-file <file>', 'at least 32 bytes: fingerprints of secrets can then be compared across scans')
    .addHelpText('after', EXAMPLES)
}

const gather = (value: string, earlier: readonly string[]): string[] => [...earlier, value]

function day(value: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) throw new InvalidArgumentError('write a day as YYYY-MM-DD')
  return value
}
