// `reeve policy diff`: who gains and who loses what, and which decisions that were made would have come out otherwise.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { server } from '../remote/server.ts'
import type { RemoteOptions, Schemas } from '../remote/server.ts'
import { answerJson, answerListing, say } from '../terminal/answer.ts'
import { readPolicies } from './policy-files.ts'
import type { PolicyFiles } from './policy-files.ts'
import { showProblems } from './validate.ts'

type Comparison = Schemas['PolicyComparison']
type Flip = Comparison['gains'][number]
type Source = Schemas['PolicySource']

const NOTES = `
A number is a version on the server, \`active\` is what is in force, anything else a file or a folder of *.cedar.
\`other:read\` on \`other://anything\` stands for what no grant, policy, entitlement, request or recorded decision names.

Exit codes:
  0  compared
  1  the policies cannot be read
  2  no answer

Examples:
  reeve policy diff policies/            what these change of what is in force
  reeve policy diff 6 7
`

export const diffCommand = (): Command =>
  new Command('diff')
    .description('say who gains and who loses what between two versions')
    .argument('<first>', 'a number, `active`, or a path; alone, it is compared with what is in force')
    .argument('[second]', 'likewise: what would come after the first')
    .option('--json', 'as JSON')
    .addHelpText('after', NOTES)
    .action(async (first: string, second: string | undefined, options: RemoteOptions) => {
      const client = await server()
      const [before, after] = second === undefined ? ['active', first] : [first, second]
      const files = await filesOf(after)
      const source = before === 'active' ? undefined : await sourceOf(client, before)
      const compared = await compare(client, await sourceOf(client, after, files), source)
      if (options.json === true) {
        if (compared.problems.length > 0) process.exitCode = 1
        await answerJson(compared)
      } else await showComparison(compared, files)
    })

const isVersion = (named: string): boolean => /^[1-9]\d{0,8}$/.test(named)

const filesOf = async (named: string): Promise<PolicyFiles | undefined> =>
  isVersion(named) || named === 'active' ? undefined : await readPolicies(named)

async function sourceOf(client: ReeveClient, named: string, files?: PolicyFiles): Promise<Source> {
  if (isVersion(named)) return { number: Number(named) }
  if (named === 'active') return { number: (await answered(client.GET('/v1/policies/active'))).data.number }
  const { text, schema } = files ?? (await readPolicies(named))
  return { text, ...(schema === undefined ? {} : { schema }) }
}

/** Without `before`: with what is in force. */
export const compare = async (client: ReeveClient, after: Source, before?: Source): Promise<Comparison> =>
  await answered(client.POST('/v1/policies/compare', { body: { after, ...(before === undefined ? {} : { before }) } }))

export async function showComparison(compared: Comparison, files?: PolicyFiles): Promise<void> {
  const { problems, gains, loses, gained, lost, cutShort, recorded } = compared
  if (problems.length > 0) {
    const placeOf: PolicyFiles['placeOf'] = (part, line = 1, column = 1) => `${part}:${line}:${column}`
    await showProblems(files ?? { text: '', placeOf }, { problems, warnings: [] })
    return
  }
  await answerListing<Flip & { readonly sign: string }>({
    items: [...signed('loses', loses), ...signed('gains', gains)],
    empty: 'Nobody gains or loses anything that is known here.',
    columns: [
      { title: '', whole: true, of: ({ sign }) => sign },
      { title: 'principal', whole: true, of: ({ principalId }) => principalId },
      { title: 'action', of: ({ action }) => action },
      { title: 'resource', keep: 'end', of: ({ resource }) => resource },
      { title: 'before', of: ({ before }) => before },
      { title: 'after', of: ({ after }) => after },
    ],
  })
  say(`${gained} rights are gained, ${lost} are lost, of ${compared.compared} that were compared.`)
  if (gained + lost > gains.length + loses.length) say('The lists are cut; the counts are not.')
  if (cutShort) say('There are more rights than are compared at once: what was left out may change too.')
  const { replayed, denied, allowed, wouldDeny, wouldAllow } = recorded
  if (replayed === 0) {
    say('No decisions of the last thirty days are recorded: nothing could be replayed.')
    return
  }
  say(`Of the last thirty days, this would have denied ${denied} decisions that were allowed, and allowed ${allowed}.`)
  if (denied + allowed === 0) return
  await answerListing<Flip & { readonly sign: string }>({
    items: [...signed('would deny', wouldDeny), ...signed('would allow', wouldAllow)],
    empty: '',
    columns: [
      { title: '', whole: true, of: ({ sign }) => sign },
      { title: 'times', whole: true, of: ({ times = 1 }) => String(times) },
      { title: 'principal', whole: true, of: ({ principalId }) => principalId },
      { title: 'action', of: ({ action }) => action },
      { title: 'resource', keep: 'end', of: ({ resource }) => resource },
    ],
  })
}

const signed = (sign: string, flips: readonly Flip[]): (Flip & { readonly sign: string })[] =>
  flips.map((flip) => Object.assign({ sign }, flip))
