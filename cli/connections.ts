// `reeve connections`: the configured sources, when they are read, and what became of it.
import { Command } from 'commander'
import { answered } from '#client'
import { answerRun, exitCodeOf, followRun } from './connections/follow-run.ts'
import type { Run } from './connections/follow-run.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

type View = Schemas['ConnectionView']

const EXAMPLES = `
Examples:
  reeve connections list
  reeve connections schedule cnn_1x2y… --every-minutes 60
  reeve connections schedule cnn_1x2y… --cron "0 6 * * *" --time-zone Europe/Berlin
  reeve connections runs cnn_1x2y…
`

interface ScheduleOptions extends RemoteOptions {
  readonly cron?: string
  readonly timeZone: string
  readonly everyMinutes?: string
}

export function connectionsCommand(): Command {
  const one = (name: string, description: string): Command =>
    new Command(name).description(description).argument('<connection>', 'its id').option('--json', 'as JSON')
  return new Command('connections')
    .description('list, run, schedule, pause and remove the sources that Reeve reads')
    .addCommand(addPageOptions(new Command('list').description('list connections')).action(list))
    .addCommand(
      addPageOptions(
        new Command('runs').description('list runs, newest first').argument('[connection]', 'its id'),
      ).action(runs),
    )
    .addCommand(
      one('run', 'run it now, and follow it')
        .option('--confirm-leavers', 'so many of its people did leave: an earlier run was held for that')
        .action(run),
    )
    .addCommand(
      one('schedule', 'say when it runs; without options: only when asked')
        .option('--cron <expression>', 'five fields')
        .option('--time-zone <zone>', 'of the cron expression', 'UTC')
        .option('--every-minutes <count>', 'from one run to the next')
        .action(schedule),
    )
    .addCommand(one('pause', 'run it only when asked').action(pause))
    .addCommand(one('resume', 'run it by its schedule again').action(resume))
    .addCommand(
      one('remove', 'read it no more; what no other source sees is marked as gone')
        .option('--dry-run', 'only say what that is')
        .action(remove),
    )
    .addHelpText('after', EXAMPLES)
}

async function list(options: PageOptions): Promise<void> {
  const client = await server()
  const page = await pages(options, async (query) => answered(client.GET('/v1/connections', { params: { query } })))
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<View>({
    items: page.items,
    empty: 'No connections. reeve import PATH makes one.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'type', whole: true, of: ({ data }) => data.type },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'name', keep: 'end', of: ({ data }) => data.name },
      { title: 'last run', whole: true, of: ({ lastRun }) => lastRun?.state ?? 'never' },
      { title: 'ended', whole: true, of: ({ lastRun }) => lastRun?.endedAt?.slice(0, 16) },
      { title: 'next run', whole: true, of: ({ nextRunAt }) => nextRunAt?.slice(0, 16) },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function runs(connectionId: string | undefined, options: PageOptions): Promise<void> {
  const client = await server()
  const only = connectionId === undefined ? {} : { connectionId }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/runs', { params: { query: { ...query, ...only } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<Run>({
    items: page.items,
    empty: 'No runs yet. reeve connections run ID runs one.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ state }) => state },
      { title: 'queued', whole: true, of: ({ queuedAt }) => queuedAt.slice(0, 19) },
      { title: 'ended', whole: true, of: ({ endedAt }) => endedAt?.slice(0, 19) },
      { title: 'asked by', of: ({ askedBy }) => askedBy },
      { title: 'failure', of: ({ failure }) => failure ?? '' },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

const pathOf = (connectionId: string): { path: { connectionId: string } } => ({ path: { connectionId } })

async function run(id: string, options: RemoteOptions & { readonly confirmLeavers?: boolean }): Promise<void> {
  const client = await server()
  const body = options.confirmLeavers === true ? { confirmLeavers: true } : {}
  const queued = await answered(client.POST('/v1/connections/{connectionId}/run', { params: pathOf(id), body }))
  const ended = await followRun(client, queued, options.json === true)
  if (options.json === true) await answerJson(ended)
  else await answerRun(ended)
  process.exitCode = exitCodeOf(ended)
}

async function schedule(id: string, options: ScheduleOptions): Promise<void> {
  const client = await server()
  const { version } = await answered(client.GET('/v1/connections/{connectionId}', { params: pathOf(id) }))
  const { cron, timeZone, everyMinutes } = options
  const when =
    cron !== undefined ? { cron, timeZone } : everyMinutes !== undefined ? { everyMinutes: Number(everyMinutes) } : null
  const changed = await answered(
    client.POST('/v1/connections/{connectionId}/update', {
      params: { ...pathOf(id), header: { 'If-Match': `"${version}"` } },
      body: { schedule: when },
    }),
  )
  if (options.json === true) await answerJson(changed)
  else say(when === null ? `${id} runs only when asked.` : `${id} has a new schedule: ${JSON.stringify(when)}.`)
}

async function pause(id: string, options: RemoteOptions): Promise<void> {
  const client = await server()
  const changed = await answered(client.POST('/v1/connections/{connectionId}/pause', { params: pathOf(id), body: {} }))
  if (options.json === true) await answerJson(changed)
  else say(`${id} is paused: it runs only when asked.`)
}

async function resume(id: string, options: RemoteOptions): Promise<void> {
  const client = await server()
  const changed = await answered(client.POST('/v1/connections/{connectionId}/resume', { params: pathOf(id), body: {} }))
  if (options.json === true) await answerJson(changed)
  else say(`${id} runs by its schedule again.`)
}

async function remove(id: string, options: RemoteOptions & { readonly dryRun?: boolean }): Promise<void> {
  const client = await server()
  if (options.dryRun === true) {
    const preview = await answered(client.GET('/v1/connections/{connectionId}/removal', { params: pathOf(id) }))
    await answerJson(preview)
    return
  }
  const { version } = await answered(client.GET('/v1/connections/{connectionId}', { params: pathOf(id) }))
  const removed = await answered(
    client.POST('/v1/connections/{connectionId}/remove', {
      params: { ...pathOf(id), header: { 'If-Match': `"${version}"` } },
      body: {},
    }),
  )
  const { lastRun } = await answered(client.GET('/v1/connections/{connectionId}', { params: pathOf(id) }))
  const ended = lastRun === null ? null : await followRun(client, lastRun, options.json === true)
  if (options.json === true) await answerJson({ ...removed, lastRun: ended })
  else {
    say(`${id} is removed. Nothing of what it saw is deleted; what no other source sees is marked as gone.`)
    if (ended !== null) await answerRun(ended)
  }
  if (ended !== null) process.exitCode = exitCodeOf(ended)
}
