// `reeve principals list`: a page of the roll, filtered, as it is or as it was.
import { Command, InvalidArgumentError } from 'commander'
import { answered } from '#client'
import { partyNamed, partyNames } from '../remote/party.ts'
import { dayOrInstant, pages, server } from '../remote/server.ts'
import type { RemoteOptions } from '../remote/server.ts'
import { answerJson } from '../terminal/answer.ts'
import { answerPrincipals, partiesIn } from './fields.ts'

export interface PageOptions extends RemoteOptions {
  readonly limit?: number
  readonly cursor?: string
  readonly all?: boolean
}

type Query = Record<string, string>

interface ListOptions extends PageOptions {
  readonly owner?: string
  readonly orphaned?: boolean
  readonly gone?: boolean
  readonly [filter: string]: unknown
}

/** Options whose words are the API's own. */
const WORDS = ['kind', 'system', 'state', 'environment', 'criticality', 'tier', 'vendor', 'gap', 'sort'] as const
const DAYS = ['expiringBefore', 'reviewDueBefore', 'asOf', 'asKnownAt'] as const

export function addPageOptions(command: Command): Command {
  return command
    .option('--limit <count>', 'how many on a page (default: 50, at most 200)', limitOf)
    .option('--cursor <cursor>', 'the page after: what the page before said')
    .option('--all', 'every page')
    .option('--json', 'as JSON')
}

function limitOf(value: string): number {
  if (!/^\d{1,3}$/.test(value)) throw new InvalidArgumentError('write a number')
  return Number(value)
}

const EXAMPLES = `
Examples:
  reeve principals list payments                  whose name, identifier, purpose or label has a word that begins so
  reeve principals list --owner none --tier admin
  reeve principals list --owner me
  reeve principals list --expiring-before 2027-01-01 --json
  reeve principals list --as-of 2026-06-30        who was in the roll then
`

export function listCommand(): Command {
  const command = new Command('list')
    .description('list principals')
    .argument('[word...]', 'what to look for')
    .option('--kind <kind>', 'service_account, api_client, ai_agent, …')
    .option('--system <system>', 'aws, kubernetes, github, …')
    .option('--state <state>', 'discovered, registered, active, quarantined or retired')
    .option('--environment <environment>', 'production, …, unknown')
    .option('--criticality <criticality>', 'critical, high, …, unknown')
    .option('--tier <tier>', 'none, low, medium, high, admin or unknown')
    .option('--owner <party>', 'a person or team, `me`, or `none`')
    .option('--vendor <vendor>', 'by id')
    .option('--orphaned', 'only those whose owner left')
    .option('--gone', 'only those that no source sees any more')
    .option('--gap <gap>', 'only those that lack this to be active')
    .option('--expiring-before <day>', 'only those that expire before', dayOrInstant)
    .option('--review-due-before <day>', 'only those whose review is due before', dayOrInstant)
    .option('--sort <field>', 'name, expiresAt or nextReviewAt')
    .option('--as-of <day>', 'as it was at the end of that day', dayOrInstant)
    .option('--as-known-at <day>', 'by what was known then', dayOrInstant)
  return addPageOptions(command).addHelpText('after', EXAMPLES).action(list)
}

async function list(words: readonly string[], options: ListOptions): Promise<void> {
  const client = await server()
  const query: Query = words.length === 0 ? {} : { q: words.join(' ') }
  for (const name of [...WORDS, ...DAYS]) {
    const value = options[name]
    if (typeof value === 'string') query[name] = value
  }
  if (options.orphaned === true) query['orphaned'] = 'true'
  if (options.gone === true) query['gone'] = 'true'
  if (options.owner !== undefined) {
    query['owner'] = options.owner === 'none' ? 'none' : (await partyNamed(client, options.owner)).id
  }
  const page = await pages(options, async (asked) =>
    // the words are checked by the server, which names those that it knows
    answered(client.GET('/v1/principals', { params: { query: { ...query, ...asked } as never } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const filtered = Object.keys(query).length > 0
  await answerPrincipals(page.items, await partyNames(client, partiesIn(page.items)), {
    empty: filtered
      ? 'No principal is like that. reeve principals list shows all that you may see.'
      : 'The roll is empty, or nothing in it is yours to see. reeve import PATH reads a source into it.',
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}
