// `reeve explain`: how a question would be decided now, step by step, each with what it saw.
import { Command } from 'commander'
import { answered } from '#client'
import { EXIT_CODES_OF_RIGHTS } from './exit.ts'
import { addQuestionOptions, questionOf } from './question.ts'
import type { QuestionOptions } from './question.ts'
import { server } from './remote/server.ts'
import type { RemoteOptions, Schemas } from './remote/server.ts'
import { answerFields, answerJson, screenOf } from './terminal/answer.ts'
import { plain } from './terminal/text.ts'
import { writeTo } from './terminal/write-out.ts'

const EXAMPLE = `
For who administers access, approves or audits. Nothing is recorded by it. It ends with 0 whatever comes out.
${EXIT_CODES_OF_RIGHTS}
Example:
  reeve explain --subject kubernetes:app --action pg:SELECT --resource table:pg://main/shop/public.orders
`

export const explainCommand = (): Command =>
  addQuestionOptions(new Command('explain'))
    .description('say step by step how a question would be decided now')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLE)
    .action(explain)

async function explain(options: RemoteOptions & QuestionOptions): Promise<void> {
  const body = questionOf(options)
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
