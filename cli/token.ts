// `reeve token`: tokens of the API, for yourself, for another person, for an API client.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { day } from './principals/fields.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNamed, partyNames } from './remote/party.ts'
import { dayOrInstant, pages, principalNamed, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'
import { writeTo } from './terminal/write-out.ts'

interface CreateOptions extends RemoteOptions {
  readonly person?: string
  readonly client?: string
  readonly label?: string
  readonly scope?: readonly Scope[]
  readonly expires?: string
  readonly because?: string
}
type Scope = Schemas['Token']['scopes'][number]

const EXAMPLES = `
Examples:
  reeve token create --label laptop                                  for yourself
  reeve token create --person ada@example.com --label first
  reeve token create --client ci-inventory --scope connections:run --expires 2027-01-31
  reeve token list
  reeve token revoke tok_1x2y… --because "laptop lost"
`

export function tokenCommand(): Command {
  const create = new Command('create')
    .description('make a token; its value is shown once, on standard output')
    .option('--person <person>', 'for another person: an id, an address, a name (needs a role)')
    .option('--client <principal>', 'for an API client of the roll (needs a role)')
    .option('--label <text>', 'what it is for, or where it is kept')
    .option(
      '--scope <scope>',
      'read, write, people:feed, connections:run, decide, decide:follow, metrics; may be repeated (default: write)',
      gather,
    )
    .option('--expires <day>', 'when it ends (default: in 90 days)', dayOrInstant)
    .option('--because <text>', 'why')
    .option('--json', 'as JSON')
    .action(createToken)
  const list = new Command('list')
    .description('list tokens, never their values: your own, or all by role')
    .option('--ended', 'those that were revoked or have expired too')
  const revoke = new Command('revoke')
    .description('revoke a token; its next request is refused')
    .argument('<token>', 'its id (tok_…)')
    .option('--because <text>', 'why')
    .option('--json', 'as JSON')
    .action(revokeToken)
  return new Command('token')
    .description('make, list and revoke tokens')
    .addCommand(create)
    .addCommand(addPageOptions(list).action(listTokens))
    .addCommand(revoke)
    .addHelpText('after', EXAMPLES)
}

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

async function subjectOf(client: ReeveClient, { person, client: name }: CreateOptions): Promise<string | undefined> {
  if (person !== undefined && name !== undefined) throw new Fault('usage', 'give --person or --client, not both')
  if (name !== undefined) return (await principalNamed(client, name)).id
  if (person === undefined) return undefined
  const party = await partyNamed(client, person)
  if (party.kind !== 'person') throw new Fault('usage', `\`${person}\` is a team: a token is one person's`)
  return party.id
}

async function createToken(options: CreateOptions): Promise<void> {
  const client = await server()
  const subjectId = await subjectOf(client, options)
  const { label = 'made with the command line', scope = ['write'], expires, because } = options
  const { token, value } = await answered(
    client.POST('/v1/tokens', {
      body: {
        label,
        scopes: [...scope],
        ...(subjectId === undefined ? {} : { subjectId }),
        ...(expires === undefined ? {} : { expiresAt: expires }),
        ...(because === undefined ? {} : { reason: because }),
      },
    }),
  )
  if (options.json === true) {
    await answerJson({ token, value })
    return
  }
  await writeTo(process.stdout, [`${value}\n`])
  say(`${token.id}, good until ${day(token.expiresAt)}, for ${token.scopes.join(', ')}. It is not shown again.`)
}

async function listTokens(options: PageOptions & { readonly ended?: boolean }): Promise<void> {
  const client = await server()
  const ended = options.ended === true ? ({ all: 'true' } as const) : {}
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/tokens', { params: { query: { ...query, ...ended } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const people = page.items.flatMap(({ personId }) => personId ?? [])
  const names = await partyNames(client, people)
  await answerListing<Schemas['Token']>({
    items: page.items,
    empty: 'No tokens. reeve token create makes one.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      {
        title: 'of',
        whole: true,
        of: ({ personId, principalId }) => names.get(personId ?? '') ?? principalId ?? 'bootstrap',
      },
      { title: 'label', of: ({ label }) => label },
      { title: 'scopes', of: ({ scopes }) => scopes.join(' ') },
      { title: 'until', whole: true, of: ({ expiresAt }) => day(expiresAt) },
      { title: 'used', whole: true, of: ({ usedOn }) => usedOn ?? 'never' },
      { title: 'revoked', whole: true, of: ({ revokedAt }) => day(revokedAt) },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function revokeToken(tokenId: string, options: RemoteOptions & { readonly because?: string }): Promise<void> {
  const client = await server()
  const { because } = options
  const token = await answered(
    client.POST('/v1/tokens/{tokenId}/revoke', {
      params: { path: { tokenId } },
      body: because === undefined ? {} : { reason: because },
    }),
  )
  if (options.json === true) await answerJson(token)
  else say(`${token.id} is revoked since ${token.revokedAt}; its next request is refused.`)
}
