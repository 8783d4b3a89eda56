// `reeve offers`: ownership that was offered, and the word of who it was offered to.
import { Command } from 'commander'
import { answered } from '#client'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNamed, partyNames } from './remote/party.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

interface ListOptions extends PageOptions {
  readonly state: string
  readonly to?: string
}

interface AnswerOptions extends RemoteOptions {
  readonly because: string
}

export function offersCommand(): Command {
  const list = new Command('list')
    .description('list offers')
    .option('--state <state>', 'pending, accepted, declined or withdrawn', 'pending')
    .option('--to <party>', 'only those to this person or team, or `me`')
  return new Command('offers')
    .description('list, accept and decline offers of ownership')
    .addCommand(addPageOptions(list).action(listOffers))
    .addCommand(
      answer('accept', 'own what was offered to you or your team', false, async (offerId, { because }) => {
        const params = { path: { offerId } }
        const client = await server()
        const body = because === undefined ? {} : { reason: because }
        const { offer, principal } = await answered(client.POST('/v1/offers/{offerId}/accept', { params, body }))
        return [offer, `You own ${principal.data.name} (${principal.id}).`]
      }),
    )
    .addCommand(
      answer('decline', 'say no to what was offered to you or your team', true, async (offerId, { because }) => {
        const params = { path: { offerId } }
        const client = await server()
        const body = { reason: because }
        return [await answered(client.POST('/v1/offers/{offerId}/decline', { params, body })), 'Declined.']
      }),
    )
    .addCommand(
      answer('withdraw', 'take an offer back', true, async (offerId, { because }) => {
        const params = { path: { offerId } }
        const client = await server()
        const body = { reason: because }
        return [await answered(client.POST('/v1/offers/{offerId}/withdraw', { params, body })), 'Withdrawn.']
      }),
    )
}

function answer(
  name: string,
  description: string,
  reasonNeeded: boolean,
  send: (offerId: string, options: AnswerOptions) => Promise<readonly [offer: Schemas['Offer'], says: string]>,
): Command {
  const command = new Command(name).description(description).argument('<offer>', 'its id')
  const because = ['--because <text>', 'why'] as const
  return (reasonNeeded ? command.requiredOption(...because) : command.option(...because))
    .option('--json', 'as JSON')
    .action(async (offerId: string, options: AnswerOptions) => {
      const [offer, says] = await send(offerId, options)
      if (options.json === true) await answerJson(offer)
      else say(says)
    })
}

async function listOffers(options: ListOptions): Promise<void> {
  const client = await server()
  const to = options.to === undefined ? undefined : (await partyNamed(client, options.to)).id
  const state = options.state as Schemas['Offer']['data']['state']
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/offers', { params: { query: { ...query, state, ...(to === undefined ? {} : { to }) } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const names = await partyNames(
    client,
    page.items.map(({ data }) => data.to.id),
  )
  await answerListing<Schemas['Offer']>({
    items: page.items,
    empty: `No offer is ${state}. reeve principals own offers what somebody answers for already.`,
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'principal', whole: true, of: ({ data }) => data.principalId },
      { title: 'to', of: ({ data }) => names.get(data.to.id) ?? data.to.id },
      { title: 'why', of: ({ data }) => data.why },
      { title: 'cause', of: ({ data }) => data.cause },
    ],
    after:
      page.next === undefined
        ? 'reeve offers accept ID, or reeve offers decline ID --because "…"'
        : `There are more: --cursor ${page.next}, or --all`,
  })
}
