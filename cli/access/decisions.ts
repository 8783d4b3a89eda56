// `reeve access decisions`: what was decided, counted by minute; with --would-deny, what enforcing would have refused.
import { Command } from 'commander'
import { answered } from '#client'
import { addPageOptions } from '../principals/list.ts'
import type { PageOptions } from '../principals/list.ts'
import { dayOrInstant, pages, principalNamed, server } from '../remote/server.ts'
import type { Schemas } from '../remote/server.ts'
import { answerJson, answerListing } from '../terminal/answer.ts'

interface DecisionsOptions extends PageOptions {
  readonly principal?: string
  readonly action?: string
  readonly resource?: string
  readonly point?: string
  readonly denied?: boolean
  readonly wouldDeny?: boolean
  readonly from?: string
  readonly to?: string
}

const EXAMPLES = `
Examples:
  reeve access decisions --principal ledger-batch --denied
  reeve access decisions --point edge-eu --would-deny --from 2026-03-01
`

export function decisionsCommand(): Command {
  const command = new Command('decisions')
    .description('list what was decided, counted by minute, the newest first')
    .option('--principal <principal>', 'of this principal: its id, an identifier, or its name')
    .option('--action <action>', 'this action, as in pg:SELECT')
    .option('--resource <resource>', 'this resource, as type:id')
    .option('--point <name>', 'asked by this enforcement point')
    .option('--denied', 'denials alone')
    .option('--would-deny', 'what was let pass since the point only observes')
    .option('--from <day>', 'from this day or instant on', dayOrInstant)
    .option('--to <day>', 'before this day or instant', dayOrInstant)
    .addHelpText('after', EXAMPLES)
  return addPageOptions(command).action(listDecisions)
}

async function listDecisions(options: DecisionsOptions): Promise<void> {
  const client = await server()
  const { principal, action, resource, point, denied, wouldDeny, from, to } = options
  const filter = {
    ...(principal !== undefined && { principal: (await principalNamed(client, principal)).id }),
    ...(action !== undefined && { action }),
    ...(resource !== undefined && { resource }),
    ...(point !== undefined && { point }),
    ...((denied === true || wouldDeny === true) && { allowed: 'false' as const }),
    ...(wouldDeny === true && { enforced: 'false' as const }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/decision-counts', { params: { query: { ...query, ...filter } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<Schemas['DecisionCount']>({
    items: page.items,
    empty: 'Nothing like that was decided, or decision points did not send it yet.',
    columns: [
      { title: 'minute', whole: true, of: ({ minute }) => minute },
      { title: 'times', whole: true, of: ({ count }) => String(count) },
      { title: 'outcome', whole: true, of: outcomeOf },
      { title: 'reason', whole: true, of: ({ reason }) => reason },
      { title: 'principal', whole: true, of: ({ principalId }) => principalId ?? 'unknown' },
      { title: 'action', of: ({ action: name }) => name },
      { title: 'resource', of: ({ resource: name }) => name },
      { title: 'point', of: ({ point: name }) => name ?? '' },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

function outcomeOf({ allowed, enforced }: Schemas['DecisionCount']): string {
  if (allowed) return 'allowed'
  return enforced ? 'denied' : 'would deny'
}
