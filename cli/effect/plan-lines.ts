// A plan as a person reads it: a line for each step, what the target answered, and how it ended.
import { z } from 'zod'
import { screenOf } from '../terminal/answer.ts'
import { plain } from '../terminal/text.ts'
import type { Schemas } from '../remote/server.ts'

export type Plan = Schemas['Plan']
type Step = Plan['data']['steps'][number]
export type Receipt = Schemas['Receipt']

const WORDS: Readonly<Record<Plan['data']['state'], string>> = {
  proposed: 'waits for the approval of another person',
  running: 'is under way',
  paused: 'is paused',
  undoing: 'is being undone',
  verified: 'verified: the target itself was seen to refuse, or to be as it should',
  unproven: 'UNPROVEN: it may have taken effect or not; a person has to look',
  rolled_back: 'failed: nothing is left changed',
  undone: 'undone: everything is as it was',
  cancelled: 'cancelled: nothing was done',
}

/** 0 when it is as wanted, 1 when it is not, 3 when nobody knows yet. */
export function exitCodeOf({ data: { state } }: Plan): number {
  if (state === 'verified' || state === 'undone') return 0
  return state === 'rolled_back' || state === 'cancelled' ? 1 : 3
}

export const stateInWords = ({ data: { state } }: Plan): string => WORDS[state]

const MARKS: Readonly<Record<Step['state'], string>> = {
  waiting: '·',
  acting: '…',
  verified: '✓',
  unproven: '?',
  failed: '✗',
  undone: '↺',
}

export function stepLine(step: Step): string {
  const { verdict, title, state, met } = step
  const answer = verdict?.answer ?? verdict?.reason ?? met ?? ''
  return `${MARKS[state]} ${plain(title)}${answer === '' ? '' : `: ${plain(answer)}`}\n`
}

/** What a step that is not over has seen by now. */
export function seenLines({ state, seen }: Step): string[] {
  const uses = z.object({ uses: z.array(USE), looks: z.number() }).safeParse(seen)
  if (state !== 'acting' || !uses.success) return []
  const lines = uses.data.uses.map(({ application, from, database, most, first, last }) => {
    const who = application === '' ? 'no named application' : application
    return `    ${plain(`${who} from ${from} on ${database}: ${most} at once, ${first} to ${last}`)}\n`
  })
  return [`  seen so far, in ${uses.data.looks} looks:\n`, ...(lines.length === 0 ? ['    no session\n'] : lines)]
}

const text = z.string()
const USE = z.object({ application: text, from: text, database: text, most: z.number(), first: text, last: text })

/** Exactly what is sent, under the step that sends it. */
export function* statementLines(steps: readonly Step[]): Generator<string> {
  const { paint } = screenOf(process.stdout)
  for (const [at, { title, statements = [], touches = [], asksOnly, final }] of steps.entries()) {
    const more = asksOnly === true ? ' (only asks)' : final === true ? ' (can not be put back)' : ''
    yield `  ${at + 1}. ${plain(title)}${paint('dim', more)}\n`
    for (const touched of touches) yield `     touches ${plain(touched)}\n`
    for (const statement of statements) yield paint('dim', `     ${plain(statement)}\n`)
  }
}

/** Where it acts, and who takes over: as it was planned, whatever its target is now. */
export function* placeLines({ data }: Plan): Generator<string> {
  const { account, operation, targetName, settings } = data
  const { address, entrances, standbys = [], successor, database, administrator } = settings
  const spelled = [address, ...entrances, ...standbys].map(({ host, port }) => `${host} port ${port}`)
  yield `${plain(`${operation} ${account} at ${targetName}: ${spelled.join(', ')}`)}\n`
  yield `  ${plain(`as ${administrator.user}, by the database ${database}`)}\n`
  if (operation === 'revoke') yield `  ${plain(`what it owns goes to: ${successor ?? 'nobody, none is named'}`)}\n`
}

/** Under a heading that says of when it is. */
export function* sentLines({ data: { state, steps } }: Plan): Generator<string> {
  const planned = 'as things stood when it was planned'
  yield state === 'proposed' ? `What would be sent, ${planned}\n` : `What was sent; of a step that waits, ${planned}\n`
  if (state === 'proposed' && steps.every(({ statements }) => statements === undefined))
    yield '  not known: the target could not be asked when it was planned\n'
  yield* statementLines(steps)
}

/** How it ended, why, what to do next, and where the proof is. */
export function* endLines(plan: Plan, receipt?: Receipt): Generator<string> {
  const { paint } = screenOf(process.stdout)
  yield `\n${paint('bold', `Outcome: ${stateInWords(plan)}`)}\n`
  if (plan.data.state === 'proposed')
    yield `  next: another person, who is an approver: reeve plan approve ${plan.id}\n`
  for (const { step, reason, next } of receipt?.data.reasons ?? []) {
    yield `  ${plain(step)}: ${plain(reason)}\n`
    yield `    next: ${plain(next)}\n`
  }
  if (receipt === undefined) return
  yield `Receipt: ${receipt.id}\n`
  yield `  reeve receipt show ${receipt.id} --out receipt.json\n`
  yield '  reeve receipt verify receipt.json --log-key "$(cat log.key)" --witness-key "$(cat witness.key)"\n'
  yield '  (without the key of a witness it says what could not be seen then, and ends with 2)\n'
}
