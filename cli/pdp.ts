// `reeve pdp`: a decision point beside those who ask it, which goes on deciding while the server is away.
import { readFile, stat } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { RouteTable } from '#config/routes'
import { Fault } from '#kernel'
import { checkedUrl } from './remote/credentials.ts'
import { say } from './terminal/answer.ts'
import { onSignals } from './terminal/interrupt.ts'
import { codeOf, writeTo } from './terminal/write-out.ts'

interface PdpOptions {
  readonly server: string
  readonly listen: string
  readonly tokenFile: string
  readonly callerTokenFile?: string
  readonly staleAfter: number
  readonly spool?: string
  readonly routes?: string
  readonly json?: boolean
}

const EXAMPLES = `
It answers AuthZEN on loopback or a Unix socket from memory, as the server does; the server's address and token are for the
feed of changes alone. Without the server it goes on deciding, expiring and denying until --stale-after; then every
answer is a denial with the reason \`stale\`.

The token needs the scope decide:follow:
  reeve token create --client my-sidecar --scope decide:follow > /etc/reeve/pdp.token

Exit codes:
  0  it was told to stop, and has
  2  it could not start

Examples:
  reeve pdp --server https://reeve.example --token-file pdp.token --listen unix:/run/reeve/pdp.sock
  reeve pdp --server https://reeve.example --token-file pdp.token --listen unix:/run/reeve/pdp.sock --routes routes.yaml
  reeve pdp --server https://reeve.example --token-file pdp.token --caller-token-file caller.token --listen 127.0.0.1:7332
`

export function pdpCommand(): Command {
  return new Command('pdp')
    .description('answer for decisions on this machine, from what a server tells')
    .requiredOption('--server <url>', 'whose changes it follows')
    .requiredOption('--token-file <file>', 'holds a token of scope decide:follow; read at each connection')
    .option('--listen <address>', 'host:port on loopback (0 is a free port), or unix:/path', '127.0.0.1:7332')
    .option('--caller-token-file <file>', 'what callers present as bearer; needed but on a Unix socket')
    .option('--stale-after <duration>', 'how long it decides without the server', duration, 120_000)
    .option(
      '--spool <directory>',
      'keeps what it decided there until the server has it; else nothing is recorded, and acts of high risk are denied',
    )
    .option('--routes <file>', 'what nginx, Caddy, Envoy and Kubernetes are answered from (YAML)')
    .option('--json', 'one JSON line with the address when it listens')
    .addHelpText('after', EXAMPLES)
    .action(pdp)
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(count) * (UNITS[unit] ?? 0)
  if (count === '' || milliseconds < 1000 || milliseconds > 86_400_000) {
    throw new InvalidArgumentError('Write it as 90s, 2m or 1h; at least 1s, at most 24h.')
  }
  return milliseconds
}

async function pdp(options: PdpOptions): Promise<void> {
  const { spool, tokenFile, callerTokenFile, staleAfter, listen, json } = options
  const server = checkedUrl(options.server)
  // a file that is not there now is a mistake; later it is told, and tried again
  await tokenIn(tokenFile)
  const callerToken = callerTokenFile === undefined ? undefined : await tokenIn(callerTokenFile)
  const routes = options.routes === undefined ? undefined : await routesIn(options.routes)
  const signals = onSignals()
  const { serveDecisions } = await import('#sdk')
  const served = await serveDecisions({
    server,
    token: async () => tokenIn(tokenFile),
    staleAfterMs: staleAfter,
    listen,
    ...(callerToken !== undefined && { callerToken }),
    ...(spool !== undefined && { spool }),
    ...(routes !== undefined && { routes }),
    say: (event) => void process.stderr.write(`reeve pdp: ${event}\n`),
  })
  if (json === true) await writeTo(process.stdout, [`${JSON.stringify({ address: served.address })}\n`])
  else say(`decisions at ${served.address}, followed from ${server}`)
  await signals.first
  await served.stop()
  process.exit(0)
}

async function routesIn(file: string): Promise<RouteTable> {
  let yaml: string
  try {
    yaml = await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
  const { readRoutes } = await import('#config/routes')
  return readRoutes(yaml, file)
}

/** SECURITY: a token that others can read is theirs too. */
async function tokenIn(file: string): Promise<string> {
  try {
    const { mode } = await stat(file)
    if (process.platform !== 'win32' && (mode & 0o007) !== 0) {
      throw new Fault('usage', `everybody can read \`${file}\`: run chmod o= \`${file}\`, and make another token`)
    }
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('usage', `\`${file}\` cannot be read (${codeOf(cause)})`, { cause })
  }
}
