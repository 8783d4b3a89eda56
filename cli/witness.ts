// `reeve witness`: cosigns a log's growth, on a machine that the log's operator does not own.
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { Fault, systemClock } from '#kernel'
import { answerJson, say } from './terminal/answer.ts'
import { onSignals } from './terminal/interrupt.ts'
import { writeTo } from './terminal/write-out.ts'
import { gather } from './verify.ts'
import type { Misbehaviour } from '#main'

interface WitnessOptions {
  readonly name?: string
  readonly logKey?: readonly string[]
  readonly logKeyFile?: string
  readonly expectEvery?: number
  readonly keyFile?: string
  readonly listen: string
  readonly data: string
  readonly json?: boolean
}

const EXAMPLES = `
Its key is made at the first start. Whoever audits needs it from you, not from the operator of the log. Its memory must not be
lost or restored from an older copy: a witness that forgot can be made to cosign a fork.

Exit codes:
  0  it was told to stop, and nothing was wrong
  1  it was told to stop, and an ALARM was raised: a log had misbehaved, and what it signed is below DIRECTORY/misbehaviour; or
     it was silent
  2  it could not start

Examples:
  reeve witness --log-key "$(cat log.key)" --listen 10.0.0.7:7331 --data /var/lib/reeve-witness
  reeve witness --log-key-file log.keys --expect-every 3600 --data /var/lib/reeve-witness
`

export function witnessCommand(): Command {
  return new Command('witness')
    .description('cosign the growth of a log, and refuse forks, rollbacks and cut tails')
    .option('--log-key <key>', 'of a log that it watches (`reeve evidence key`); may be repeated', gather)
    .option('--log-key-file <file>', 'log keys, one a line; read again whenever the file changes')
    .option(
      '--expect-every <seconds>',
      'ALARM when a log was not cosigned for so long (a server asks every five minutes)',
      wholeSeconds,
    )
    .requiredOption('--data <directory>', 'its memory, and its key unless --key-file says otherwise')
    .option('--key-file <file>', 'its own key, made at the first start')
    .option('--name <name>', 'in its cosignatures (default: this machine’s name)')
    .option('--listen <host:port>', 'where; put TLS in front where the network is not yours', '127.0.0.1:7331')
    .option('--json', 'one JSON line with address and key when it listens')
    .addHelpText('after', EXAMPLES)
    .action(witness)
    .addCommand(acceptRestoreCommand())
}

function wholeSeconds(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Fault('usage', `\`${text}\` is no number of seconds`)
  return Number(text)
}

interface AcceptOptions extends Pick<WitnessOptions, 'data' | 'logKey' | 'json' | 'name' | 'keyFile'> {
  readonly origin: string
  readonly checkpoint: string
  readonly by: string
  readonly reason: string
}

const ACCEPT = `
Until then the witness refuses the restored log and says ALARM, as it has to: a restore and an attack look the same to it. Ask
whoever restored it what happened, out of band. The restored checkpoint is LOG/checkpoint on the server, or GET
/v1/log/checkpoint. Both checkpoints, the time, who and the reason are signed with the witness's key and kept below
DIRECTORY/restores: give that file to auditors. Exit code 2: nothing was accepted.

Examples:
  reeve witness accept-restore --data /var/lib/reeve-witness --log-key "$(cat log.key)" \\
    --origin reeve-log-1 --checkpoint restored.checkpoint --by "Ada, operations of the witness" \\
    --reason "disk failure, ticket 4711"
`

function acceptRestoreCommand(): Command {
  return new Command('accept-restore')
    .description(
      'on the witness’s machine: go on from a log that was restored from a backup (give --data and --log-key too)',
    )
    .requiredOption('--origin <origin>', 'of the log: the first line of its checkpoint')
    .requiredOption('--checkpoint <file>', 'the signed checkpoint of the restored log')
    .requiredOption('--by <who>', 'who accepts it, for auditors')
    .requiredOption('--reason <text>', 'why, for auditors')
    .addHelpText('after', ACCEPT)
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<AcceptOptions>()
      const { acceptRestore, keptSigner } = await import('#main')
      const accepted = await acceptRestore({
        folder: options.data,
        logKeys: options.logKey ?? [],
        signer: await keptSigner(options.keyFile ?? join(options.data, 'witness.key'), options.name ?? hostname()),
        by: options.by,
        origin: options.origin,
        checkpoint: await checkpointIn(options.checkpoint),
        reason: options.reason,
        at: systemClock(),
      })
      const { epoch, before, after, record } = accepted
      if (options.json === true) await answerJson({ epoch, before: before.size, after: after.size, record })
      else
        say(`epoch ${epoch}: it goes on from ${after.size} entries, and had cosigned ${before.size}; kept in ${record}`)
    })
}

async function checkpointIn(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Fault('unreadable_input', `\`${file}\` cannot be read`, { cause })
  })
}

async function witness(options: WitnessOptions): Promise<void> {
  const signals = onSignals()
  const { runWitness } = await import('#main')
  const [, host = '', port = ''] = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(options.listen) ?? []
  if (host === '' || Number(port) > 65_535) throw new Fault('usage', `\`${options.listen}\` is no address to listen on`)
  let alarmed = false
  const alarm = (said: string): void => {
    alarmed = true
    process.stderr.write(`ALARM: ${said}\n`)
  }
  const { logKeyFile, expectEvery } = options
  const running = await runWitness({
    name: options.name ?? hostname(),
    logKeys: options.logKey ?? [],
    ...(logKeyFile === undefined ? {} : { logKeyFile }),
    keyFile: options.keyFile ?? join(options.data, 'witness.key'),
    folder: options.data,
    host,
    port: Number(port),
    onMisbehaviour: (what) => {
      alarm(misbehaviourIn(what))
    },
    ...(expectEvery === undefined ? {} : { expectEverySeconds: expectEvery }),
    onSilence: ({ origin, cosignedAt, over }) => {
      if (over) process.stderr.write(`${origin} is cosigned again\n`)
      else
        alarm(
          `silent: ${origin} ${cosignedAt === undefined ? 'was never cosigned' : `was cosigned last at ${instantOf(cosignedAt)}`}`,
        )
    },
    onFailure: (error) =>
      void process.stderr.write(
        error instanceof Fault
          ? `${error.message}\n`
          : 'the memory of this witness cannot be read or written: nothing is cosigned\n',
      ),
  })
  if (options.json === true) await answerJson({ url: running.url, key: running.key })
  else await writeTo(process.stdout, [`${running.url}\n${running.key}\n`])
  await signals.first
  await running.stop()
  if (running.badProofs > 0)
    process.stderr.write(`${running.badProofs} requests were refused for a proof that shows nothing\n`)
  process.exit(alarmed ? 1 : 0)
}

const instantOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

const SHOWS = {
  fork: 'two trees of one size are signed',
  inconsistent: 'a larger tree is signed that does not begin with the one cosigned',
  rollback:
    'the log went back, or somebody offers what it signed long ago: hold the file against the log with `reeve evidence verify --known-checkpoint`',
} as const

function misbehaviourIn({ kind, origin, remembered, offered, evidence }: Misbehaviour): string {
  const kept = evidence === undefined ? 'not kept: as many are kept as may be' : `kept in ${evidence}`
  return `${kind}: ${origin} offered a tree of ${offered}, and ${remembered} entries were cosigned: ${SHOWS[kind]}; ${kept}`
}
