// `reeve grant`: rights that were given, for how long, what is taken from them, and their end before it.
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { rightText } from './access/request-fields.ts'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNames } from './remote/party.ts'
import { principalNames } from './remote/principal-names.ts'
import { pages, principalNamed, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, answerListing, say } from './terminal/answer.ts'

const EXAMPLES = `${EXIT_CODES_OF_RIGHTS}
Examples:
  reeve grant list --principal ledger-batch --state active
  reeve grant narrow grt_1x2y… --resource pg://main/shop/public.orders --because "that is all it reads"
  reeve grant end grt_1x2y… --because "the work is done"
`

export function grantCommand(): Command {
  const list = new Command('list')
    .description('list grants: what is yours, or all by role')
    .option('--principal <principal>', 'of this principal: its id, an identifier, or its name')
    .option('--state <state>', 'a state that grants have')
  return new Command('grant')
    .description('list, show, narrow and end grants')
    .addCommand(addPageOptions(list).action(listGrants))
    .addCommand(one('show', 'show a grant').action(show))
    .addCommand(
      one('narrow', 'take a part of a grant away: what is not named stays as it is')
        .option('--action <action>', 'what it may still do; may be repeated', gather)
        .option('--resource <resource>', 'on what it still may; may be repeated', gather)
        .option('--until <instant>', 'an earlier end, as 2026-12-01T12:00:00Z')
        .requiredOption('--because <text>', 'why; it stands in the history and in the log')
        .action(narrow),
    )
    .addCommand(
      one('end', 'end a grant before its time; every decision point denies from then on')
        .requiredOption('--because <text>', 'why; it stands in the history and in the log')
        .action(end),
    )
    .addHelpText('after', EXAMPLES)
}

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]
const one = (name: string, description: string): Command =>
  new Command(name).description(description).argument('<grant>', 'its id').option('--json', 'as JSON')

async function listGrants(
  options: PageOptions & { readonly principal?: string; readonly state?: string },
): Promise<void> {
  const client = await server()
  const { principal, state } = options
  const filter = {
    ...(principal === undefined ? {} : { principalId: (await principalNamed(client, principal)).id }),
    // the word is checked by the server, which names those that it knows
    ...(state === undefined ? {} : { state: state as never }),
  }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/grants', { params: { query: { ...query, ...filter } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const nameOf = await principalNames(
    client,
    page.items.map(({ data }) => data.principalId),
  )
  await answerListing<Schemas['Grant']>({
    items: page.items,
    empty: 'No grants are like that, or none is yours to see. reeve request asks for one.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'principal', whole: true, of: ({ data }) => data.principalId },
      { title: 'name', of: ({ data }) => nameOf(data.principalId) },
      { title: 'right', of: ({ data }) => rightText(data) },
      { title: 'until', whole: true, of: ({ data }) => data.until ?? 'no end' },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

const GOES_ON: ReadonlySet<string> = new Set(['provisioning', 'ending', 'unproven'])

async function show(grantId: string, options: RemoteOptions): Promise<void> {
  const client = await server()
  const { id, data, ...rest } = await answered(client.GET('/v1/grants/{grantId}', { params: { path: { grantId } } }))
  if (options.json === true) {
    await answerJson({ id, data, ...rest })
    return
  }
  const nameOf = await principalNames(client, [data.principalId])
  const parties = await partyNames(client, [...data.approvedBy, ...(data.ended === undefined ? [] : [data.ended.by])])
  const named = (party: string): string => {
    const name = parties.get(party) ?? party
    return name === party ? party : `${name} (${party})`
  }
  await answerFields([
    ['grant', `${id}, ${data.state}, ${data.kind}`],
    ['principal', `${nameOf(data.principalId)} (${data.principalId})`.trimStart()],
    ['right', rightText(data)],
    ['from', data.from],
    ['until', data.until ?? 'no end'],
    ['reason', data.reason],
    ['request', data.requestId],
    ['approved by', data.approvedBy.map(named).join(', ') || 'nobody: the policies in force gave it'],
    ['ended', data.ended && `${data.ended.at} by ${named(data.ended.by)}: ${data.ended.because}`],
    ['at the target', data.fulfilment?.reason ?? data.fulfilment?.answer],
    ['left there', leftThere(data.fulfilment?.left)],
    ['tried again', GOES_ON.has(data.state) ? data.fulfilment?.nextAt : undefined],
  ])
}

const leftThere = (left: readonly string[] | undefined): string | undefined =>
  left?.length === 0 ? 'nothing that can be seen' : left?.join('; ')

interface NarrowOptions extends RemoteOptions {
  readonly action?: readonly string[]
  readonly resource?: readonly string[]
  readonly until?: string
  readonly because: string
}

async function narrow(grantId: string, options: NarrowOptions): Promise<void> {
  const { action, resource, until, because } = options
  if (action === undefined && resource === undefined && until === undefined)
    throw new Fault('usage', 'say what stays: --action, --resource or --until')
  const client = await server()
  const body = {
    ...(action !== undefined && { actions: [...action] }),
    ...(resource !== undefined && { resources: [...resource] }),
    ...(until !== undefined && { until }),
    because,
  }
  const narrowed = await answered(client.POST('/v1/grants/{grantId}/narrow', { params: { path: { grantId } }, body }))
  const { id, data } = narrowed
  if (options.json === true) await answerJson(narrowed)
  else if (data.state === 'active') say(`${id} gives ${rightText(data)}, until ${data.until ?? 'it is ended'}.`)
  else say(`${id} is out of force until its target gives no more than ${rightText(data)}: reeve grant show ${id}`)
}

async function end(grantId: string, options: RemoteOptions & { readonly because: string }): Promise<void> {
  const client = await server()
  const body = { because: options.because }
  const ended = await answered(client.POST('/v1/grants/{grantId}/end', { params: { path: { grantId } }, body }))
  if (options.json === true) await answerJson(ended)
  else say(`${ended.id} is ${ended.data.state}; every decision point denies what it gave.`)
}
