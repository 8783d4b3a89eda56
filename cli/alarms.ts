// `reeve alarms`: whether whoever must know is told, and what waits or was given up.
import { Command, Option } from 'commander'
import { answered } from '#client'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing } from './terminal/answer.ts'

const EXAMPLES = `
Examples:
  reeve alarms test
  reeve alarms test --to mail:oncall@example.com
  reeve alarms list
`
type Alarm = Schemas['Alarm']

export function alarmsCommand(): Command {
  const list = new Command('list')
    .description('list those that wait or were given up, newest first')
    .addOption(new Option('--state <state>', 'only these').choices(['waiting', 'given_up', 'taken']))
  const test = new Command('test')
    .description('send a test alarm to each receiver, and say what became of it; exit code 1 where one did not take it')
    .option('--to <name>', 'only to this one, as `mail:oncall@example.com`')
    .option('--json', 'as JSON')
  return new Command('alarms')
    .description('what persons are told of plans and grants, and whether it arrives')
    .addCommand(addPageOptions(list).action(listAlarms))
    .addCommand(test.action(testAlarms))
    .addHelpText('after', EXAMPLES)
}

async function listAlarms(
  options: PageOptions & { readonly state?: Alarm['receivers'][number]['state'] },
): Promise<void> {
  const client = await server()
  const { state } = options
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/alarms', { params: { query: { ...query, ...(state !== undefined && { state }) } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const rows = page.items.flatMap(({ receivers, ...alarm }) =>
    receivers
      .filter((told) => (state === undefined ? told.state !== 'taken' : told.state === state))
      .map((told) => Object.assign({}, alarm, told)),
  )
  await answerListing({
    items: rows,
    empty: 'No alarm is like that.',
    columns: [
      { title: 'at', whole: true, of: ({ at }) => at.slice(0, 16) },
      { title: 'about', whole: true, of: ({ about }) => about },
      { title: 'event', whole: true, of: ({ event }) => event },
      { title: 'receiver', whole: true, of: ({ receiver }) => receiver },
      { title: 'state', whole: true, of: ({ state: now }) => now },
      { title: 'tries', whole: true, of: ({ attempts }) => String(attempts) },
      { title: 'why', of: ({ failure }) => failure },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function testAlarms({ to, json }: RemoteOptions & { readonly to?: string }): Promise<void> {
  const client = await server()
  const tests = await answered(client.POST('/v1/alarms/test', { body: to === undefined ? {} : { to } }))
  if (tests.items.some(({ delivered }) => !delivered)) process.exitCode = 1
  if (json === true) {
    await answerJson(tests)
    return
  }
  await answerListing({
    items: tests.items,
    empty: 'Nobody is told: name `server.alarms` in reeve.yaml.',
    columns: [
      { title: 'receiver', whole: true, of: ({ receiver }) => receiver },
      { title: 'outcome', whole: true, of: ({ delivered }) => (delivered ? 'delivered' : 'not delivered') },
      { title: 'why', of: ({ detail }) => detail },
    ],
  })
}
