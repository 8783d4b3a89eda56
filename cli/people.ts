// `reeve people`: who there is to answer for things, and the feed that says who joined, moved and left.
import { Command } from 'commander'
import { answered } from '#client'
import { CONNECTORS, readTree } from '#connectors'
import { Fault } from '#kernel'
import type { PersonFact, TeamFact } from '#kernel'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, answerListing, say } from './terminal/answer.ts'

type Feed = Schemas['PeopleFeed']
type Outcome = Schemas['FeedOutcome']

interface FeedOptions extends RemoteOptions {
  readonly source: string
  readonly complete?: boolean
  readonly dryRun?: boolean
  readonly confirmLeavers?: boolean
  readonly because?: string
}

const EXAMPLES = `
A CSV file with a header: id, name, email, manager, team, status (active, leaver, on_leave), start, end, handles; a second
file or the same folder may hold teams: team_id, name, lead. A leaver's principals are orphans at once, their manager is
asked to take them, and the credentials that they created, held or saw are listed.

Exit codes:
  0  applied, or nothing to do
  1  held: the feed marks so many as leavers that somebody has to look (--confirm-leavers applies it);
     or rows were left out, each named with why: the others were applied
  2  the feed could not be read

Examples:
  reeve people import people.csv --dry-run
  reeve people import people/ --complete            who is missing has left
  reeve people import people.csv --confirm-leavers
`

export function peopleCommand(): Command {
  const list = new Command('list')
    .description('list people')
    .option('--status <status>', 'active, leaver, on_leave or unknown')
  const feed = new Command('import')
    .description('send the feed of people')
    .argument('<path>', 'a CSV file, or a folder of them')
    .option('--source <name>', 'who says so: people of one source are never changed by another', 'people')
    .option('--complete', 'it holds everybody: who is missing has left')
    .option('--dry-run', 'say what it would do; change nothing')
    .option('--confirm-leavers', 'so many did leave')
    .option('--because <text>', 'why')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(importFeed)
  return new Command('people')
    .description('list people, and import the feed that says who joined, moved and left')
    .addCommand(addPageOptions(list).action(listPeople))
    .addCommand(feed)
}

async function listPeople(options: PageOptions & { readonly status?: string }): Promise<void> {
  const client = await server()
  const status = options.status as Schemas['Person']['data']['status'] | undefined
  const page = await pages(options, async (query) =>
    answered(
      client.GET('/v1/people', { params: { query: { ...query, ...(status === undefined ? {} : { status }) } } }),
    ),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<Schemas['Person']>({
    items: page.items,
    empty: 'Nobody. reeve people import FILE brings people in.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'status', whole: true, of: ({ data }) => data.status },
      { title: 'feed id', of: ({ data }) => data.feedId },
      { title: 'name', of: ({ data }) => data.name },
      { title: 'addresses', of: ({ data }) => data.emails.join(' ') },
      { title: 'team', of: ({ data }) => data.teamFeedId },
      { title: 'manager', of: ({ data }) => data.managerFeedId },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function importFeed(path: string, options: FeedOptions): Promise<void> {
  const body = await feedFrom(path, options)
  const client = await server()
  const outcome = await answered(
    options.dryRun === true
      ? client.POST('/v1/people/feed/preview', { body })
      : client.POST('/v1/people/feed', { body }),
  )
  if (options.json === true) await answerJson(outcome)
  else await answerOutcome(outcome, options)
  process.exitCode = outcome.held === undefined && outcome.rowsLeftOut === 0 ? 0 : 1
}

async function feedFrom(path: string, options: FeedOptions): Promise<Feed> {
  const read = await readTree(path, { connectors: CONNECTORS.filter(({ id }) => id === 'people'), workers: 0 })
  const people = read.facts.filter((fact): fact is PersonFact => fact.type === 'person')
  const teams = read.facts.filter((fact): fact is TeamFact => fact.type === 'team')
  if (people.length === 0 && teams.length === 0) {
    throw new Fault(
      'usage',
      `\`${path}\` holds no people: it needs a header with id, email and status, or team_id and lead`,
    )
  }
  if (options.complete === true && read.problems.length > 0) {
    const [first] = read.problems
    throw new Fault(
      'usage',
      `the feed is not whole (${read.problems.length} problems; ${first?.file}:${first?.startLine ?? 1}: ${first?.message}): mend it, or send it without --complete`,
    )
  }
  return {
    source: options.source,
    complete: options.complete ?? false,
    people: people.map(rowOf),
    teams: teams.map(teamOf),
    ...(options.confirmLeavers === true ? { confirmLeavers: true } : {}),
    ...(options.because === undefined ? {} : { reason: options.because }),
  }
}

function teamOf({ teamId, name, leadId }: TeamFact): NonNullable<Feed['teams']>[number] {
  return { id: teamId, name, ...(leadId === undefined ? {} : { leadId }) }
}

function rowOf({
  personId,
  name,
  emails,
  handles,
  managerId,
  teamId,
  status,
  unknownStatus,
  startAt,
  endAt,
}: PersonFact): Feed['people'][number] {
  const optional = { handles, managerId, teamId, startAt, endAt }
  return {
    id: personId,
    name,
    emails: [...emails],
    status: unknownStatus ?? status,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<
      Feed['people'][number]
    >),
  }
}

async function answerOutcome(outcome: Outcome, { dryRun }: FeedOptions): Promise<void> {
  const { joined, changed, moved, returned, left, unchanged, held, leavers, problems, problemCount, rowsLeftOut } =
    outcome
  const count = (value: number): string | undefined => (value === 0 ? undefined : String(value))
  await answerFields([
    ['joined', count(joined)],
    ['changed', count(changed)],
    ['moved', count(moved)],
    ['returned', count(returned)],
    ['left', count(left)],
    ['unchanged', count(unchanged)],
    ['problems', count(problemCount)],
    ['rows left out', count(rowsLeftOut)],
  ])
  for (const { file, startLine, message } of problems.slice(0, 10)) say(`  ${file}:${startLine ?? 1}  ${message}`)
  for (const { feedId, orphaned, credentials } of leavers) {
    say(
      `${feedId} left: ${orphaned.length} principals are orphans, ${credentials.length} credentials were known to them`,
    )
    for (const { principalId, offeredTo } of orphaned.slice(0, 20)) {
      say(`  ${principalId}${offeredTo === undefined ? '' : `  offered to ${offeredTo}`}`)
    }
  }
  if (held !== undefined) {
    say(
      `Held: ${held.leavers} of ${held.people} people would leave${held.leftBefore === 0 ? '' : `, after ${held.leftBefore} within a day`}; the bound is ${Math.round(held.shareMax * 100)} %. Look at them; if they did leave, an identity-admin says so: --confirm-leavers`,
    )
  }
  if (dryRun === true) say('Nothing was changed.')
}
