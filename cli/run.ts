// `reeve run`: a command that runs only while it may. Denied, it never starts; when its access ends, so does it.
import { constants } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { Fault } from '#kernel'
import { partyOf } from './question.ts'
import { credentialsFrom } from './remote/credentials.ts'
import { onlyWhileAllowed, refusalOf } from './run/only-while-allowed.ts'
import { startChild } from './run/child.ts'
import type { Ask } from './run/only-while-allowed.ts'

interface RunOptions {
  readonly subject: string
  readonly action: string
  readonly resource: string
  readonly purpose?: string
  readonly name: string
  readonly point?: string
  readonly observe?: true
  readonly endWithAccess: boolean
  readonly checkEvery: number
}

/** sysexits.h: EX_NOPERM, EX_TEMPFAIL. */
const DENIED = 77
const NO_ANSWER = 75

const TEXT = `
It asks a server (as reeve decide does), or the decision point on the Unix socket --point. While the command runs it asks
again every --check-every; when that is denied, or nobody has answered until the last answer is over, the command and what it
started get TERM, and KILL ten seconds later. The command does not see REEVE_TOKEN.

Exit codes:
  those of the command; 128 and the number of the signal that ended it
  77   denied, or ended because its access ended
  75   nobody answered, so it was not started
  126  the command cannot be run
  127  there is no such command
  2    it was asked in a way that is not understood

Examples:
  reeve run --subject kubernetes:app --action pg:SELECT --resource table:pg://main/shop/public.orders -- psql -f report.sql
  reeve run --point unix:/run/reeve/pdp.sock --observe --subject machine:ci --action deploy --resource site:shop -- ./deploy
`

export function runCommand(): Command {
  return new Command('run')
    .description('run a command only while an identity may do something')
    .argument('<command...>', 'what to run, after --')
    .requiredOption('--subject <type:id>', 'who, as kubernetes:app, or an id alone: prn_…')
    .requiredOption('--action <name>', 'what, as pg:SELECT')
    .requiredOption('--resource <type:id>', 'on what, as table:pg://main/shop/public.orders')
    .option('--purpose <text>', 'what for; policies see it as context.request.purpose')
    .option('--name <name>', 'of this enforcement point, in what is recorded', 'reeve-run')
    .option('--point <address>', 'a decision point on this machine, as unix:/run/reeve/pdp.sock')
    .option('--observe', 'run it whatever the answer is; say on standard error what would be denied')
    .option('--no-end-with-access', 'let it run on when its access ends')
    .option('--check-every <seconds>', 'how often it asks while the command runs', seconds, 5)
    .addHelpText('after', TEXT)
    .action(run)
}

function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || value < 0.1 || value > 3600) {
    throw new InvalidArgumentError('Write it in seconds, from 0.1 to 3600.')
  }
  return value
}

async function run(command: readonly string[], options: RunOptions): Promise<void> {
  const ask = await asking(options)
  const say = (event: string): void => void process.stderr.write(`reeve run: ${event}\n`)
  const first = await ask().catch(() => undefined)
  const refusal = first === undefined ? 'nobody answers' : refusalOf(first)
  if (refusal !== undefined) {
    const reason = first === undefined ? refusal : `denied (${refusal})`
    say(options.observe === true ? `would not start it: ${reason}` : reason)
    if (options.observe !== true) {
      process.exitCode = first === undefined ? NO_ANSWER : DENIED
      return
    }
  }
  const child = startChild(command)
  const watching =
    options.endWithAccess && options.observe !== true && first !== undefined
      ? onlyWhileAllowed({ ask, first, everyMs: options.checkEvery * 1000 })
      : undefined
  const lost = watching?.lost.then((reason) => {
    say(`ended it: ${reason}`)
    child.end()
    return true
  })
  const { code, signal } = await child.ended
  watching?.stop()
  process.exitCode =
    (await Promise.race([lost, Promise.resolve(false)])) === true
      ? DENIED
      : (code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
}

async function asking({ subject, action, resource, purpose, name, point, observe }: RunOptions): Promise<Ask> {
  const body = {
    subject: partyOf(subject),
    action: { name: action },
    resource: partyOf(resource),
    context: {
      ...(purpose !== undefined && { purpose }),
      reeve: { enforcement_point: name, enforced: observe !== true },
    },
  }
  const { askDecisionPoint } = await import('#sdk')
  if (point !== undefined) {
    if (!point.startsWith('unix:/')) throw new Fault('usage', `\`${point}\`: write it as unix:/run/reeve/pdp.sock`)
    const asked = askDecisionPoint({ address: point })
    return async () => await asked(body)
  }
  const { url, token } = await credentialsFrom()
  const asked = askDecisionPoint({ address: url, token: () => token })
  return async () => await asked(body)
}
