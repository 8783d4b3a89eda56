// `registered → active`: only with an owner who accepted, a purpose, an end or a review, and more from tier high.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import { isOfFeed } from '../record/of-feed.ts'
import { changePrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { stateAfter } from './transitions.ts'

/** Throws Fault('conflict') that names everything that is missing; a recorded exception lets it be missing for a time. */
export async function activatePrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal,
): Promise<CurrentPrincipal> {
  return await changePrincipal(identity, act, input, ({ data }) => {
    if (isOfFeed(data)) throw new Fault('conflict', 'it is a person of a feed: it is active while the feed has them')
    const state = stateAfter(data.state, 'activate')
    refuseEnded(data, act)
    return {
      patch: (record) => ({ ...record, state }),
      words: {
        type: 'principal.activated',
        ...(data.exception === undefined ? {} : { content: { exceptionUntil: data.exception.until } }),
      },
    }
  })
}

/** What has expired, or an exception that has, keeps nothing active. */
export function refuseEnded(data: CurrentPrincipal['data'], act: Act): void {
  if (data.expiresAt !== undefined && data.expiresAt <= act.at) {
    throw new Fault('conflict', `it expired at ${data.expiresAt}: set a later expiry first`)
  }
  if (data.exception !== undefined && data.exception.until <= act.at) {
    throw new Fault('conflict', `its exception ended at ${data.exception.until}: end it, or record a new one, first`)
  }
}
