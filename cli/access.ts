// `reeve access`: what an identity may do and whom it reaches, who can do something, and what stands without an end.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { decisionsCommand } from './access/decisions.ts'
import { entitlementsCommand } from './access/entitlements.ts'
import { rightText } from './access/request-fields.ts'
import { pathLines, rightName, wayOf } from './access/path-lines.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNames } from './remote/party.ts'
import { principalNames } from './remote/principal-names.ts'
import { dayOrInstant, pages, principalNamed, server } from './remote/server.ts'
import type { Schemas } from './remote/server.ts'
import { answerJson, answerListing } from './terminal/answer.ts'

const EXAMPLES = `
Examples:
  reeve access show ledger-batch
  reeve access show ledger-batch --reach
  reeve access who-can aws:s3:GetObject arn:aws:s3:::ledger/2026.csv
  reeve access who-can k8s:get k8s://main/shop/secrets/db --at 2026-01-31 --escalations
  reeve access standing --all
`

interface Options extends PageOptions {
  readonly at?: string
  readonly knownAt?: string
  readonly escalations?: boolean
  readonly reach?: boolean
}

export function accessCommand(): Command {
  const show = new Command('show')
    .description('what an identity may do, by its own rights and as others, with the way')
    .argument('<principal>', 'its id, an identifier, or its name')
    .option('--reach', 'only whom it can come to act as, and to what else')
  const whoCan = new Command('who-can')
    .description('who can do an action on a resource, each by a shortest way')
    .argument('<action>', 'as in aws:s3:GetObject')
    .argument('<resource>', 'its whole name, as in pg://main/shop/public.orders')
  const standing = new Command('standing').description(
    'administrative rights, grants that have no end, and identities of tier admin',
  )
  return new Command('access')
    .description('who can do what, across systems')
    .addCommand(addDates(addEscalations(show)).action(showAccess))
    .addCommand(addDates(addEscalations(whoCan)).action(showWhoCan))
    .addCommand(addDates(standing).action(showStanding))
    .addCommand(entitlementsCommand())
    .addCommand(decisionsCommand())
    .addHelpText('after', EXAMPLES)
}

const addEscalations = (command: Command): Command =>
  command.option('--escalations', 'also by what takes more than acting as another')

const addDates = (command: Command): Command =>
  addPageOptions(command)
    .option('--at <date>', 'as it was then: a day, or an instant', dayOrInstant)
    .option('--known-at <date>', 'by what was known then', dayOrInstant)

const timesOf = ({ at, knownAt }: Options): { asOf?: string; asKnownAt?: string } => ({
  ...(at !== undefined && { asOf: at }),
  ...(knownAt !== undefined && { asKnownAt: knownAt }),
})

const flagOf = ({ escalations }: Options): { escalations?: 'true' } =>
  escalations === true ? { escalations: 'true' } : {}

const moreOf = (next: string | undefined): { after?: string } =>
  next === undefined ? {} : { after: `There are more: --cursor ${next}, or --all` }

async function showAccess(name: string, options: Options): Promise<void> {
  const client = await server()
  const { id: principalId } = await principalNamed(client, name)
  const asked = { principalId, ...timesOf(options), ...flagOf(options) }
  if (options.reach === true) await showReach(client, asked, options)
  else await showRights(client, asked, options)
}

type OfPrincipal = { principalId: string; escalations?: 'true'; asOf?: string; asKnownAt?: string }

async function showRights(client: ReeveClient, asked: OfPrincipal, options: Options): Promise<void> {
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/access/rights', { params: { query: { ...query, ...asked } } })),
  )
  if (options.json === true) return await answerJson(page)
  await answerListing<Schemas['EffectiveRight']>({
    items: page.items,
    empty: 'No source shows a right of it, and Reeve grants it none.',
    columns: [
      { title: 'system', whole: true, of: ({ system }) => system },
      { title: 'right', of: rightName },
      { title: 'level', whole: true, of: ({ level }) => level },
      { title: 'on', of: ({ resources }) => resources.slice(0, 3).join(', ') },
      { title: 'way', of: wayOf },
    ],
    ...moreOf(page.next),
  })
}

async function showReach(client: ReeveClient, asked: OfPrincipal, options: Options): Promise<void> {
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/access/reach', { params: { query: { ...query, ...asked } } })),
  )
  if (options.json === true) return await answerJson(page)
  const reached = page.items.flatMap(({ steps }) => steps.at(-1)?.principalId ?? [])
  const nameOf = await principalNames(client, reached)
  await answerListing<Schemas['Reached']>({
    items: page.items,
    empty: 'It comes to act as nobody else, as far as sources show.',
    columns: [
      {
        title: 'reaches',
        whole: true,
        of: ({ steps }) => steps.at(-1)?.principalId ?? steps.at(-1)?.reaches ?? '',
      },
      { title: 'name', of: ({ steps }) => nameOf(steps.at(-1)?.principalId ?? '') },
      { title: 'steps', whole: true, of: ({ steps }) => String(steps.length) },
      { title: 'way', of: ({ steps }) => pathLines({ steps, path: [] }).join(' > ') },
    ],
    ...moreOf(page.next),
  })
}

async function showWhoCan(action: string, resource: string, options: Options): Promise<void> {
  const client = await server()
  const asked = { action, resource, ...timesOf(options), ...flagOf(options) }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/access/who-can', { params: { query: { ...query, ...asked } } })),
  )
  if (options.json === true) return await answerJson(page)
  const nameOf = await principalNames(
    client,
    page.items.map(({ id }) => id),
  )
  await answerListing<Schemas['WhoCan']>({
    items: page.items,
    empty: 'Nobody whom you may see, as far as sources show. What is not read is not known: reeve connections list.',
    columns: [
      { title: 'principal', whole: true, of: ({ id }) => id },
      { title: 'name', of: ({ id }) => nameOf(id) },
      { title: 'can', whole: true, of: ({ covered }) => (covered === 'yes' ? 'yes' : 'perhaps') },
      { title: 'by', of: ({ right }) => rightName(right) },
      { title: 'way', of: ({ right }) => wayOf(right) },
    ],
    ...moreOf(page.next),
  })
}

async function showStanding(options: Options): Promise<void> {
  const client = await server()
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/access/standing', { params: { query: { ...query, ...timesOf(options) } } })),
  )
  if (options.json === true) return await answerJson(page)
  const owners = await partyNames(
    client,
    page.items.flatMap(({ owner }) => owner?.id ?? []),
  )
  await answerListing<Schemas['StandingAccess']>({
    items: page.items,
    empty: 'No administrative right, no grant without an end and nobody of tier admin, as far as sources show.',
    columns: [
      { title: 'principal', whole: true, of: ({ principalId }) => principalId },
      { title: 'name', of: ({ name }) => name ?? '' },
      { title: 'right', of: ({ permission, system }) => `${permission} (${system})` },
      { title: 'on', of: (right) => right.because ?? rightText(right) },
      { title: 'since', whole: true, of: ({ since }) => since.slice(0, 10) },
      { title: 'owner', of: ({ owner }) => (owner === undefined ? 'nobody' : (owners.get(owner.id) ?? owner.id)) },
      { title: 'approved', whole: true, of: ({ approval }) => approval?.requestId ?? 'no' },
      { title: 'reviewed', whole: true, of: ({ lastReviewAt }) => lastReviewAt?.slice(0, 10) ?? 'never' },
    ],
    ...moreOf(page.next),
  })
}
