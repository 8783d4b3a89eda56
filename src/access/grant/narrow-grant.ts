// Taking a part of a right away: fewer actions, fewer resources, an earlier end. PostgreSQL refuses whatever would be wider.
import { Fault } from '#kernel'
import type { Act, Instant } from '#kernel'
import { refusedBy } from '#db'
import { administer } from '../role/administration.ts'
import type { AccessLayer } from '../observe/records.ts'
import type { GrantRecord, GrantState } from './records.ts'
import { assertRight, lockGrant, moveGrant } from './write-grants.ts'
import type { CurrentGrant } from './write-grants.ts'

export interface GrantToNarrow {
  readonly id: string
  /** What is not said stays as it is. */
  readonly actions?: readonly string[]
  readonly resources?: readonly string[]
  readonly until?: Instant
  readonly because: string
}

/** It gives something now, or will. */
const NARROWED: ReadonlySet<GrantState> = new Set(['approved', 'provisioning', 'active'])

/**
 * Each action and resource has to lie within what the grant gives. Where a target has the right, the grant is out of force until
 * that has been told and has taken the rest away; where it can't, the grant ends. Throws Fault('unprocessable') for what does not
 * lie within it, for an end in the past or before its begin, and Fault('conflict') for a grant that is over.
 */
export async function narrowGrant(access: AccessLayer, act: Act, to: GrantToNarrow): Promise<CurrentGrant> {
  const wider = {
    code: 'unprocessable',
    detail: 'a grant is narrowed, never widened: ask for the right instead',
  } as const
  return await refusedBy('access_grant_narrower', wider, async () =>
    administer(access, act, async (tx) => {
      const current = await lockGrant(tx, to.id)
      const { state } = current.data
      if (!NARROWED.has(state)) throw new Fault('conflict', `it is ${state}: there is nothing to narrow`)
      const actions = [...new Set(to.actions ?? current.data.actions)].sort()
      const resources = [...new Set(to.resources ?? current.data.resources)].sort()
      const { until = current.data.until } = to
      if (to.until !== undefined && to.until <= act.at)
        throw new Fault('unprocessable', `\`until\` ${to.until} is over already: end it instead`)
      if (to.until !== undefined && to.until <= current.data.from)
        throw new Fault(
          'unprocessable',
          `\`until\` ${to.until} is before it begins (${current.data.from}): end it instead`,
        )
      assertRight({ actions, resources })
      const content = { actions, resources, ...(until !== undefined && { until }) }
      const words = { type: 'grant.narrowed', content, reason: to.because }
      return await moveGrant(tx, act, current, words, (data) => ({
        ...data,
        actions,
        resources,
        ...(until !== undefined && { until }),
        ...toldAgain(data, act.at),
      }))
    }),
  )
}

/** What its target has, or is being told of, is told once more; what is under way with more counts for nothing then. */
export function toldAgain({ state, fulfilment }: GrantRecord, at: Instant): Partial<GrantRecord> {
  if (fulfilment === undefined || state === 'approved') return {}
  return { state: 'provisioning', fulfilment: { ...fulfilment, attempts: 0, nextAt: at } }
}
