// `reeve decide`: may it, now? Asked of a server over AuthZEN. 0 allows; 1 denies, or is no answer.
import { Command } from 'commander'
import { Fault } from '#kernel'
import { addQuestionOptions, questionOf } from './question.ts'
import type { QuestionOptions } from './question.ts'
import { credentialsFrom } from './remote/credentials.ts'
import type { RemoteOptions } from './remote/server.ts'
import { answerFields, answerJson } from './terminal/answer.ts'

interface Answer {
  readonly decision: boolean
  readonly context?: Readonly<Record<string, unknown>>
}

const TIMEOUT_MS = 10_000
const EXAMPLE = `
Exit codes:
  0  it is allowed
  1  it is denied, or there is no answer
  2  the command was not understood

Examples:
  reeve decide --subject kubernetes:app --action pg:SELECT --resource table:pg://main/shop/public.orders && run-report
  reeve decide --subject people:maria --actor kubernetes:agent --action pg:SELECT --resource table:pg://main/shop/public.orders
`

export function decideCommand(): Command {
  return addQuestionOptions(new Command('decide'))
    .description('ask whether an identity may do something now')
    .option('--json', 'as JSON, the whole answer')
    .addHelpText('after', EXAMPLE)
    .action(decide)
}

async function decide(options: RemoteOptions & QuestionOptions): Promise<void> {
  const answer = await ask(questionOf(options))
  process.exitCode = answer.decision ? 0 : 1
  if (options.json === true) {
    await answerJson(answer)
    return
  }
  const said = (name: string): string | undefined => {
    const value = answer.context?.[name]
    return typeof value === 'string' ? value : undefined
  }
  await answerFields([
    ['decision', answer.decision ? 'allow' : 'deny'],
    ['reason', [said('reason'), said('reason_text')].filter((text) => text !== undefined).join(': ')],
    ['grant', said('grant_id')],
    ['until', answer.decision ? said('expires_at') : undefined],
  ])
}

/** SECURITY: whatever is no answer is a fault, which ends with 1 or 2 and allows nothing. */
async function ask(question: object): Promise<Answer> {
  const { url, token } = await credentialsFrom()
  let response: Response
  let body: unknown
  try {
    response = await fetch(new URL('/access/v1/evaluation', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    body = await response.json()
  } catch (cause) {
    throw new Fault('database_unavailable', `no answer from \`${url}\`; start a server with reeve serve`, { cause })
  }
  if (response.status === 200 && isAnswer(body)) return body
  throw refusalOf(response.status, body)
}

/** As a problem document says it. */
function refusalOf(status: number, body: unknown): Fault {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : 'it says no more'
  if (status === 400) return new Fault('usage', `the server cannot take this: ${detail}`)
  if (status === 401)
    return new Fault('unauthenticated', 'the server knows no such token: run reeve login, or set REEVE_TOKEN')
  if (status === 403) return new Fault('forbidden', 'to ask, a token needs the scope decide or write')
  return new Fault('unprocessable', `the server did not decide (${status}): ${detail}`)
}

const isAnswer = (body: unknown): body is Answer =>
  typeof body === 'object' && body !== null && 'decision' in body && typeof body.decision === 'boolean'
