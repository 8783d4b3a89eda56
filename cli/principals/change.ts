// What a person says of one principal, a verb each: read, changed at exactly that version, shown.
import { Command, Option } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { partyNamed } from '../remote/party.ts'
import { dayOrInstant, principalNamed, server, updateOf } from '../remote/server.ts'
import type { Principal, RemoteOptions } from '../remote/server.ts'
import { answerJson, say } from '../terminal/answer.ts'

type Target = ReturnType<typeof updateOf>

interface Verb<O> {
  readonly verb: string
  readonly description: string
  /** Its own options and arguments after the principal. */
  readonly declare?: (command: Command) => Command
  readonly send: (client: ReeveClient, target: Target, options: O, words: readonly string[]) => Promise<Principal>
  readonly says: (principal: Principal) => string
}

function verb<O extends RemoteOptions>({ verb: name, description, declare, send, says }: Verb<O>): Command {
  const command = new Command(name)
    .description(description)
    .argument('<principal>', 'its id, an explicit identifier, its external id, or its name')
  return (declare?.(command) ?? command).option('--json', 'as JSON').action(async (...given: unknown[]) => {
    // commander gives the arguments, then the options, then the command
    const [options] = given.splice(-2) as [O, Command]
    const [principalName = '', ...words] = given as string[]
    const client = await server()
    const principal = await principalNamed(client, principalName)
    const changed = await send(client, updateOf(principal), options, words)
    if (options.json === true) await answerJson(changed)
    else say(says(changed))
  })
}

const because = (command: Command): Command =>
  command.requiredOption('--because <text>', 'why; it stands in the history and in the log')
const reason = ({ because: why }: { readonly because?: string }): { reason?: string } =>
  why === undefined ? {} : { reason: why }

interface Because extends RemoteOptions {
  readonly because: string
}

const named = ({ data, id }: Principal): string => `${data.name} (${id})`
const lacking = ({ gaps }: Principal): string =>
  gaps.length === 0 ? '' : ` To be active it lacks: ${gaps.join(', ')}.`

export const CHANGES = (): Command[] => [
  verb<Because & { nextReview?: string }>({
    verb: 'attest',
    description: 'say that it is still needed, and why',
    declare: (command) => because(command).option('--next-review <day>', 'by privilege tier unless said', dayOrInstant),
    send: async (client, params, { because: why, nextReview }) =>
      answered(
        client.POST('/v1/principals/{principalId}/attest', {
          params,
          body: { because: why, ...(nextReview === undefined ? {} : { nextReviewAt: nextReview }) },
        }),
      ),
    says: (principal) =>
      `${named(principal)} is still needed; next review ${principal.data.nextReviewAt?.slice(0, 10)}.`,
  }),
  verb<Because>({
    verb: 'quarantine',
    description: 'quarantine it in the roll: a state of the record; nothing is changed at the target',
    declare: because,
    send: async (client, params, { because: why }) =>
      answered(client.POST('/v1/principals/{principalId}/quarantine', { params, body: { reason: why } })),
    says: (principal) => `${named(principal)} is quarantined in the roll. At its target nothing was changed.`,
  }),
  verb<Because>({
    verb: 'restore',
    description: 'end its quarantine',
    declare: because,
    send: async (client, params, { because: why }) =>
      answered(client.POST('/v1/principals/{principalId}/restore', { params, body: { reason: why } })),
    says: (principal) => `${named(principal)} is ${principal.data.state} again.`,
  }),
  verb<Because & { emergency?: boolean }>({
    verb: 'retire',
    description: 'retire it for good; a tombstone stays',
    declare: (command) => because(command).option('--emergency', 'without quarantine first'),
    send: retire,
    says: (principal) => `${named(principal)} is retired in the roll. At its target nothing was changed.`,
  }),
  verb<Partial<Because>>({
    verb: 'confirm',
    description: 'say that a discovered principal is meant to be: it becomes registered',
    declare: (command) => command.option('--because <text>', 'why'),
    send: async (client, params, options) =>
      answered(client.POST('/v1/principals/{principalId}/register', { params, body: reason(options) })),
    says: (principal) => `${named(principal)} is registered.${lacking(principal)}`,
  }),
  verb<Partial<Because>>({
    verb: 'activate',
    description: 'make it active; says what it lacks where it cannot be',
    declare: (command) => command.option('--because <text>', 'why'),
    send: async (client, params, options) =>
      answered(client.POST('/v1/principals/{principalId}/activate', { params, body: reason(options) })),
    says: (principal) => `${named(principal)} is active.`,
  }),
  verb<Partial<Because>>({
    verb: 'purpose',
    description: 'say what it is for',
    declare: (command) => command.argument('<text>', 'what it is for').option('--because <text>', 'why you say so'),
    send: async (client, params, options, [purpose = '']) =>
      answered(client.POST('/v1/principals/{principalId}/purpose', { params, body: { purpose, ...reason(options) } })),
    says: (principal) => `${named(principal)} is for: ${principal.data.purpose?.value}.${lacking(principal)}`,
  }),
  ...moreChanges(),
]

