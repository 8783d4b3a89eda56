// `reeve import`: what lies at a path of the server's machine becomes records of the roll, followed to its end.
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { answered, everyItem } from '#client'
import type { ReeveClient } from '#client'
import { answerRun, exitCodeOf, followRun } from './connections/follow-run.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, say } from './terminal/answer.ts'
import { bytesText, numberText } from './words.ts'

interface ImportOptions extends RemoteOptions {
  readonly type: 'files' | 'people' | 'target'
  readonly name?: string
  readonly dryRun?: boolean
  readonly wait: boolean
  readonly exclude?: readonly string[]
  readonly history: boolean
}

type Connection = Schemas['ConnectionView'] | Schemas['Connection']

const EXAMPLES = `
The path is one on the server's machine, below one of its import roots (server.importRoots, or reeve serve --import-root).
It becomes a connection: imported again it is compared, and what a whole read no longer shows is marked as gone.

Exit codes:
  0  it is in the roll (perhaps not all of it could be read; that is said)
  1  it waits for a person, or the server refused it
  2  it could not be read, or the command was not understood

Examples:
  reeve import exports/ --dry-run
  reeve import exports/
  reeve import people.csv --type people
  reeve import main --type target
`

export function importCommand(): Command {
  return new Command('import')
    .description('read what lies at PATH into the roll')
    .argument('<path>', 'a directory or file; of a target its name')
    .addOption(new Option('--type <type>', 'what lies there').choices(['files', 'people', 'target']).default('files'))
    .option('--name <name>', 'what the connection is called (default: the path)')
    .option('--exclude <pattern>', 'leave out files that match (as in .gitignore); may be repeated', gather)
    .option('--no-history', 'do not read the history of git repositories')
    .option('--dry-run', 'say what would be read; change nothing')
    .option('--no-wait', 'do not wait for its end')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(importPath)
}

const gather = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value]

async function importPath(given: string, options: ImportOptions): Promise<void> {
  const client = await server()
  const path = options.type === 'target' ? given : resolve(given)
  if (options.dryRun === true) {
    await wouldBeRead(client, path, options)
    return
  }
  const connection = (await known(client, path, options)) ?? (await created(client, path, options))
  const queued = await answered(
    client.POST('/v1/connections/{connectionId}/run', {
      params: { path: { connectionId: connection.id } },
      body: { reason: 'reeve import' },
    }),
  )
  if (!options.wait) {
    if (options.json === true) await answerJson(queued)
    else say(`${queued.id} of ${connection.id} is queued: reeve connections runs ${connection.id}`)
    return
  }
  const run = await followRun(client, queued, options.json === true)
  if (options.json === true) await answerJson(run)
  else await answerRun(run)
  process.exitCode = exitCodeOf(run)
}

const optionsOf = ({ exclude, history }: ImportOptions): { exclude?: string[]; history?: boolean } => ({
  ...(exclude === undefined ? {} : { exclude: [...exclude] }),
  ...(history ? {} : { history: false }),
})

async function known(client: ReeveClient, path: string, { type }: ImportOptions): Promise<Connection | undefined> {
  const all = everyItem((cursor) =>
    answered(
      client.GET('/v1/connections', { params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } } }),
    ),
  )
  for await (const connection of all) {
    const { data } = connection
    if (data.type === type && data.settings.path === path && data.state !== 'removed') return connection
  }
  return undefined
}

async function created(client: ReeveClient, path: string, options: ImportOptions): Promise<Connection> {
  const { type, name = path.slice(-200) } = options
  return await answered(
    client.POST('/v1/connections', {
      body: { type, name, settings: { path }, options: optionsOf(options), reason: 'reeve import' },
    }),
  )
}

async function wouldBeRead(client: ReeveClient, path: string, options: ImportOptions): Promise<void> {
  const test = await answered(
    client.POST('/v1/connection-tests', {
      body: { type: options.type, settings: { path }, options: optionsOf(options) },
    }),
  )
  if (options.json === true) {
    await answerJson(test)
    return
  }
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([what, count]) => `${numberText(count)} ${what}`)
      .join(', ')
  await answerFields([
    ['path', test.path],
    [
      'files',
      `${numberText(test.files)} (${bytesText(test.bytes)})${test.complete ? '' : ', and more: the test ended early'}`,
    ],
    ['read by', listed(test.readBy)],
    ['found', listed(test.found)],
    ['problems', test.problems.length === 0 ? undefined : numberText(test.problems.length)],
  ])
  say('Nothing was changed. Without --dry-run it is imported.')
}
