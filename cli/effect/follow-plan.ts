// Follows a plan until it ends or waits for somebody, with a line for each step as it comes.
import { setTimeout as sleep } from 'node:timers/promises'
import { answered } from '#client'
import type { ReeveClient } from '#client'
import { answerJson, say } from '../terminal/answer.ts'
import { writeTo } from '../terminal/write-out.ts'
import { endLines, exitCodeOf, stateInWords, stepLine } from './plan-lines.ts'
import type { Plan, Receipt } from './plan-lines.ts'

const EVERY_MS = 300
/** After so many looks at which nothing had changed it is asked whether every act is stopped. */
const STILL_MAX = 20

export async function followPlan(client: ReeveClient, first: Plan, quiet: boolean): Promise<Plan> {
  const told = new Map<string, string>()
  let plan = first
  for (let still = 0; ; still++) {
    if (!quiet) await tellSteps(plan, told)
    const { state } = plan.data
    if (state !== 'running' && state !== 'undoing') return plan
    if (still >= STILL_MAX) {
      const { observeOnly } = await answered(client.GET('/v1/restraint'))
      if (observeOnly) {
        say('Every act is stopped (observe-only): the plan goes on when `reeve plan observe-only off` says so.')
        return plan
      }
      still = 0
    }
    await sleep(EVERY_MS)
    const next = await answered(client.GET('/v1/plans/{planId}', { params: { path: { planId: plan.id } } }))
    if (next.version !== plan.version) still = 0
    plan = next
  }
}

/** Each state of a step once. A step that waits is not told. */
async function tellSteps({ data }: Plan, told: Map<string, string>): Promise<void> {
  for (const step of data.steps) {
    const line = stepLine(step)
    if (step.state === 'waiting' || told.get(step.name) === line) continue
    told.set(step.name, line)
    await writeTo(process.stdout, [line])
  }
}

/** What became of it, with its receipt; sets the exit code. */
export async function answerEnd(client: ReeveClient, plan: Plan, json: boolean, more: object = {}): Promise<void> {
  const receipt = await receiptOf(client, plan)
  if (json) await answerJson({ ...more, plan, ...(receipt !== undefined && { receipt }) })
  else if (plan.data.state === 'running' || plan.data.state === 'undoing') say(`Plan ${plan.id} ${stateInWords(plan)}.`)
  else await writeTo(process.stdout, endLines(plan, receipt))
  process.exitCode = exitCodeOf(plan)
}

async function receiptOf(client: ReeveClient, { data }: Plan): Promise<Receipt | undefined> {
  const { receiptId } = data
  if (receiptId === undefined || ['running', 'undoing', 'paused'].includes(data.state)) return undefined
  return await answered(client.GET('/v1/receipts/{receiptId}', { params: { path: { receiptId } } }))
}
