// `reeve policy propose`, `list`, `show`, `approve`, `refuse`, `activate`, `rollback`: from a text to what is in force. Who
// proposes does not approve; the server holds to that.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { partyNames } from '../remote/party.ts'
import { server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerFields, answerJson, answerListing, say } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import { writeTo } from '../terminal/write-out.ts'
import { compare, showComparison } from './diff.ts'
import { readPolicies } from './policy-files.ts'
import { showProblems } from './validate.ts'

type Version = Schemas['PolicyVersion']

const NEXT: Readonly<Record<Version['data']['state'], (number: number) => string | undefined>> = {
  proposed: (number) => `It waits for somebody else to agree: reeve policy approve ${number}`,
  approved: (number) => `It decides nothing yet: reeve policy activate ${number}`,
  active: () => 'Every decision point decides by it from now on.',
  superseded: () => undefined,
  refused: () => undefined,
}

export const versionCommands = (): Command[] => [
  new Command('propose')
    .alias('apply')
    .description('propose policies as the next version; another person approves them')
    .argument('<path>', 'a file, or a folder of *.cedar')
    .option('--comment <text>', 'what changes, and why; who approves reads it (not needed with --dry-run)')
    .option('--schema <file>', 'in Cedar’s own syntax; with it, policies must type-check')
    .option('--dry-run', 'only say who would gain and lose what')
    .option('--json', 'as JSON')
    .action(propose),
  new Command('list')
    .description('list versions of the policies, the newest first')
    .option('--limit <number>', 'how many', Number, 50)
    .option('--before <version>', 'only older ones: the number that the page before ended with', numberIn)
    .option('--json', 'as JSON')
    .action(list),
  new Command('show')
    .description('show a version and its text')
    .argument('[version]', 'its number; without one, what is in force')
    .option('--json', 'as JSON')
    .action(show),
  move('approve', 'agree to a version that somebody else proposed'),
  move('refuse', 'refuse a version'),
  move('activate', 'put an approved version in force'),
  new Command('rollback')
    .description('put back in force the version that was before this one, or the one of the number')
    .argument('[version]', 'its number')
    .option('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
    .action(rollback),
]

const move = (verb: 'approve' | 'refuse' | 'activate', description: string): Command =>
  new Command(verb)
    .description(description)
    .argument('<version>', 'its number; reeve policy list shows them')
    .option('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
    .action(async (version: string, options: MoveOptions) => {
      await moved(await server(), verb, numberIn(version), options)
    })

interface MoveOptions extends RemoteOptions {
  readonly because?: string
}

function numberIn(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Fault('usage', `\`${text}\` is no version of the policies: write its number, as 7`)
}

async function propose(
  path: string,
  options: RemoteOptions & { readonly schema?: string; readonly comment?: string; readonly dryRun?: boolean },
): Promise<void> {
  const files = await readPolicies(path, options.schema)
  const client = await server()
  const { text, schema } = files
  const texts = { text, ...(schema === undefined ? {} : { schema }) }
  // asked first, so that each mistake is told at its place
  const check = await answered(client.POST('/v1/policies/check', { body: texts }))
  if (check.problems.length > 0) {
    await showProblems(files, check)
    return
  }
  if (options.dryRun === true) {
    const compared = await compare(client, texts)
    if (options.json === true) await answerJson(compared)
    else await showComparison(compared, files)
    return
  }
  const { comment } = options
  if (comment === undefined) throw new Fault('usage', 'say what changes, and why: --comment "…"; who approves reads it')
  const made = await answered(client.POST('/v1/policies', { body: { ...texts, comment } }))
  if (options.json === true) await answerJson(made)
  else sayState(made)
}

async function moved(
  client: ReeveClient,
  verb: 'approve' | 'refuse' | 'activate',
  number: number,
  { because, json }: MoveOptions,
): Promise<void> {
  const body = because === undefined ? {} : { reason: because }
  const params = { path: { number } }
  // who agrees has seen what it changes
  if (verb === 'approve' && json !== true) await showComparison(await compare(client, { number }))
  const made = await answered(client.POST(`/v1/policies/{number}/${verb}`, { params, body }))
  if (json === true) await answerJson(made)
  else sayState(made)
}

function sayState({ data: { number, state } }: Version): void {
  say(`Version ${number} is ${state}.`)
  const next = NEXT[state](number)
  if (next !== undefined) say(next)
}

/** Without a number: of those that were in force, the one that was last. */
async function rollback(version: string | undefined, options: MoveOptions): Promise<void> {
  const client = await server()
  if (version !== undefined) {
    await moved(client, 'activate', numberIn(version), options)
    return
  }
  const [before] = (await versions(client, 200)).items
    .filter(({ data }) => data.state === 'superseded')
    .sort((a, b) => (b.data.activatedAt ?? '').localeCompare(a.data.activatedAt ?? ''))
  if (before === undefined) throw new Fault('usage', 'no version was in force before this one; name one by its number')
  await moved(client, 'activate', before.data.number, options)
}

interface Versions {
  readonly items: readonly Version[]
  /** Where there are more: the last of these. */
  readonly before?: number
  readonly refused?: string
}

async function versions(client: ReeveClient, limit: number, from?: number): Promise<Versions> {
  const found: Version[] = []
  let before = from
  let refused: string | undefined
  do {
    const query = { limit: Math.min(200, limit - found.length), ...(before === undefined ? {} : { before }) }
    const page = await answered(client.GET('/v1/policies', { params: { query } }))
    found.push(...page.items)
    ;({ before, refused } = page)
  } while (before !== undefined && found.length < limit)
  return { items: found, ...(before !== undefined && { before }), ...(refused !== undefined && { refused }) }
}

async function list(options: RemoteOptions & { readonly limit: number; readonly before?: number }): Promise<void> {
  if (!Number.isSafeInteger(options.limit) || options.limit < 1) throw new Fault('usage', '--limit is a number from 1')
  const client = await server()
  const found = await versions(client, options.limit, options.before)
  const { items, before, refused } = found
  const more = before === undefined ? [] : [`There are more: --before ${before}`]
  const denied =
    refused === undefined ? [] : [`Everything is denied: the version in force decides nothing here. ${refused}`]
  if (options.json === true) {
    await answerJson(found)
    return
  }
  await answerListing<Version>({
    items,
    empty: 'There is no version of the policies.',
    columns: [
      { title: 'version', whole: true, of: ({ data }) => String(data.number) },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'in force since', whole: true, of: ({ data }) => data.activatedAt },
      { title: 'comment', of: ({ data }) => data.comment },
    ],
    ...(more.length + denied.length > 0 && { after: [...more, ...denied].join('\n') }),
  })
}

async function show(version: string | undefined, options: RemoteOptions): Promise<void> {
  const client = await server()
  const found =
    version === undefined
      ? await answered(client.GET('/v1/policies/active'))
      : await answered(client.GET('/v1/policies/{number}', { params: { path: { number: numberIn(version) } } }))
  if (options.json === true) {
    await answerJson(found)
    return
  }
  const { data, id, text } = found
  const names = await partyNames(client, [data.proposedBy, ...data.approvals.map(({ by }) => by)])
  const named = (party: string): string => names.get(party) ?? party
  await answerFields([
    ['version', `${data.number}, ${data.state} (${id})`],
    ['comment', data.comment],
    ['proposed by', named(data.proposedBy)],
    ['approved by', data.approvals.map(({ by, at }) => `${named(by)}, ${at}`).join('; ')],
    ['in force since', data.activatedAt],
  ])
  await writeTo(process.stdout, ['\n', ...text.split('\n').map((line) => `${plain(line)}\n`)])
}
