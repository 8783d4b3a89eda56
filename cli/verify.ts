// `reeve verify`: an audit bundle, offline. No server, no database.
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { Fault, parseInstant } from '#kernel'
import type { Instant } from '#kernel'
import { answerJson } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

export interface FindingOptions {
  readonly logKey?: string
  readonly witnessKey?: readonly string[]
  readonly knownCheckpoint?: string
  readonly acceptedRestore?: string
  readonly json?: boolean
}

interface Expected {
  readonly expectFrom?: Instant
  readonly expectTo?: Instant
}

const EXAMPLES = `
Exit codes:
  0  every check passed
  1  something was refused
  2  nothing was refused, and something could not be checked (without --log-key, or without a witness)

Examples:
  reeve verify bundle.zip --log-key "$(cat log.key)" --witness-key "$(cat witness.key)"
  reeve verify bundle/ --known-checkpoint last-year.note --expect-from 2026-01-01 --expect-to 2027-01-01
`

export function verifyCommand(): Command {
  return withKeys(new Command('verify'))
    .description('verify an audit bundle, offline')
    .argument('<bundle>', 'a folder or a zip file')
    .option('--expect-from <date>', 'the bundle has to say everything from then on', instantOf)
    .option('--expect-to <date>', 'and everything before then', instantOf)
    .addHelpText('after', EXAMPLES)
    .action(async (bundle: string, options: FindingOptions & Expected) => {
      const { verifyBundleFile } = await import('#main')
      const { logKey, witnessKey = [], expectFrom: from, expectTo: to } = options
      const known = await fileOf(options.knownCheckpoint)
      const restore = await fileOf(options.acceptedRestore)
      const findings = await verifyBundleFile(bundle, {
        witnessKeys: witnessKey,
        ...(logKey === undefined ? {} : { logKey }),
        ...(known === undefined ? {} : { knownCheckpoint: known }),
        ...(restore === undefined ? {} : { acceptedRestore: restore }),
        expected: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
      })
      await answerFindings(findings, options)
    })
}

export const withKeys = (command: Command): Command =>
  command
    .option('--log-key <key>', 'the key of the log, known from elsewhere (`reeve evidence key` prints it)')
    .option('--witness-key <key>', 'the key of a witness; may be repeated', gather)
    .option('--known-checkpoint <file>', 'a checkpoint of this log that you kept, or that its witness remembers')
    .option('--accepted-restore <file>', 'with what note a witness accepted a restore from a backup')
    .option('--json', 'the findings as JSON')

/** A day, or an instant. */
export function instantOf(text: string): Instant {
  const at = parseInstant(text)
  if (at === undefined) throw new Fault('usage', `\`${text}\` is no date: write it as 2026-01-31`)
  return at
}

export const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

export async function fileOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Fault('usage', `\`${file}\` cannot be read`, { cause })
  })
}

interface Finding {
  readonly check: string
  readonly outcome: 'passed' | 'failed' | 'cannot' | 'stated'
  readonly detail: string
}

export async function answerFindings(findings: readonly Finding[], { json }: FindingOptions): Promise<void> {
  if (json === true) await answerJson(findings)
  else {
    const lines = findings.map(
      ({ check, outcome, detail }) => `${plain(`${outcome.padEnd(6)}  ${check}: ${detail}`)}\n`,
    )
    await writeTo(process.stdout, lines)
  }
  const outcomes = new Set(findings.map(({ outcome }) => outcome))
  process.exitCode = outcomes.has('failed') ? 1 : outcomes.has('cannot') ? 2 : 0
}
