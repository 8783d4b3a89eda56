// `reeve plan`: what Reeve does at targets, step by step, and what persons say of it.
import { Argument, Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import type { AccountAt } from '#main'
import { placeLines, seenLines, sentLines, stateInWords, statementLines, stepLine } from './effect/plan-lines.ts'
import type { Plan } from './effect/plan-lines.ts'
import { secretOf } from './effect/secret-file.ts'
import { followToEnd, taken } from './effect/unanswered.ts'
import { durationIn } from './request.ts'
import { addPageOptions } from './principals/list.ts'
import type { PageOptions } from './principals/list.ts'
import { pages, server } from './remote/server.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerFields, answerJson, answerListing, say } from './terminal/answer.ts'
import { assertWanted } from './terminal/assert-wanted.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

const OPERATIONS = ['observe', 'deny', 'contain', 'revoke', 'restore'] as const
const SWITCHED = ['on', 'off', 'show'] as const

const EXAMPLES = `
Exit codes of what follows a plan: 0 verified or undone, 1 failed or cancelled, 3 unproven, waiting for somebody,
or not known, because the server gave no answer any more.

Examples:
  reeve plan list --state unproven
  reeve plan make restore --target main --account app --because "the password was changed" --secret-file new.txt
  reeve plan run pln_1x2y… --secret-file leaked.txt
  reeve plan observe-only on --because "it held the wrong account"
`

const SECRET_FILE = 'the credential, so that it is tried, read as `contain` reads it; `-` is standard input'
const RAW = 'all of the file is the one value, whatever it looks like'

interface SecretOptions {
  readonly secretFile?: string
  readonly raw?: boolean
}

/** What stands in the log for good is asked for before anything is sent. */
function said(because: string | undefined): string {
  if (because === undefined || because.trim() === '')
    throw new Fault('usage', 'say why: --because TEXT; it stands in the log')
  return because
}

interface SaidOptions extends RemoteOptions {
  readonly because?: string
}

export function planCommand(): Command {
  return new Command('plan')
    .description('make, list, show, approve, run, accept, pause, undo and cancel plans')
    .addCommand(
      addPageOptions(new Command('list').description('list plans, newest first'))
        .option('--state <state>', 'a state that plans have')
        .action(list),
    )
    .addCommand(one('show', 'show a plan: each step, what was sent and what was answered').action(show))
    .addCommand(makeCommand())
    .addCommand(
      one('approve', 'approve a plan of somebody else, after showing what it does; it runs from then on')
        .option('--because <text>', 'why; it stands in the log')
        .option('--yes', 'do not ask: for scripts, once somebody has read it')
        .action(approve),
    )
    .addCommand(
      one('run', 'go on, or try again what is not verified')
        .option('--secret-file <file>', SECRET_FILE)
        .option('--raw', RAW)
        .option('--because <text>', 'why')
        .action(run),
    )
    .addCommand(
      one('accept', 'let a plan of somebody else go past other ways that its receipt names')
        .requiredOption('--receipt <receipt>', 'the id of its newest receipt, which names them')
        .option('--because <text>', 'why; it stands in the receipt and in the log')
        .action(accept),
    )
    .addCommand(saying('pause', 'stop after the step that is under way; what was done stays', false))
    .addCommand(saying('undo', 'put back what was done', true))
    .addCommand(saying('cancel', 'give it up before anything was done', false))
    .addCommand(observeOnlyCommand())
    .addHelpText('after', EXAMPLES)
}

const one = (name: string, description: string): Command =>
  new Command(name).description(description).argument('<plan>', 'its id').option('--json', 'as JSON')

const pathOf = (planId: string): { path: { planId: string } } => ({ path: { planId } })

async function list(options: PageOptions & { readonly state?: string }): Promise<void> {
  const client = await server()
  // the word is checked by the server, which names those that it knows
  const filter = options.state === undefined ? {} : { state: options.state as never }
  const page = await pages(options, async (query) =>
    answered(client.GET('/v1/plans', { params: { query: { ...query, ...filter } } })),
  )
  if (options.json === true) {
    await answerJson(page)
    return
  }
  await answerListing<Plan>({
    items: page.items,
    empty: 'No plans are like that. reeve contain makes one.',
    columns: [
      { title: 'id', whole: true, of: ({ id }) => id },
      { title: 'state', whole: true, of: ({ data }) => data.state },
      { title: 'does', whole: true, of: ({ data }) => data.operation },
      { title: 'target', whole: true, of: ({ data }) => data.targetName },
      { title: 'account', of: ({ data }) => data.account },
      { title: 'made', whole: true, of: ({ data }) => data.madeAt.slice(0, 16) },
    ],
    ...(page.next === undefined ? {} : { after: `There are more: --cursor ${page.next}, or --all` }),
  })
}

async function show(id: string, { json }: RemoteOptions): Promise<void> {
  const plan = await answered((await server()).GET('/v1/plans/{planId}', { params: pathOf(id) }))
  if (json === true) {
    await answerJson(plan)
    return
  }
  const { operation, account, targetName, reason, madeAt, plannedBy, approval, offered, acceptedWays, receiptId } =
    plan.data
  await answerFields([
    ['plan', plan.id],
    ['does', `${operation} ${account} at ${targetName}`],
    ['because', reason],
    ['state', stateInWords(plan)],
    ['made', `${madeAt} by ${plannedBy}`],
    ['approval', approval.needed ? (approval.by ?? 'needed: reeve plan approve') : 'not needed'],
    ['credential', offered ? 'offered: it is tried' : 'not offered: nothing can be tried with it'],
    ['accepted', acceptedWays && `${acceptedWays.because} (${acceptedWays.by}, receipt ${acceptedWays.receiptId})`],
    ['receipt', receiptId],
  ])
  await writeTo(process.stdout, ['\n', ...plan.data.steps.map(stepLine), ...plan.data.steps.flatMap(seenLines)])
  await writeTo(process.stdout, ['\n', ...placeLines(plan), '\n'])
  await writeTo(process.stdout, sentLines(plan))
}

interface AcceptOptions extends SaidOptions {
  readonly receipt: string
}

interface MakeOptions extends SaidOptions, SecretOptions {
  readonly target: string
  readonly account: string
  readonly dryRun?: boolean
  readonly for?: number
}

function makeCommand(): Command {
  return new Command('make')
    .description('plan to observe, hold (deny, contain), revoke or restore an account, and follow it')
    .addArgument(new Argument('<operation>', 'what it does').choices(OPERATIONS))
    .requiredOption('--target <target>', 'its name or id')
    .requiredOption('--account <account>', 'its name there')
    .option('--because <text>', 'why; it stands in the plan and in the log')
    .option('--secret-file <file>', SECRET_FILE)
    .option('--raw', RAW)
    .option('--for <time>', 'how long to observe: 30m, 2h, 7d; a day where nothing is said', durationIn)
    .option('--dry-run', 'only show what would be sent')
    .option('--json', 'as JSON')
    .action(make)
}

async function make(operation: string, options: MakeOptions): Promise<void> {
  const { target, account, because, secretFile, raw, dryRun = false, json = false } = options
  const why = dryRun ? '' : said(because)
  const client = await server()
  const asked = {
    operation: operation as (typeof OPERATIONS)[number],
    target,
    account,
    ...(options.for !== undefined && { until: new Date(Date.now() + options.for * 1000).toISOString() }),
    ...(secretFile !== undefined && (await secretOf(secretFile, await placeOf(client, target, account), raw))),
  }
  if (dryRun) {
    const preview = await answered(client.POST('/v1/plans/preview', { body: asked }))
    if (json) await answerJson(preview)
    else {
      await writeTo(process.stdout, statementLines(preview.steps))
      const blocked = preview.blocked.map(({ step, reason, next }) => plain(`${step}: ${reason}; ${next}`))
      await writeTo(
        process.stdout,
        blocked.map((line) => `  can not be done: ${line}\n`),
      )
    }
    return
  }
  const plan = await taken(answered(client.POST('/v1/plans', { body: { ...asked, because: why } })))
  if (plan === undefined) return
  if (operation === 'observe') {
    await answerObserving(plan, json)
    return
  }
  if (!json) say(`Plan ${plan.id} ${stateInWords(plan)}.`)
  await followToEnd(client, plan, json)
}

/** It takes its time: nobody waits for it. */
async function answerObserving(plan: Plan, json: boolean): Promise<void> {
  if (json) await answerJson(plan)
  else
    say(
      `Plan ${plan.id} observes until ${plan.data.until ?? ''}; \`reeve plan show ${plan.id}\` has what was seen by then.`,
    )
}

const addressesOf = ({ address, entrances, standbys = [] }: Plan['data']['settings']): AccountAt['addresses'] => [
  address,
  ...entrances,
  ...standbys,
]

/** As it was planned, whatever its target is now. */
async function placeOfPlan(client: ReeveClient, id: string): Promise<AccountAt> {
  const { data } = await answered(client.GET('/v1/plans/{planId}', { params: pathOf(id) }))
  return { account: data.account, addresses: addressesOf(data.settings) }
}

async function placeOf(client: ReeveClient, targetId: string, account: string): Promise<AccountAt> {
  const { data } = await answered(client.GET('/v1/targets/{targetId}', { params: { path: { targetId } } }))
  return { account, addresses: addressesOf(data.settings) }
}

async function accept(id: string, { receipt, because, json = false }: AcceptOptions): Promise<void> {
  const body = { receiptId: receipt, because: said(because) }
  const client = await server()
  const plan = await taken(answered(client.POST('/v1/plans/{planId}/accept-ways', { params: pathOf(id), body })))
  if (plan !== undefined) await followToEnd(client, plan, json)
}

async function run(id: string, options: SaidOptions & SecretOptions): Promise<void> {
  const { secretFile, raw, because, json = false } = options
  const client = await server()
  const body = {
    ...(secretFile !== undefined && (await secretOf(secretFile, await placeOfPlan(client, id), raw))),
    ...(because !== undefined && { because }),
  }
  const plan = await taken(answered(client.POST('/v1/plans/{planId}/run', { params: pathOf(id), body })))
  if (plan === undefined) return
  await followToEnd(client, plan, json)
}

type Verb = 'pause' | 'undo' | 'cancel'
const SAYING: Readonly<Record<Verb, (client: ReeveClient, id: string, body: { because?: string }) => Promise<Plan>>> = {
  pause: async (client, id, body) =>
    await answered(client.POST('/v1/plans/{planId}/pause', { params: pathOf(id), body })),
  undo: async (client, id, body) =>
    await answered(client.POST('/v1/plans/{planId}/undo', { params: pathOf(id), body })),
  cancel: async (client, id, body) =>
    await answered(client.POST('/v1/plans/{planId}/cancel', { params: pathOf(id), body })),
}

/** What is approved stands in the plan, and does not change any more: it is shown, and somebody says yes to that. */
async function approve(id: string, options: SaidOptions & { readonly yes?: boolean }): Promise<void> {
  const { because, yes = false, json = false } = options
  const client = await server()
  const { data, ...plan } = await answered(client.GET('/v1/plans/{planId}', { params: pathOf(id) }))
  await writeTo(json ? process.stderr : process.stdout, [
    ...placeLines({ data, ...plan }),
    `  ${plain(`planned by ${data.plannedBy}: ${data.reason}`)}\n`,
    ...sentLines({ data, ...plan }),
    '\n',
  ])
  const question = `Approve that it does this: ${plain(`${data.operation} ${data.account} at ${data.targetName}`)}?`
  if (!yes) await assertWanted(question, 'read it, then repeat it with --yes')
  const body = because === undefined ? {} : { because }
  const approved = await taken(answered(client.POST('/v1/plans/{planId}/approve', { params: pathOf(id), body })))
  if (approved !== undefined) await followToEnd(client, approved, json)
}

function saying(verb: Verb, description: string, followed: boolean): Command {
  return one(verb, description)
    .option('--because <text>', 'why; it stands in the log')
    .action(async (id: string, { because, json = false }: SaidOptions) => {
      const client = await server()
      const plan = await taken(SAYING[verb](client, id, because === undefined ? {} : { because }))
      if (plan === undefined) return
      if (followed) await followToEnd(client, plan, json)
      else if (json) await answerJson(plan)
      else say(`Plan ${id} ${stateInWords(plan)}.`)
    })
}

function observeOnlyCommand(): Command {
  return new Command('observe-only')
    .description('the switch that stops every act at every target at once; nothing is undone by it')
    .addArgument(new Argument('<on|off|show>', 'which').choices(SWITCHED))
    .option('--because <text>', 'why; it stands in the log')
    .option('--json', 'as JSON')
    .action(async (wanted: string, { because, json }: SaidOptions) => {
      const why = wanted === SWITCHED[2] ? '' : said(because)
      const client = await server()
      const now =
        wanted === SWITCHED[2]
          ? await answered(client.GET('/v1/restraint'))
          : await answered(client.PUT('/v1/restraint', { body: { observeOnly: wanted === SWITCHED[0], because: why } }))
      if (json === true) await answerJson(now)
      else say(now.observeOnly ? 'Every act is stopped (observe-only).' : 'Plans act.')
    })
}
