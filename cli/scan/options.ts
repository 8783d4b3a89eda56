// The options of `reeve scan`, as the user writes them.
import { Command, InvalidArgumentError, Option } from 'commander'
import { LIMITS } from '#connectors'
import { SEVERITIES } from '#governance'
import type { Severity } from '#governance'

const FORMATS = ['table', 'json', 'sarif', 'csv', 'html'] as const
export type Format = (typeof FORMATS)[number]

export interface ScanOptions {
  readonly format?: Format
  readonly output?: string
  readonly html?: string
  readonly failOn?: Severity | 'none'
  readonly only?: readonly string[]
  readonly explain?: string
  readonly baseline?: string
  readonly writeBaseline?: string
  readonly reason?: string
  readonly until?: string
  readonly people?: string
  readonly config?: string | false
  readonly keyFile?: string
  readonly staged?: boolean
  readonly since?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly gitignore?: boolean
  readonly dependencies?: boolean
  readonly history: boolean
  readonly archives: boolean
  readonly maxFileSize?: number
  readonly maxArchiveDepth?: number
  readonly timeLimit?: number
  readonly workers?: number
  readonly quiet?: boolean
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
  kubectl get sa,role,rolebinding,clusterrole,clusterrolebinding,pod,deployment -A -o json | reeve scan -
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
    .option('--only <what>', 'show only: a detector, a connector, or a severity and above; may be repeated', gather)
    .option('--quiet', 'no progress and no remarks on standard error')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .optionsGroup('Input:')
    .option('--staged', 'what is staged for the next commit, in place of the tree')
    .option('--since <revision>', 'only what changed since then, with the history from there')
    .option('--include <pattern>', 'read only files that match (as in .gitignore); may be repeated', gather)
    .option('--exclude <pattern>', 'leave out files that match; may be repeated', gather)
    .option('--gitignore', 'leave out what .gitignore files name')
    .option('--dependencies', 'read folders of third-party code too')
    .option('--no-history', 'do not read the history of git repositories')
    .option('--no-archives', 'do not open archives')
    .option('--max-file-size <size>', 'default: 32MiB, and 256MiB for a named file', bytes)
    .option('--max-archive-depth <count>', `archives inside archives (default: ${LIMITS.archiveDepth.is})`, count)
    .option('--time-limit <time>', 'stop reading after this, as 90s or 15m (default: 15m)', seconds)
    .option('--workers <count>', 'threads that read; 0 reads in the main one (default: one per core, at most 4)', count)
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

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

function bytes(value: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(value) ?? []
  const size = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 0))
  if (number === '' || size < 1) throw new InvalidArgumentError('write a size as 10MiB')
  return size
}

function seconds(value: string): number {
  const [, number = '', unit = ''] = /^(\d+)\s*([smh]?)$/.exec(value) ?? []
  const time = Number(number) * ({ m: 60, h: 3600 }[unit] ?? 1)
  if (number === '' || time < 1) throw new InvalidArgumentError('write a time as 90s or 15m')
  return time
}

function count(value: string): number {
  if (!/^\d{1,4}$/.test(value)) throw new InvalidArgumentError('write a number')
  return Number(value)
}

function day(value: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) throw new InvalidArgumentError('write a day as YYYY-MM-DD')
  return value
}
