// `reeve break-glass`: what was done in emergencies, and the review of it by somebody else.
import { Command, Option } from 'commander'
import { answered } from '#client'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { principalNames } from './remote/principal-names.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

const EXAMPLES = `${EXIT_CODES_OF_RIGHTS}
Examples:
  reeve request maria --break-glass --action pg:* --resource 'pg://main/*' --for 1h --purpose "the shop is down"
  reeve break-glass list --state open
  reeve break-glass review bgl_1x2y… --verdict justified --reason "it was, see ticket 1207"
`

export function breakGlassCommand(): Command {
  const list = new Command('list').description('list uses of break-glass').option('--state <state>', 'open or reviewed')
  const review = new Command('review')
    .description('say what it was; whoever used it cannot, and uses no other until then')
    .argument('<use>', 'its id; reeve break-glass list shows them')
    .addOption(new Option('--verdict <verdict>', 'what it was').choices(['justified', 'misused']).makeOptionMandatory())
    .requiredOption('--reason <text>', 'why; it stands in the history and in the log')
    .option('--json', 'as JSON')
  return new Command('break-glass')
    .description('list and review what was granted in emergencies')
    .addCommand(addPageOptions(list).action(listUses))
    .addCommand(review.action(reviewUse))
    .addHelpText('after', EXAMPLES)
}

async function listUses(options: PageOptions & { readonly state?: string }): Promise<void> {
  const client = await server()
  const { state } = options
  const page = await pages(options, async (query) =>
    // the word is checked by the server, which names those that it knows
    answered(
      client.GET('/v1/break-glass', {
        params: { query: { ...query, ...(state === undefined ? {} : { state: state as never }) } },
      }),
    ),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const nameOf = await principalNames(
    client,
    page.items.map(({ data }) => data.principalId),
  )
  await answerListing<Schemas['BreakGlass']>({
    items: page.items,
    empty: 'No use of break-glass is like that.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ data }) => data.review?.verdict ?? data.state },
      { title: 'principal', whole: true, of: ({ data }) => data.principalId },
      { title: 'name', of: ({ data }) => nameOf(data.principalId) },
      { title: 'at', whole: true, of: ({ data }) => data.at },
      { title: 'until', whole: true, of: ({ data }) => data.until },
      { title: 'purpose', of: ({ data }) => data.purpose },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function reviewUse(
  breakGlassId: string,
  options: RemoteOptions & { readonly verdict: 'justified' | 'misused'; readonly reason: string },
): Promise<void> {
  const client = await server()
  const { verdict, reason, json } = options
  const params = { path: { breakGlassId } }
  const made = await answered(
    client.POST('/v1/break-glass/{breakGlassId}/review', { params, body: { verdict, reason } }),
  )
  if (json === true) await answerJson(made)
  else say(`${made.id} is reviewed: ${verdict}.`)
}
