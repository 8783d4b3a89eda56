// Ending a grant: what takes a right away is one act, by whoever sees the grant.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { administer } from '../role/administration.ts'
import type { AccessLayer } from '../observe/records.ts'
import type { Fulfilment } from './records.ts'
import { lockGrant, moveGrant } from './write-grants.ts'
import type { CurrentGrant } from './write-grants.ts'

export interface GrantToEnd {
  readonly id: string
  readonly because: string
}

/**
 * Over from now on, whatever its window: every decision denies at once. Where it has begun at a target it is `ending` until
 * that was seen to refuse it; one that is `unproven` is tried again. Ending what is over throws Fault('conflict').
 */
export async function endGrant(access: AccessLayer, act: Act, { id, because }: GrantToEnd): Promise<CurrentGrant> {
  return await administer(access, act, async (tx) => {
    const current = await lockGrant(tx, id)
    const { state, ended } = current.data
    if (state === 'ended' || state === 'ending') throw new Fault('conflict', `it was ended on ${ended?.at ?? act.at}`)
    return await endIn(tx, act, current, because)
  })
}

/** Of a grant that was read under lock. What it was first ended by stays. */
export async function endIn(tx: Tx, act: Act, current: CurrentGrant, because: string): Promise<CurrentGrant> {
  // nothing of it is at any target
  const atOnce = current.data.fulfilment === undefined || current.data.state === 'approved'
  const words = { type: atOnce ? 'grant.ended' : 'grant.ending', reason: because }
  return await moveGrant(tx, act, current, words, ({ fulfilment, ...data }) => ({
    ...data,
    ended: data.ended ?? { at: act.at, by: act.actor.id, because },
    state: atOnce ? 'ended' : 'ending',
    ...(fulfilment !== undefined && { fulfilment: { ...begunAs(fulfilment), ...(!atOnce && { nextAt: act.at }) } }),
  }))
}

const begunAs = ({ by, decisionId }: Fulfilment): Fulfilment => ({
  by,
  attempts: 0,
  ...(decisionId !== undefined && { decisionId }),
})
