// `reeve request`: ask for a right, for a purpose and a time; see what became of it, and take it back.
import { Command, InvalidArgumentError, Option } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { answerRequest, rightText } from './access/request-fields.ts'
import { myPrincipal } from './remote/party.ts'
import { principalNames } from './remote/principal-names.ts'
import { pages, principalNamed, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

interface AskOptions extends RemoteOptions {
  readonly action: readonly string[]
  readonly resource: readonly string[]
  readonly for?: number
  readonly purpose: string
  readonly standing?: boolean
  readonly breakGlass?: boolean
  readonly extends?: string
}

const EXAMPLES = `${EXIT_CODES_OF_RIGHTS}
Examples:
  reeve request ledger-batch --action pg:SELECT --resource 'pg://main/shop/*' --for 2h --purpose "ticket 1207"
  reeve request me --action pg:member --resource pg://main/role/reporting --for 30m --purpose "ticket 1208"
  reeve request list --state pending
  reeve request show req_1x2y…
  reeve request withdraw req_1x2y… --because "done another way"
`

const SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

/** `30m`, `2h`, `7d` in seconds. */
export function durationIn(value: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(value) ?? []
  const seconds = Number(count) * (SECONDS[unit] ?? 0)
  if (seconds === 0) throw new InvalidArgumentError('write minutes, hours or days, as 30m, 2h or 7d')
  return seconds
}

export function requestCommand(): Command {
  const ask = new Command('for')
    .description('ask for a right (`for` may be left out)')
    .argument('<principal>', 'who would have it: its id, an identifier, its name, or `me`')
    .requiredOption('--action <action>', 'as pg:SELECT or pg:*; may be repeated', gather)
    .requiredOption('--resource <resource>', 'as pg://main/shop/*; may be repeated', gather)
    .requiredOption('--purpose <text>', 'what for; approvers read it')
    .option('--for <time>', 'for how long from when it is granted: 30m, 2h, 7d', durationIn)
    .addOption(new Option('--standing', 'without an end').conflicts(['for', 'breakGlass']))
    .option('--break-glass', 'an emergency: at once, for persons; another person reviews it before the next')
    .option('--extends <grant>', 'the grant whose right is asked for once more')
    .option('--json', 'as JSON')
    .action(request)
  const list = new Command('list')
    .description('list requests: what is yours, or all for approvers')
    .option('--state <state>', 'pending, granted, denied, withdrawn or expired')
  return new Command('request')
    .description('ask for a right, for a purpose and a time')
    .addCommand(ask, { isDefault: true })
    .addCommand(addPageOptions(list).action(listRequests))
    .addCommand(one('show', 'show a request, with what was said on it').action(show))
    .addCommand(one('withdraw', 'take back what you asked for').option('--because <text>', 'why').action(withdraw))
    .addHelpText('after', EXAMPLES)
}

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]
const one = (name: string, description: string): Command =>
  new Command(name).description(description).argument('<request>', 'its id').option('--json', 'as JSON')

async function request(name: string, options: AskOptions): Promise<void> {
  const client = await server()
  const principalId = name === 'me' ? await myPrincipal(client) : (await principalNamed(client, name)).id
  const standing = options.standing === true ? 'standing' : 'just_in_time'
  const made = await answered(
    client.POST('/v1/access-requests', {
      body: {
        principalId,
        kind: options.breakGlass === true ? 'break_glass' : standing,
        actions: [...options.action],
        resources: [...options.resource],
        purpose: options.purpose,
        ...(options.for === undefined ? {} : { seconds: options.for }),
        ...(options.extends === undefined ? {} : { extends: options.extends }),
      },
    }),
  )
  if (options.json === true) await answerJson(made)
  else {
    await answerRequest(client, made)
    if (made.data.state === 'pending')
      say(`It waits for ${made.data.needs.approvals} to agree: reeve approve ${made.id}`)
  }
}

async function listRequests(options: PageOptions & { readonly state?: string }): Promise<void> {
  const client = await server()
  const { state } = options
  const page = await pages(options, async (query) =>
    // the word is checked by the server, which names those that it knows
    answered(
      client.GET('/v1/access-requests', {
        params: { query: { ...query, ...(state === undefined ? {} : { state: state as never }) } },
      }),
    ),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const nameOf = await namesIn(client, page.items)
  await answerListing<Schemas['AccessRequest']>({
    items: page.items,
    empty: 'No requests are like that, or none is yours to see.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'principal', whole: true, of: ({ data }) => data.principalId },
      { title: 'name', of: ({ data }) => nameOf(data.principalId) },
      { title: 'right', of: ({ data }) => rightText(data) },
      { title: 'purpose', of: ({ data }) => data.purpose },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

/** Whoever decides on a request is told for whom it is, also where they see no record of the roll. */
async function namesIn(
  client: ReeveClient,
  items: readonly Schemas['AccessRequest'][],
): Promise<(id: string) => string> {
  const nameOf = await principalNames(
    client,
    items.map(({ data }) => data.principalId),
  )
  const told = new Map<string, string>()
  for (const { id, data } of items) {
    if (nameOf(data.principalId) !== '' || told.has(data.principalId)) continue
    const found = await answered(client.GET('/v1/access-requests/{requestId}', { params: { path: { requestId: id } } }))
    told.set(data.principalId, found.about?.principal.name ?? '')
  }
  return (principalId) => nameOf(principalId) || (told.get(principalId) ?? '')
}

async function show(requestId: string, options: RemoteOptions): Promise<void> {
  const client = await server()
  const found = await answered(client.GET('/v1/access-requests/{requestId}', { params: { path: { requestId } } }))
  if (options.json === true) await answerJson(found)
  else await answerRequest(client, found)
}

async function withdraw(requestId: string, options: RemoteOptions & { readonly because?: string }): Promise<void> {
  const client = await server()
  const body = options.because === undefined ? {} : { reason: options.because }
  const params = { path: { requestId } }
  const gone = await answered(client.POST('/v1/access-requests/{requestId}/withdraw', { params, body }))
  if (options.json === true) await answerJson(gone)
  else say(`${gone.id} is ${gone.data.state}.`)
}
