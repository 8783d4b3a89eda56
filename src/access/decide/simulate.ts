// Replay: which decisions would come out otherwise, were one thing different. Pure to whoever asks: the state is as it was
// when this returns.
import type { Json } from '#kernel'
import { decide } from './decide.ts'
import type { DecisionState, Supposition } from './decision-state.ts'
import type { Question } from './question.ts'
import type { Reason } from './reason.ts'
import { resourceOf } from './resource-name.ts'

/** Something that was asked, or may be. */
export interface SimulatedTuple {
  readonly principalId: string
  /** Who acts for it, outermost last. */
  readonly actorIds?: readonly string[]
  readonly action: string
  /** A whole name, as grants and policies spell it. */
  readonly resource: string
  readonly context?: { readonly [key: string]: Json }
  /** Milliseconds since 1970; grants count as they stood then. The present without it. */
  readonly at?: number
  /** How often it was asked. */
  readonly count?: number
}

export interface Flip {
  readonly tuple: SimulatedTuple
  readonly before: { readonly allowed: boolean; readonly reason: Reason }
  readonly after: { readonly allowed: boolean; readonly reason: Reason }
}

interface Replay {
  /** In the order of the tuples: those that are allowed in the one case and denied in the other. */
  readonly flips: readonly Flip[]
  readonly replayed: number
}

/**
 * Both answers are of now's identities; only what is supposed differs. `now` (milliseconds since 1970) is also how fresh
 * the state is taken to be, so that a replay never fails for its age.
 */
export function simulate(
  state: DecisionState,
  supposed: Supposition,
  tuples: readonly SimulatedTuple[],
  now: number,
): Replay {
  const answers = (): Flip['before'][] =>
    tuples.map((tuple) => {
      const { allowed, reason } = decide(state, questionOf(tuple), tuple.at ?? now)
      return { allowed, reason }
    })
  const { knownAt, silentMs } = state
  state.knownAt = Math.max(knownAt, now)
  state.silentMs = () => 0
  try {
    const before = answers()
    const after = state.suppose(supposed, answers)
    return { flips: tuples.flatMap((tuple, at) => flipOf(tuple, before[at], after[at])), replayed: tuples.length }
  } finally {
    state.knownAt = knownAt
    state.silentMs = silentMs
  }
}

function flipOf(tuple: SimulatedTuple, before?: Flip['before'], after?: Flip['after']): Flip[] {
  if (before === undefined || after === undefined || before.allowed === after.allowed) return []
  return [{ tuple, before, after }]
}

const questionOf = ({ principalId, actorIds, action, resource, context }: SimulatedTuple): Question => ({
  subject: { type: 'principal', id: principalId },
  action: { name: action },
  resource: resourceOf(resource),
  ...(context !== undefined && { context }),
  ...(actorIds !== undefined && { actors: actorIds.map((id) => ({ type: 'principal', id })) }),
})
