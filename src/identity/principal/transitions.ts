// The life of a principal as a table: what leads from which state to which. What is not in it does not happen.
import { Fault } from '#kernel'
import type { PrincipalState } from '../record/principal-record.ts'

/**
 * `discovered → registered → active ⇄ quarantined → retired`. `restore` goes back to the state that the quarantine
 * came from, `unmerge` to the one that the record had before it was joined: these ends are in the record.
 */
export const TRANSITIONS = {
  register: { discovered: 'registered' },
  activate: { registered: 'active' },
  quarantine: { discovered: 'quarantined', registered: 'quarantined', active: 'quarantined' },
  restore: { quarantined: 'active' },
  // quarantine comes before retirement, so that what breaks is seen while it can be put back
  retire: { quarantined: 'retired' },
  // what its sources no longer have, or an emergency
  retire_at_once: { discovered: 'retired', registered: 'retired', active: 'retired', quarantined: 'retired' },
  merge: { discovered: 'retired', registered: 'retired', active: 'retired', quarantined: 'retired' },
  unmerge: { retired: 'registered' },
} as const satisfies Record<string, Partial<Record<PrincipalState, PrincipalState>>>

export type Transition = keyof typeof TRANSITIONS

/** What may be done with a principal in this state, for `allowedActions`. `unmerge` is the match's to allow. */
export function transitionsFrom(state: PrincipalState): Transition[] {
  return (Object.keys(TRANSITIONS) as Transition[]).filter((name) => name !== 'unmerge' && endOf(name, state))
}

/** The state that `transition` leads to. Throws Fault('conflict') that says what is possible instead. */
export function stateAfter(state: PrincipalState, transition: Transition): PrincipalState {
  const end = endOf(transition, state)
  if (end !== undefined) return end
  if (state === 'retired') throw new Fault('conflict', 'it is retired, which is final: register a new principal')
  const possible = transitionsFrom(state).map((name) => name.replaceAll('_', ' '))
  throw new Fault('conflict', `it is ${state}: from there one can ${possible.join(', ')}`)
}

function endOf(transition: Transition, state: PrincipalState): PrincipalState | undefined {
  const row: Partial<Record<PrincipalState, PrincipalState>> = TRANSITIONS[transition]
  return row[state]
}
