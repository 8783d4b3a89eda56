// `reeve orphans`: what nobody answers for, and who was asked to.
import { Command, Option } from 'commander'
import { answered } from '#client'
import { day } from './principals/fields.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNames } from './remote/party.ts'
import { pages, server } from './remote/server.ts'
import type { Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'
import { kindTitle } from './words.ts'

interface OrphansOptions extends PageOptions {
  readonly why?: 'owner_left' | 'never_owned'
}

type LeftOut = NonNullable<Schemas['OrphanPage']['leftOut']>

const WHY = { owner_left: 'the owner left', never_owned: 'never had one' } as const

const EXAMPLES = `
Examples:
  reeve orphans
  reeve orphans --why owner_left --json
  reeve principals own PRINCIPAL --to PARTY --because "…"     to end it
`

export function orphansCommand(): Command {
  const command = new Command('orphans')
    .description('list principals that nobody answers for')
    .addOption(new Option('--why <why>', 'only those').choices(['owner_left', 'never_owned']))
  return addPageOptions(command).addHelpText('after', EXAMPLES).action(orphans)
}

async function orphans(options: OrphansOptions): Promise<void> {
  const client = await server()
  const { why } = options
  let leftOut: LeftOut | undefined
  const page = await pages(options, async (query) => {
    const asked = { ...query, ...(why === undefined ? {} : { why }) }
    const read = await answered(client.GET('/v1/orphans', { params: { query: asked } }))
    leftOut ??= read.leftOut
    return read
  })
  if (options.json === true) {
    await answerJson({ ...page, ...(leftOut === undefined ? {} : { leftOut }) })
    return
  }
  const parties = page.items.flatMap(({ formerOwner, proposed }) => [
    ...(formerOwner === undefined ? [] : [formerOwner.party.id]),
    ...(proposed === undefined ? [] : [proposed.party.id]),
  ])
  const names = await partyNames(client, parties)
  const nameOf = (id: string | undefined): string | undefined => (id === undefined ? undefined : (names.get(id) ?? id))
  await answerListing<Schemas['Orphan']>({
    items: page.items,
    empty: 'No orphans: everything that you may see has somebody who answers for it.',
    columns: [
      { title: 'id', whole: true, of: ({ principal }) => principal.id },
      { title: 'kind', of: ({ principal }) => kindTitle(principal.data.kind) },
      { title: 'name', of: ({ principal }) => principal.data.name },
      { title: 'tier', of: ({ principal }) => principal.data.tier.value },
      { title: 'why', of: (orphan) => WHY[orphan.why] },
      { title: 'since', whole: true, of: ({ since }) => day(since) },
      { title: 'former owner', of: ({ formerOwner }) => nameOf(formerOwner?.party.id) },
      { title: 'asked', of: ({ proposed }) => nameOf(proposed?.party.id) },
    ],
    after: [
      page.next === undefined
        ? 'reeve principals own ID --to PARTY --because "…" names an owner'
        : `There are more: --cursor ${page.next}, or --all`,
      ...notListed(leftOut),
    ].join('. '),
  })
  if (page.items.length === 0) for (const line of notListed(leftOut)) say(line)
}

/** What has no owner here and needs none. */
function notListed(leftOut: LeftOut | undefined): string[] {
  const { builtIn = 0, thirdPartyActions = 0 } = leftOut ?? {}
  const parts = [
    ...(builtIn === 0 ? [] : [`${builtIn} of Reeve itself`]),
    ...(thirdPartyActions === 0 ? [] : [`${thirdPartyActions} third-party actions of workflows`]),
  ]
  return parts.length === 0 ? [] : [`Not listed: ${parts.join(', ')}`]
}
