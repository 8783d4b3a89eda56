// `reeve evidence chain`: what an entry follows from and what followed from it, through the server.
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerJson, answerListing } from '../terminal/answer.ts'

const HELP = `
From a request over its approvals, the grant and what was decided under it to the proof of its end, and back. A record (a
request, a grant, a principal) is asked for by its own id: that is the chain of the first entry about it.

Examples:
  reeve evidence chain evt_1x2y…
  reeve evidence chain grt_1x2y… --json
`

interface ChainOptions extends RemoteOptions {
  readonly limit: string
}

export function chainCommand(): Command {
  return new Command('chain')
    .description('show what an entry follows from, and what followed from it')
    .argument('<entry>', 'its id (evt_…), or that of a record')
    .option('--limit <number>', 'entries each way, the nearest ones', '100')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(chain)
}

async function chain(named: string, options: ChainOptions): Promise<void> {
  const client = await server()
  const entryId = named.startsWith('evt_') ? named : await firstEntryOf(client, named)
  // the number is checked by the server, which says what it may be
  const query = { limit: options.limit as unknown as number }
  const found = await answered(client.GET('/v1/entries/{entryId}/chain', { params: { path: { entryId }, query } }))
  if (options.json === true) {
    await answerJson(found)
    return
  }
  const { before, entry, after, more } = found
  const edges = [
    ...(more.before && before[0] !== undefined ? [`before ${before[0].id}`] : []),
    ...(more.after ? [`after ${after.at(-1)?.id ?? entry.id}`] : []),
  ]
  await answerListing<Schemas['Entry']>({
    items: [...before, entry, ...after],
    empty: 'There is no such entry.',
    columns: [
      { title: '', whole: true, of: ({ id }) => (id === entry.id ? '>' : '') },
      { title: 'place', whole: true, of: ({ seq }) => String(seq) },
      { title: 'when', whole: true, of: ({ at }) => at },
      { title: 'type', whole: true, of: ({ type }) => type },
      { title: 'by', whole: true, of: ({ actor }) => actor },
      { title: 'about', of: ({ record, subjects }) => record?.id ?? subjects[0] },
      { title: 'follows', of: ({ follows }) => follows.join(' ') },
      { title: 'entry', whole: true, of: ({ id }) => id },
    ],
    ...(edges.length === 0 ? {} : { after: `There is more ${edges.join(', and ')}: ask for the chain of that entry` }),
  })
}

async function firstEntryOf(client: Awaited<ReturnType<typeof server>>, recordId: string): Promise<string> {
  const { items } = await answered(client.GET('/v1/entries', { params: { query: { recordId, limit: 1 } } }))
  const [entry] = items
  if (entry === undefined) throw new Fault('not_found', `the log has no entry that made \`${recordId}\``)
  return entry.id
}
