// `reeve role`: who holds which role of Reeve itself; giving one, and ending it.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { partyNamed, partyNames } from './remote/party.ts'
import { pages, principalNamed, server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerJson, answerListing, say } from './terminal/answer.ts'

type Assignment = Schemas['RoleAssignment']
type Role = Assignment['role']

const EXAMPLES = `${EXIT_CODES_OF_RIGHTS}
Roles: identity-admin, access-admin, approver, reviewer, auditor. identity-admin is given by identity-admins, every other one by
access-admins, and nobody gives one to themselves.

Examples:
  reeve role list
  reeve role give grace@example.com approver --because "decides for the payments team"
  reeve role give ci-inventory auditor --client --because "reads the estate every night"
  reeve role end rol_1x2y… --because "moved to another team"
`

export function roleCommand(): Command {
  const list = new Command('list')
    .description('list who holds which role')
    .option('--role <role>', 'this one alone')
    .option('--ended', 'those that ended too')
  const give = new Command('give')
    .description('give a role to a person or an API client')
    .argument('<who>', 'a person: an id, an address, a name; with --client an API client of the roll')
    .argument('<role>', 'approver, reviewer, auditor, access-admin or identity-admin')
    .option('--client', 'it is an API client')
    .requiredOption('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
  const end = new Command('end')
    .description('end a role; the next request of its holder goes without it')
    .argument('<assignment>', 'its id (rol_…); reeve role list shows them')
    .requiredOption('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
  return new Command('role')
    .description('list, give and end roles of Reeve itself')
    .addCommand(addPageOptions(list).action(listRoles))
    .addCommand(give.action(giveRole))
    .addCommand(end.action(endRole))
    .addHelpText('after', EXAMPLES)
}

async function listRoles(options: PageOptions & { readonly role?: string; readonly ended?: boolean }): Promise<void> {
  const client = await server()
  const { role, ended } = options
  const filter = {
    // the word is checked by the server, which names those that it knows
    ...(role === undefined ? {} : { role: role as Role }),
    ...(ended === true ? { all: 'true' as const } : {}),
  }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/roles', { params: { query: { ...query, ...filter } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  const names = await partyNames(
    client,
    page.items.map(({ subjectId }) => subjectId).filter((id) => id.startsWith('psn_')),
  )
  await answerListing<Assignment>({
    items: page.items,
    empty: 'Nobody holds a role like that.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'role', whole: true, of: ({ role: held }) => held },
      { title: 'of', whole: true, of: ({ subjectId }) => names.get(subjectId) ?? subjectId },
      { title: 'since', whole: true, of: ({ assignedAt }) => assignedAt },
      { title: 'ended', whole: true, of: ({ endedAt }) => endedAt ?? undefined },
      { title: 'because', of: ({ reason }) => reason },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

type Giving = RemoteOptions & { readonly client?: boolean; readonly because: string }

async function subjectNamed(client: ReeveClient, who: string, isClient: boolean): Promise<string> {
  if (isClient) return (await principalNamed(client, who)).id
  const { kind, id } = await partyNamed(client, who)
  if (kind !== 'person') throw new Fault('usage', `\`${who}\` is a team: a role is one person's`)
  return id
}

async function giveRole(who: string, role: string, { client: isClient, because, json }: Giving): Promise<void> {
  const client = await server()
  const subjectId = await subjectNamed(client, who, isClient === true)
  const body = { subjectId, role: role as Role, reason: because }
  const made = await answered(client.POST('/v1/roles', { body }))
  if (json === true) await answerJson(made)
  else say(`${who} is ${made.role} (${made.id}).`)
}

async function endRole(
  assignmentId: string,
  { because, json }: RemoteOptions & { readonly because: string },
): Promise<void> {
  const client = await server()
  const params = { path: { assignmentId } }
  const ended = await answered(client.POST('/v1/roles/{assignmentId}/end', { params, body: { reason: because } }))
  if (json === true) await answerJson(ended)
  else say(`${ended.role} has ended; the next request of its holder goes without it.`)
}
