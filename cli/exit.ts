// How the command ends: exit codes, interruption, a reader that went away, and errors in words.
import { CommanderError } from 'commander'
import type { Command } from 'commander'
import { Fault } from '#kernel'
import { faultInWords } from './terminal/refusal.ts'
import { plain } from './terminal/text.ts'
import { endOnInterrupt } from './terminal/interrupt.ts'
import { codeOf } from './terminal/write-out.ts'

const UNUSABLE = 2

/** 0 and 1 are the subcommand's own; 2 is usage or input that cannot be read; 130 is an interruption. */
export async function runToExitCode(program: Command): Promise<void> {
  for (const command of withSubcommands(program)) command.exitOverride().showHelpAfterError(helpHint(command))
  endOnInterrupt()
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (cause) => {
      if (codeOf(cause) === 'EPIPE') return
      // the report is not whole, and nothing that is still to come can be written either
      if (stream === process.stdout) {
        process.stderr.write(`reeve: standard output cannot be written (${codeOf(cause)})\n`)
      }
      process.exit(UNUSABLE)
    })
  }
  let asked = program
  program.hook('preAction', (_, command) => {
    asked = command
  })
  try {
    await program.parseAsync()
  } catch (cause) {
    process.exitCode = codeFor(cause, pathOf(asked))
    if (!(cause instanceof CommanderError)) process.stderr.write(`reeve: ${inWords(cause)}\n`)
  }
}

/** What a server refused for what it is, not for how it was asked, is a negative answer: 1. */
const NEGATIVE = new Set([403, 404, 409, 412, 422])

/** Of these, whatever was understood and was not done is 1, whatever kept it from being done. */
const OF_RIGHTS = /^reeve (?:decide|explain|request|approve|deny|grant|break-glass|denial|role)(?: |$)/
export const EXIT_CODES_OF_RIGHTS = `
Exit codes:
  0  it was done
  1  it was not: refused, not there, or no answer
  2  the command was not understood
`

function codeFor(cause: unknown, path: string): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : UNUSABLE
  const status = cause instanceof Fault && 'httpStatus' in cause ? Number(cause.httpStatus) : undefined
  if (OF_RIGHTS.test(path)) return (cause instanceof Fault && cause.code === 'usage') || status === 400 ? UNUSABLE : 1
  return status !== undefined && NEGATIVE.has(status) ? 1 : UNUSABLE
}

export const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap((below) => withSubcommands(below)),
]

/** `reeve principals list` */
export const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

const helpHint = (command: Command): string => `(${pathOf(command)} --help shows what there is)`

function inWords(cause: unknown): string {
  if (cause instanceof Fault) return faultInWords(cause).map(plain).join('\n')
  // SECURITY: the message of an unforeseen error may quote the input, so only its place is shown
  const places = cause instanceof Error ? (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : []
  return [
    'this is a bug in reeve, please report it with the lines below (they hold nothing of your input)',
    ...places.map(plain),
  ].join('\n')
}
