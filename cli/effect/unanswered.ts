// Once a plan is asked for it runs at the server, whether or not an answer comes: then nobody here knows what became of it,
// which is exit code 3 and never 2, "nothing was done".
import { ApiFault } from '#client'
import type { ReeveClient } from '#client'
import { Fault } from '#kernel'
import { answerJson, say } from '../terminal/answer.ts'
import { faultInWords } from '../terminal/refusal.ts'
import { withLastWords } from '../terminal/interrupt.ts'
import { plain } from '../terminal/text.ts'
import { codeOf } from '../terminal/write-out.ts'
import { answerEnd, followPlan } from './follow-plan.ts'
import type { Plan } from './plan-lines.ts'

const NOT_KNOWN = 3
const NOT_KNOWN_WHETHER = 'It is not known whether the plan was taken: `reeve plan list` says which there are.'
/** Nothing was sent: no connection was ever made. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Follows it and says what became of it. */
export async function followToEnd(client: ReeveClient, plan: Plan, json: boolean, more: object = {}): Promise<void> {
  const goesOn = `Plan ${plan.id} was taken, and goes on at the server; \`reeve plan show ${plan.id}\` says how it ends.`
  try {
    const ended = await withLastWords(goesOn, async () => await followPlan(client, plan, json))
    await answerEnd(client, ended, json, more)
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    notKnown(cause, goesOn)
    if (json) await answerJson({ ...more, plan })
  }
}

/** What a server answers to a request that makes or moves a plan; `undefined` where it may have been taken and nobody knows. */
export async function taken<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await withLastWords(NOT_KNOWN_WHETHER, async () => await asked)
  } catch (cause) {
    if (!(cause instanceof Fault) || wasRefused(cause)) throw cause
    notKnown(cause, NOT_KNOWN_WHETHER)
    return undefined
  }
}

function wasRefused(fault: Fault): boolean {
  if (fault instanceof ApiFault) return fault.httpStatus < 500
  const sent = fault.cause instanceof Error ? fault.cause.cause : undefined
  return fault.code !== 'outcome_unknown' && NEVER_SENT.has(codeOf(sent))
}

function notKnown(fault: Fault, words: string): void {
  for (const line of [...faultInWords(fault), words]) say(plain(line))
  process.exitCode = NOT_KNOWN
}
