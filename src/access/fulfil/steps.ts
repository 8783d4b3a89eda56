// The life of a grant at its target as a table: a row per state, what is done in it, and what it becomes by that.
//
// INVARIANT: what a step did at the target is found again by doing it once more. So a crash between any two lines here, or
// between the target and the record of it, is healed by the next pass, whoever makes it.
import { plainWords } from '#kernel'
import type { Instant } from '#kernel'
import { wordsOf } from '../decide/index.ts'
import type { DecisionState } from '../decide/index.ts'
import type { GrantState } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import type { AtOnce } from './at-once.ts'
import { callTarget } from './call-target.ts'
import { mayBegin, trustDenial, UNDECIDED } from './may-begin.ts'
import type { GrantFulfiller } from './port.ts'
import * as record from './record-step.ts'
import type { StepWriter } from './write-steps.ts'

export interface Fulfilling {
  readonly access: AccessLayer
  /** What decisions are made from, as it is now. */
  readonly state: () => DecisionState
  readonly signal: AbortSignal
  /** One has become unproven: somebody has to be told. */
  readonly onUnproven?: () => void
}

/** What one pass has in common. */
export interface Pass extends Fulfilling {
  readonly steps: StepWriter
  /** Each target answers so many at once; nothing that has to end waits for what is looked at. */
  readonly turnsOf: (target: GrantFulfiller, what: 'acting' | 'looking') => AtOnce
}

/** Answers the grant as it is after the step where there is another step at once. */
type Step = (work: Pass, grant: CurrentGrant, target: GrantFulfiller) => Promise<CurrentGrant | undefined>

const STEPS: Readonly<Record<GrantState, Step | undefined>> = {
  approved: begin,
  provisioning: activate,
  active: stay,
  ending: endAtTarget,
  unproven: endAtTarget,
  ended: undefined,
}

/** Goes on until there is nothing to do just now. Answers whether there was a step that is followed by another. */
export async function carry(work: Pass, grant: CurrentGrant, target: GrantFulfiller): Promise<boolean> {
  let moved = false
  for (let at: CurrentGrant | undefined = grant; at !== undefined && !work.signal.aborted;) {
    at = await STEPS[at.data.state]?.(work, at, target)
    moved ||= at !== undefined
  }
  return moved
}

async function begin(work: Pass, grant: CurrentGrant): Promise<CurrentGrant | undefined> {
  const { access } = work
  const at = access.clock()
  if (isOver(grant, at)) return await work.steps.write(grant, record.neverBegan('its time was over before it began'))
  const denial = mayBegin(work.state(), grant.data, Date.parse(at))
  if (denial === undefined) return await work.steps.write(grant, record.beginning(at))
  if (UNDECIDED.has(denial)) return undefined
  return await work.steps.write(grant, record.neverBegan(`${denial}: ${wordsOf(denial)}`))
}

async function activate(work: Pass, grant: CurrentGrant, target: GrantFulfiller): Promise<CurrentGrant | undefined> {
  const { access, signal } = work
  const why = mustEnd(work, grant) ?? policyAgainst(work, grant)
  if (why !== undefined) return await work.steps.write(grant, record.endingNow(access.clock(), why))
  const answer = await work
    .turnsOf(target, 'acting')
    .run(async () => await callTarget(target, 'activate', grant, signal))
  // it is not known what became of it: whoever goes on finds out
  if (signal.aborted) return undefined
  if ('done' in answer && answer.done) {
    const said = answer.answer === undefined ? undefined : plainWords(answer.answer)
    return await work.steps.write(grant, record.active(grant, said))
  }
  const reason = plainWords('failed' in answer ? answer.failed : answer.reason)
  const again = !('lasting' in answer && answer.lasting) && record.mayTryAgain(grant)
  if (again) await work.steps.write(grant, record.failedAttempt(grant, access.clock(), reason))
  // what was begun is taken away: nobody knows how far it came
  else return await work.steps.write(grant, record.endingNow(access.clock(), `it could not be given: ${reason}`))
  return undefined
}

async function stay(work: Pass, grant: CurrentGrant): Promise<CurrentGrant | undefined> {
  const why = mustEnd(work, grant)
  if (why === undefined) return undefined
  return await work.steps.write(grant, record.endingNow(work.access.clock(), why))
}

async function endAtTarget(work: Pass, grant: CurrentGrant, target: GrantFulfiller): Promise<undefined> {
  const { access, signal } = work
  const ended = await work.turnsOf(target, 'acting').run(async () => await callTarget(target, 'end', grant, signal))
  // tried whatever the target said to its end: its own refusal of the right is what counts
  const seen = await work.turnsOf(target, 'looking').run(async () => await callTarget(target, 'verify', grant, signal))
  // it is not known what became of it: whoever goes on finds out
  if (signal.aborted) return
  const at = access.clock()
  const left = record.leftSoFar(grant, 'failed' in ended ? undefined : ended.left?.map(plainWords))
  const notDone = 'failed' in ended ? ended.failed : ended.done ? undefined : ended.reason
  if (notDone === undefined && 'effect' in seen && seen.effect === 'verified') {
    await work.steps.write(grant, record.seenEnded(at, plainWords(seen.answer), left))
    return
  }
  const notSeen = 'failed' in seen ? seen.failed : seen.effect === 'unproven' ? seen.reason : undefined
  const reason = plainWords([notDone, notSeen].filter((part) => part !== undefined).join('; '))
  const next =
    grant.data.state === 'unproven' || record.mayTryAgain(grant)
      ? record.failedAttempt(grant, at, reason)
      : record.unproven(at, reason)
  const made = await work.steps.write(grant, record.withLeft(next, left))
  if (made?.data.state === 'unproven') work.onUnproven?.()
}

/** Why a grant that has begun may not stay: its time, or who has it. */
function mustEnd({ access, state }: Fulfilling, grant: CurrentGrant): string | undefined {
  const at = access.clock()
  if (isOver(grant, at)) return 'its time is over'
  const denial = trustDenial(state(), grant.data.principalId, Date.parse(at))
  return denial === undefined || UNDECIDED.has(denial) ? undefined : `${denial}: ${wordsOf(denial)}`
}

function policyAgainst({ access, state }: Fulfilling, { data }: CurrentGrant): string | undefined {
  const denial = mayBegin(state(), data, Date.parse(access.clock()))
  return denial === 'policy_forbids' ? `${denial}: ${wordsOf(denial)}` : undefined
}

const isOver = ({ data }: CurrentGrant, at: Instant): boolean => data.until !== undefined && data.until <= at