/** The answer also lists what still works, which is said on its own lines. */
async function retire(
  client: ReeveClient,
  params: Target,
  { because: why, emergency, json }: Because & { emergency?: boolean },
): Promise<Principal> {
  const retired = await answered(
    client.POST('/v1/principals/{principalId}/retire', {
      params,
      body: { reason: why, ...(emergency === undefined ? {} : { emergency }) },
    }),
  )
  if (json !== true && retired.liveCredentialCount > 0) {
    say(`${retired.liveCredentialCount} of its credentials still work as far as the roll knows; revoke them there:`)
    for (const { id, type } of retired.liveCredentials.slice(0, 20)) say(`  ${id}  ${type}`)
  }
  return retired
}

function moreChanges(): Command[] {
  return [
    verb<Partial<Because>>({
      verb: 'expire',
      description: 'set when it ends',
      declare: (command) => command.argument('<day>', 'YYYY-MM-DD, or `never`').option('--because <text>', 'why'),
      send: async (client, params, options, [until = '']) => {
        const expiresAt = until === 'never' ? null : dayOrInstant(until)
        return answered(
          client.POST('/v1/principals/{principalId}/expiry', { params, body: { expiresAt, ...reason(options) } }),
        )
      },
      says: (principal) => {
        const { expiresAt } = principal.data
        return `${named(principal)} ${expiresAt === undefined ? 'does not expire' : `expires on ${expiresAt.slice(0, 10)}`}.${lacking(principal)}`
      },
    }),
    verb<Partial<Because> & { remove?: boolean }>({
      verb: 'backup',
      description: 'name who answers when the owner cannot',
      declare: (command) =>
        command
          .argument('<party>', 'as for own --to')
          .option('--remove', 'take it away instead')
          .option('--because <text>', 'why'),
      send: async (client, params, options, [who = '']) => {
        const body = { backup: await partyNamed(client, who), ...reason(options) }
        return answered(
          options.remove === true
            ? client.POST('/v1/principals/{principalId}/backups/remove', { params, body })
            : client.POST('/v1/principals/{principalId}/backups', { params, body }),
        )
      },
      says: (principal) => `${named(principal)} has ${principal.data.backups.length} backups.${lacking(principal)}`,
    }),
    verb<Partial<Because> & Classes>({
      verb: 'classify',
      description: 'say what it is; what you say outranks what rules derived',
      declare: (command) =>
        command
          .addOption(new Option('--environment <environment>', 'production, staging, …, unknown'))
          .option('--function <text>', 'what it does in the organisation')
          .option('--criticality <criticality>', 'critical, high, …, unknown')
          .option('--kind <kind>', 'service_account, workload, …')
          .option('--because <text>', 'why'),
      send: async (client, params, options) => {
        const { environment, function: business, criticality, kind } = options
        const said = { environment, function: business, criticality, kind }
        const body = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
        return answered(
          client.POST('/v1/principals/{principalId}/classify', { params, body: { ...body, ...reason(options) } }),
        )
      },
      says: (principal) => {
        const { kind, environment, criticality, function: business } = principal.data
        return `${named(principal)}: ${kind}, ${environment.value}, ${business.value}, criticality ${criticality.value}.`
      },
    }),
  ]
}

interface Classes {
  readonly environment?: string
  readonly function?: string
  readonly criticality?: string
  readonly kind?: string
}
