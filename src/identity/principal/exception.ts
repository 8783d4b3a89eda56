// An exception: the rules of `active` do not hold for this principal until a day, because somebody said why.
import { Fault } from '#kernel'
import type { Act, Instant } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import { activationGaps } from './activation.ts'
import { futureOf, textOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { without } from './without.ts'

const EXCEPTION_DAYS_MAX = 366

/** It excuses what is missing now, and nothing else. A later one takes the place of an earlier one. */
export async function recordException(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly reason: string; readonly until: Instant },
): Promise<CurrentPrincipal> {
  const reason = textOf('reason', input.reason)
  const until = futureOf('until', input.until, act.at, EXCEPTION_DAYS_MAX)
  return await changePrincipal(identity, act, input, ({ data }) => {
    const gaps = activationGaps(data)
    if (gaps.length === 0) throw new Fault('conflict', 'it lacks nothing that an exception could excuse')
    return {
      patch: (record) => ({ ...record, exception: { reason, until, by: act.actor.id, cause: 'stated', gaps } }),
      words: { type: 'principal.exception_recorded', content: { until, gaps }, reason },
    }
  })
}

/** Throws Fault('conflict') where it is active and would not be by the rules. */
export async function endException(identity: IdentityLayer, act: Act, input: OfPrincipal): Promise<CurrentPrincipal> {
  return await changePrincipal(identity, act, input, ({ data }) => {
    if (data.exception === undefined) throw new Fault('conflict', 'no exception is recorded for it')
    return {
      patch: (record) => without(record, 'exception'),
      words: { type: 'principal.exception_ended', content: { until: data.exception.until } },
    }
  })
}
