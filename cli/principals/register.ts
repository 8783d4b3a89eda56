// `reeve principals register`: a principal that no source has shown yet.
import { Command } from 'commander'
import { answered } from '#client'
import { partyNamed } from '../remote/party.ts'
import { dayOrInstant, server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerJson, say } from '../terminal/answer.ts'

interface RegisterOptions extends RemoteOptions {
  readonly kind: string
  readonly system: string
  readonly externalId?: string
  readonly owner?: string
  readonly backup?: string
  readonly purpose?: string
  readonly expires?: string
  readonly environment?: string
  readonly because?: string
}

const EXAMPLES = `
Example:
  reeve principals register nightly-export --kind service_account --system csv --owner me \\
    --purpose "exports the ledger every night" --expires 2027-06-30
`

export function registerCommand(): Command {
  return new Command('register')
    .description('register a principal that no source has shown yet (for a discovered one: confirm)')
    .argument('<name>', 'what it is called')
    .requiredOption('--kind <kind>', 'service_account, api_client, ai_agent, …')
    .requiredOption('--system <system>', 'aws, kubernetes, github, …')
    .option('--external-id <id>', 'its native identifier: the first sync then recognises it')
    .option('--owner <party>', 'as for own --to')
    .option('--backup <party>', 'as for own --to')
    .option('--purpose <text>', 'what it is for')
    .option('--expires <day>', 'when it ends', dayOrInstant)
    .option('--environment <environment>', 'production, …')
    .option('--because <text>', 'why')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(register)
}

async function register(name: string, options: RegisterOptions): Promise<void> {
  const client = await server()
  const { kind, system, externalId, owner, backup, purpose, expires, environment, because } = options
  const said = {
    name,
    kind,
    system,
    externalId,
    owner: owner === undefined ? undefined : await partyNamed(client, owner),
    backup: backup === undefined ? undefined : await partyNamed(client, backup),
    purpose,
    expiresAt: expires,
    environment,
    reason: because,
  }
  // the words are checked by the server, which names those that it knows
  const body = Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  ) as unknown as Schemas['NewPrincipal']
  const made = await answered(client.POST('/v1/principals', { body }))
  if (options.json === true) await answerJson(made)
  else
    say(
      `${made.data.name} is registered as ${made.id}.${made.gaps.length === 0 ? '' : ` To be active it lacks: ${made.gaps.join(', ')}.`}`,
    )
}
