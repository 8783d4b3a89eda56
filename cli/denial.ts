// `reeve denial`: what may do nothing at all, whatever grants and policies say. `reeve deny` is another word: it denies a request.
import { Command } from 'commander'
import { answered } from '#client'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { pages, principalNamed, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

const EXAMPLES = `${EXIT_CODES_OF_RIGHTS}
Examples:
  reeve denial add ledger-batch --because "seen where it should not be"
  reeve denial add tok_1x2y… --because "it was in a log"
  reeve denial lift tok_1x2y… --because "it was another one"
  reeve denial add --session 0f3a8e6c --because "signed out everywhere"
`

type Act = RemoteOptions & { readonly because: string; readonly session?: boolean }

export function denialCommand(): Command {
  return new Command('denial')
    .description('deny a principal, person, credential, token or session everywhere at once, until it is lifted')
    .addCommand(addPageOptions(new Command('list').description('list what is denied')).action(listDenials))
    .addCommand(one('add', 'deny it').action(add))
    .addCommand(one('lift', 'let it be judged by grants and policies again').action(lift))
    .addHelpText('after', EXAMPLES)
}

const one = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<subject>', 'its id; of a principal also an identifier, or its name')
    .option('--session', 'it is a session, by its id as enforcement points say it in `context.session.id`')
    .requiredOption('--because <text>', 'why; it stands in the history and in the log')
    .option('--json', 'as JSON')

const SPELLED_AS_ID = /^(?:prn|psn|cred|tok|ses)_/

async function subjectNamed(
  client: Awaited<ReturnType<typeof server>>,
  name: string,
  { session }: Act,
): Promise<string> {
  if (session === true) return name.startsWith('ses_') ? name : `ses_${name}`
  return SPELLED_AS_ID.test(name) ? name : (await principalNamed(client, name)).id
}

async function add(name: string, act: Act): Promise<void> {
  const { because, json } = act
  const client = await server()
  const body = { subjectId: await subjectNamed(client, name, act), reason: because }
  const made = await answered(client.POST('/v1/denials', { body }))
  if (json === true) await answerJson(made)
  else say(`${made.data.subjectId} is denied everywhere: reeve denial lift ${made.data.subjectId} lets it again.`)
}

async function lift(name: string, act: Act): Promise<void> {
  const { because, json } = act
  const client = await server()
  const body = { subjectId: await subjectNamed(client, name, act), reason: because }
  const lifted = await answered(client.POST('/v1/denials/lift', { body }))
  if (json === true) await answerJson(lifted)
  else say(`${lifted.data.subjectId} is judged by grants and policies again.`)
}

async function listDenials(options: PageOptions): Promise<void> {
  const client = await server()
  const page = await pages(options, async (query) => answered(client.GET('/v1/denials', { params: { query } })))
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<Schemas['Denial']>({
    items: page.items,
    empty: 'Nothing is denied.',
    columns: [
      { title: 'subject', whole: true, of: ({ data }) => data.subjectId },
      { title: 'since', whole: true, of: ({ recordedAt }) => recordedAt },
      { title: 'by', whole: true, of: ({ data }) => data.by },
      { title: 'because', of: ({ data }) => data.reason },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}
