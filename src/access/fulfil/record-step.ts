// What is written of each step of a grant at its target.
import { msAfter, newId, REEVE } from '#kernel'
import type { Instant } from '#kernel'
import type { EntryWords, RecordChange } from '#evidence/port'
import type { Fulfilment, GrantRecord, GrantState } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'

export interface StepTaken {
  readonly type: string
  readonly content?: EntryWords['content']
  readonly reason?: string
  readonly state: GrantState
  readonly ended?: string
  readonly fulfilment: Partial<Fulfilment>
}

/** Five times in all, each after twice the time. */
const ATTEMPTS_MAX = 5
const FIRST_DELAY_MS = 1000
/** What could not be proven is tried again, more and more seldom. */
const UNPROVEN_DELAY_MS = 60 * 60_000
const DELAY_DOUBLINGS_MAX = 5
const LEFT_MAX = 100

/** One version more of a grant that was read under lock. */
export function changeOf(current: CurrentGrant, taken: StepTaken, at: Instant): RecordChange<GrantRecord> {
  const { type, content, reason, state, ended, fulfilment } = taken
  const { principalId, requestId } = current.data
  return {
    current,
    patch: (data) => ({
      ...data,
      state,
      ...(ended !== undefined && { ended: data.ended ?? { at, by: REEVE, because: ended } }),
      fulfilment: renewed(data, state, fulfilment),
    }),
    words: {
      type,
      about: [principalId, requestId],
      follows: [requestId],
      ...(content !== undefined && { content }),
      ...(reason !== undefined && { reason }),
    },
  }
}

/** Attempts and what the last one met are of the present step; a new one begins without. */
function renewed(data: GrantRecord, state: GrantState, fulfilment: Partial<Fulfilment>): Fulfilment {
  const { by = '', decisionId, attempts = 0, reason, answer, fence, left } = data.fulfilment ?? {}
  const same = state === data.state
  return {
    by,
    ...(decisionId !== undefined && { decisionId }),
    attempts: same ? attempts : 0,
    ...(same && reason !== undefined && { reason }),
    ...(answer !== undefined && { answer }),
    ...(fence !== undefined && { fence }),
    ...(left !== undefined && { left }),
    ...fulfilment,
  }
}

export const beginning = (at: Instant): StepTaken => {
  const decisionId = newId('decision')
  return {
    type: 'grant.provisioning',
    content: { decision: decisionId },
    state: 'provisioning',
    fulfilment: { decisionId, nextAt: at },
  }
}

/** It never began: nothing of it is at the target. */
export const neverBegan = (because: string): StepTaken => ({
  type: 'grant.ended',
  reason: because,
  state: 'ended',
  ended: because,
  fulfilment: {},
})

export const active = ({ version, data: { until } }: CurrentGrant, answer: string | undefined): StepTaken => ({
  type: 'grant.activated',
  state: 'active',
  fulfilment: {
    fence: version,
    ...(until !== undefined && { nextAt: until }),
    ...(answer !== undefined && { answer }),
  },
})

export const endingNow = (at: Instant, because: string): StepTaken => ({
  type: 'grant.ending',
  reason: because,
  state: 'ending',
  ended: because,
  fulfilment: { nextAt: at },
})

export const seenEnded = (at: Instant, answer: string, left: readonly string[] | undefined): StepTaken => ({
  type: 'grant.ended',
  content: { answer, ...(left !== undefined && { left: [...left] }) },
  state: 'ended',
  fulfilment: { verifiedAt: at, answer, ...(left !== undefined && { left }) },
})

/** What one attempt saw of it is gone from the target by the next: all of them together. */
export function leftSoFar({ data }: CurrentGrant, seen: readonly string[] | undefined): readonly string[] | undefined {
  const before = data.fulfilment?.left
  return seen === undefined ? before : [...new Set([...(before ?? []), ...seen])].slice(0, LEFT_MAX)
}

export const withLeft = (taken: StepTaken, left: readonly string[] | undefined): StepTaken =>
  left === undefined ? taken : { ...taken, fulfilment: { ...taken.fulfilment, left } }

export const mayTryAgain = ({ data }: CurrentGrant): boolean => (data.fulfilment?.attempts ?? 0) + 1 < ATTEMPTS_MAX

/** It stays where it is, until the next attempt. */
export function failedAttempt({ data }: CurrentGrant, at: Instant, reason: string): StepTaken {
  const attempts = (data.fulfilment?.attempts ?? 0) + 1
  const first = data.state === 'unproven' ? UNPROVEN_DELAY_MS : FIRST_DELAY_MS
  const nextAt = msAfter(at, first * 2 ** Math.min(attempts - 1, DELAY_DOUBLINGS_MAX))
  return {
    type: 'grant.attempt_failed',
    content: { step: data.state, attempt: attempts },
    reason,
    state: data.state,
    fulfilment: { attempts, reason, nextAt },
  }
}

export const unproven = (at: Instant, reason: string): StepTaken => ({
  type: 'grant.unproven',
  reason,
  state: 'unproven',
  fulfilment: { reason, nextAt: msAfter(at, UNPROVEN_DELAY_MS) },
})
