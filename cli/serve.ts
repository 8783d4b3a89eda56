// `reeve serve`: the server with its database, until it is told to stop.
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { RunningReeve } from '#main'
import { storeCredentials, storedCredentials } from './remote/credentials.ts'
import { onSignals } from './terminal/interrupt.ts'
import { painter, wantsColour } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'
import { KINDS } from './keys.ts'
import type { Kind } from './keys.ts'
import { version } from './version.ts'

interface ServeOptions {
  readonly listen?: string
  readonly dataDir?: string
  readonly config?: string
  readonly importRoot?: readonly string[]
  readonly sample?: boolean
  readonly bothAdministrations?: boolean
  readonly bootstrap?: boolean
  readonly acceptKeyLoss?: readonly Kind[]
  readonly json?: boolean
  readonly verbose?: boolean
}

const EXAMPLES = `
Where things are kept:
  --data-dir, else REEVE_DATA_DIR, else /var/lib/reeve as root, else ~/.local/share/reeve
  REEVE_DATABASE_URL names a PostgreSQL of your own in place of the one that Reeve brings

Exit codes:
  0  it was told to stop, and has
  2  it could not start; the line on standard error says why

Examples:
  reeve serve                                  on 127.0.0.1:7330
  reeve serve --sample                         with the sample estate in it
  reeve serve --listen 127.0.0.1:0 --json      on a free port; one JSON line says which
  reeve serve --import-root /srv/exports       connections may read below there
`

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server with its database')
    .option('--listen <host:port>', 'where (default: REEVE_LISTEN, else reeve.yaml, else 127.0.0.1:7330)')
    .option('--data-dir <directory>', 'where everything is kept')
    .option('--config <file>', 'settings (default: REEVE_CONFIG, else reeve.yaml in the current directory)')
    .option('--import-root <directory>', 'connections may read below it; may be repeated', gather)
    .option('--sample', 'have the sample estate in the roll, and take a free port where 7330 is in use')
    .option('--both-administrations', 'let one subject hold identity-admin and access-admin')
    .option(
      '--bootstrap',
      'print a bootstrap token once more: for one more person, who logs in with it on their machine',
    )
    .addOption(
      new Option('--accept-key-loss <kind>', 'a key that the roll was made under is gone for good; may be repeated')
        .choices(KINDS)
        .argParser(gatherKind),
    )
    .option('--verbose', 'write the log to standard error at a terminal too')
    .option('--json', 'one JSON line with the address when it listens; the log on standard error')
    .addHelpText('after', EXAMPLES)
    .action(serve)
}

/** Below what the systemd unit allows. */
const STOP_LIMIT_MS = 75_000

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

function gatherKind(value: string, earlier: readonly Kind[] = []): Kind[] {
  const kind = KINDS.find((one) => one === value)
  if (kind === undefined) throw new InvalidArgumentError(`Allowed choices are ${KINDS.join(', ')}.`)
  return [...earlier, kind]
}

async function serve(options: ServeOptions): Promise<void> {
  const signals = onSignals()
  // the server's modules are loaded by this command alone: a scan starts faster without them
  const { startReeve } = await import('#main')
  const silent = options.json !== true && options.verbose !== true && process.stderr.isTTY
  const reeve = await startReeve({
    environment: process.env,
    workingDirectory: process.cwd(),
    release: version,
    samples: fileURLToPath(new URL('../samples', import.meta.url)),
    sampleEstate: options.sample ?? false,
    elsePortFree: options.sample ?? false,
    log: { write: (line) => void (silent || process.stderr.write(line)) },
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.dataDir === undefined ? {} : { dataDirectory: options.dataDir }),
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.importRoot === undefined ? {} : { importRoots: options.importRoot }),
    ...(options.acceptKeyLoss === undefined ? {} : { acceptKeyLoss: options.acceptKeyLoss }),
    ...(options.bootstrap === undefined ? {} : { bootstrap: options.bootstrap }),
    ...(options.bothAdministrations === undefined ? {} : { bothAdministrations: options.bothAdministrations }),
  })
  await announce(reeve, options)
  const signal = await signals.first
  if (options.json !== true) process.stderr.write(`reeve: ${signal}, stopping (once more ends it at once)\n`)
  // whatever hangs: nothing that was answered depends on it, and PostgreSQL is found again by the next start
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
  await reeve.stop()
  // a worker thread or a socket that lingers keeps nobody waiting: everything that lasts is written and closed
  process.exit(0)
}

async function announce(reeve: RunningReeve, options: ServeOptions): Promise<void> {
  const { url, host, port, dataDirectory, bootstrapToken, sample } = reeve
  if (options.json === true) {
    const line = {
      address: url,
      host,
      port,
      dataDirectory,
      ...(sample === undefined ? {} : { sample }),
      ...(bootstrapToken === undefined ? {} : { token: bootstrapToken }),
    }
    await writeTo(process.stdout, [`${JSON.stringify(line)}\n`])
    return
  }
  const oneMore = options.bootstrap === true
  // of another person: not to be kept where this one's commands find it
  const stored = !oneMore && (await keepToken(url, bootstrapToken))
  const paint = painter(wantsColour(process.stdout, undefined))
  const lines = [`${paint('bold', `Reeve ${version}`)} at ${paint('cyan', url)}`, `  data in ${dataDirectory}`]
  if (sample !== undefined) lines.push(`  ${sample}`)
  if (bootstrapToken !== undefined) {
    const what = oneMore
      ? 'This token lets one more person in'
      : 'First start. This token makes the first administrators'
    lines.push('', `${what}, for a day, and is not shown again:`)
    lines.push(
      '',
      `  ${paint('bold', bootstrapToken)}`,
      '',
      oneMore ? 'They, as another user:' : 'In another terminal:',
      '',
    )
    if (!stored) lines.push(`  export REEVE_URL=${url} REEVE_TOKEN=…         the token above`)
    const role = oneMore ? ' --role approver' : ''
    lines.push(`  npx reeve login --bootstrap --name "Your Name" --email you@example.com${role}`)
    if (oneMore) lines.push('', 'And you:', '')
  } else lines.push('', 'In another terminal:', '')
  lines.push('  npx reeve principals list', '  npx reeve orphans', '')
  lines.push(paint('dim', 'Ctrl-C stops it; everything stays.'))
  await writeTo(
    process.stdout,
    lines.map((line) => `${line}\n`),
  )
}

/** The first token is at hand for the next command, unless the file is another server's. */
async function keepToken(url: string, token: string | undefined): Promise<boolean> {
  if (token === undefined) return true
  try {
    if ((await storedCredentials()) !== undefined) return false
    await storeCredentials({ url, token })
    return true
  } catch {
    // a service has no home to write to; the token was printed
    return false
  }
}
