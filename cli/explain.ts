// `reeve explain`: how a question would be decided now, step by step, each with what it saw.
import { Command } from 'commander'
import { answered } from '#client'
import { Fault } from '#kernel'
import { partyOf } from './decide.ts'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, screenOf } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

interface ExplainOptions extends RemoteOptions {
  readonly subject: string
  readonly actor: readonly string[]
  readonly action: string
  readonly resource: string
  readonly context?: string
}

const EXAMPLE = `
For who administers access, approves or audits. Nothing is recorded by it. It ends with 0 whatever comes out.
${EXIT_CODES_OF_RIGHTS}
Example:
  reeve explain --subject kubernetes:app --action pg:SELECT --resource table:pg://main/shop/public.orders
`

export const explainCommand = (): Command =>
  new Command('explain')
    .description('say step by step how a question would be decided now')
    .requiredOption('--subject <type:id>', 'who, as kubernetes:app, or an id alone: prn_…')
    .option('--actor <type:id>', 'who acts for it; repeat it for a longer chain, who acts now last', gather, [])
    .requiredOption('--action <name>', 'what, as pg:SELECT')
    .requiredOption('--resource <type:id>', 'on what, as table:pg://main/shop/public.orders')
    .option('--context <json>', 'what an enforcement point would say beside it, a JSON object')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(explain)

const gather = (value: string, earlier: readonly string[]): string[] => [...earlier, value]

function contextOf({ context, actor }: ExplainOptions): { context?: Record<string, unknown> } {
  let stated: unknown = {}
  try {
    if (context !== undefined) stated = JSON.parse(context)
  } catch (cause) {
    throw new Fault('usage', '--context is no JSON', { cause })
  }
  if (typeof stated !== 'object' || stated === null || Array.isArray(stated))
    throw new Fault('usage', '--context is an object, as {"purpose": "x"}')
  // the outermost acts now
  const chain = actor.reduce<object | undefined>(
    (inner, one) => ({ ...partyOf(one), ...(inner === undefined ? {} : { actor: inner }) }),
    undefined,
  )
  const whole = { ...stated, ...(chain === undefined ? {} : { actor: chain }) }
  return Object.keys(whole).length === 0 ? {} : { context: whole }
}

async function explain(options: ExplainOptions): Promise<void> {
  const body = {
    subject: { ...partyOf(options.subject) },
    action: { name: options.action },
    resource: { ...partyOf(options.resource) },
    ...contextOf(options),
  }
  const client = await server()
  const said = await answered(client.POST('/v1/decisions/explain', { body }))
  if (options.json === true) await answerJson(said)
  else await show(said)
}

async function show({ decision, context, chain, steps }: Schemas['Explanation']): Promise<void> {
  const { paint } = screenOf(process.stdout)
  for (const { step, member, denied, saw } of steps) {
    const whose = member === undefined || chain.length < 2 ? '' : `, member ${member + 1} of ${chain.length}`
    const mark = denied === undefined ? paint('dim', 'passed') : `denied: ${denied}`
    const lines = linesOf(saw, '    ')
    await writeTo(process.stdout, [`${plain(step)}${whose}?  ${mark}\n`, ...lines.map((line) => `${plain(line)}\n`)])
  }
  await writeTo(process.stdout, ['\n'])
  const text = (name: string): string | undefined => {
    const value = context[name]
    return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
      ? undefined
      : typeof value === 'string'
        ? value
        : JSON.stringify(value)
  }
  await answerFields([
    ['decision', decision ? 'allow' : 'deny'],
    ['reason', [text('reason'), text('reason_text')].filter((part) => part !== undefined).join(': ')],
    ['obligations', text('obligations')],
    ['until', decision ? text('expires_at') : undefined],
    ['policies', text('policy_version')],
    ['standing', text('standing')],
  ])
}

/** One line for each thing that was seen; of a list, one for each item. */
function linesOf(saw: Readonly<Record<string, unknown>>, indent: string): string[] {
  const lines: string[] = []
  for (const [name, value] of Object.entries(saw)) {
    const items = Array.isArray(value) && value.some((item) => typeof item === 'object') ? value : undefined
    lines.push(
      `${indent}${name}  ${items !== undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    for (const item of items ?? []) lines.push(`${indent}  ${itemText(item)}`)
  }
  return lines
}

const itemText = (item: unknown): string =>
  typeof item !== 'object' || item === null
    ? String(item)
    : Object.entries(item)
        .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(', ')
