// Quarantine and restore, as states of the record. What the target says of it is another field, `effect`.
import type { Act } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { activationGaps, backTo } from './activation.ts'
import { refuseEnded } from './activate.ts'
import { textOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { stateAfter } from './transitions.ts'
import { without } from './without.ts'

export async function quarantinePrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly reason: string },
): Promise<CurrentPrincipal> {
  const reason = textOf('reason', input.reason)
  return await changePrincipal(identity, act, input, ({ data }) => ({
    patch: quarantined(data, act, reason),
    words: { type: 'principal.quarantined', content: { from: data.state }, reason },
  }))
}

/** The patch alone, for triggers that quarantine many. Throws Fault('conflict') where the state does not allow it. */
export function quarantined(
  data: PrincipalRecord,
  act: Act,
  reason: string,
): (record: PrincipalRecord) => PrincipalRecord {
  const state = stateAfter(data.state, 'quarantine')
  const from = data.state === 'discovered' || data.state === 'registered' ? data.state : 'active'
  const quarantine: PrincipalRecord['quarantine'] = { by: act.actor.id, at: act.at, reason, from }
  return (record) => ({ ...record, state, quarantine, effect: 'not_applied' })
}

/**
 * Back to the state that the quarantine came from. Throws Fault('conflict') where that was `active` and the rules do
 * not allow it now. What the target was told meanwhile is not undone here.
 */
export async function restorePrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly reason: string },
): Promise<CurrentPrincipal> {
  const reason = textOf('reason', input.reason)
  return await changePrincipal(identity, act, input, ({ data }) => {
    const active = stateAfter(data.state, 'restore')
    const state = backTo(data, data.quarantine?.from ?? active)
    if (state === 'active') refuseEnded(data, act)
    return {
      patch: (record) => ({ ...without(record, 'quarantine'), state, effect: 'not_applied' }),
      words: { type: 'principal.restored', content: { to: state, gaps: activationGaps(data) }, reason },
    }
  })
}
