// `reeve contain`: a credential leaked. Whose it is, what holding it breaks, who must be told; and held, with proof.
import { Command } from 'commander'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { notFoundLines, pageLines } from './effect/contain-page.ts'
import type { Page } from './effect/contain-page.ts'
import { secretFrom } from './effect/secret-file.ts'
import { followToEnd, taken } from './effect/unanswered.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerJson, say } from './terminal/answer.ts'
import { assertWanted } from './terminal/assert-wanted.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

const EXAMPLES = `
The file holds the value alone, or a connection string or settings with it. It is used to sign in and be refused; it is never
kept. A text that is not understood is refused; --raw says that all of it is the one value.

Exit codes:
  0  held, and seen to be refused by the target itself
  1  not done: the target or the server refused it
  2  nothing was done: it is not known which account it opens, or nobody said yes to it (without a terminal: --yes)
  3  unproven: done or not, nobody has seen it refused; the reasons and what to do next are told. The same where the server
     gave no answer any more: the plan goes on there

Examples:
  reeve contain --secret-file leaked.txt --dry-run
  reeve contain --secret-file leaked.txt --target main --account app --because "found in a paste"
  reeve contain --credential cred_1x2y… --because "a laptop was lost"
`

interface ContainOptions extends RemoteOptions {
  readonly secretFile?: string
  readonly raw?: boolean
  readonly credential?: string
  readonly target?: string
  readonly account?: string
  readonly because?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export function containCommand(): Command {
  return new Command('contain')
    .description('hold what a leaked credential opens: no new logins, sessions ended, and seen to be refused')
    .option('--secret-file <file>', 'what leaked; `-` is standard input')
    .option('--raw', 'all of the file is the one value, whatever it looks like')
    .option('--credential <id>', 'of the roll, where the value is not at hand: then nothing can be tried with it')
    .option('--target <target>', 'its name, where it does not follow from the file')
    .option('--account <account>', 'its name there, likewise')
    .option('--because <text>', 'why; it stands in the plan and in the log')
    .option('--dry-run', 'only show it; nothing is changed')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(contain)
}

async function contain(options: ContainOptions): Promise<void> {
  const { secretFile, raw, credential, target, account, because, dryRun = false, yes = false, json = false } = options
  if (secretFile === undefined && credential === undefined && (target === undefined || account === undefined))
    throw new Fault('usage', 'say what leaked: --secret-file FILE or --credential ID, or else --target and --account')
  if (!dryRun && because === undefined) throw new Fault('usage', 'say why: --because TEXT; it stands in the log')
  const client = await server()
  const asked = {
    ...(secretFile !== undefined && { secret: await secretFrom(secretFile) }),
    ...(raw !== undefined && { raw }),
    ...(credential !== undefined && { credentialId: credential }),
    ...(target !== undefined && { target }),
    ...(account !== undefined && { account }),
  }
  const page = await answered(client.POST('/v1/containments/preview', { body: asked }))
  if (page.place === undefined || dryRun) {
    await answerPage(page, json)
    return
  }
  if (!json) await writeTo(process.stdout, pageLines(page))
  const { account: found, targetName } = page.place
  if (!yes)
    await assertWanted(`Hold ${plain(found)} at ${plain(targetName)}?`, 'repeat it with --yes, or with --dry-run')
  // what was shown is what is done, whatever was added meanwhile
  const shown = { target: page.place.targetId, account: page.place.account }
  await held(client, { ...asked, ...shown, because: because ?? '' }, json)
}

async function answerPage(page: Page, json: boolean): Promise<void> {
  const { place } = page
  if (json) await answerJson(page)
  else {
    await writeTo(process.stdout, pageLines(page))
    if (place === undefined) await writeTo(process.stdout, notFoundLines(page))
    else say('A dry run: nothing was changed.')
    for (const login of page.logins) say(`To find whose it is, it was used for logins at ${plain(login)}.`)
  }
  if (place === undefined) process.exitCode = 2
}

async function held(
  client: ReeveClient,
  body: {
    readonly secret?: string
    readonly raw?: boolean
    readonly target: string
    readonly account: string
    readonly because: string
  },
  json: boolean,
): Promise<void> {
  const page = await taken(answered(client.POST('/v1/containments', { body })))
  if (page === undefined) return
  if (page.plan === undefined) {
    await answerPage(page, json)
    return
  }
  if (!json) await writeTo(process.stdout, [`\nPlan ${page.plan.id}\n`])
  await followToEnd(client, page.plan, json, { page })
}
