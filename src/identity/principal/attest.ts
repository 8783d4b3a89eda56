// "Still needed, because": the word of whoever answers for it, and when to ask again.
import type { Act, Instant } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import type { PrivilegeTier } from '../record/principal-record.ts'
import { daysAfter, futureOf, textOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'

/** Days until the next review: where nobody says another day, and at most. `setNextReview` may say a later one. What is not known is asked after as what is medium. */
export const REVIEW_DAYS: Readonly<Record<PrivilegeTier, number>> = {
  admin: 90,
  high: 90,
  medium: 180,
  unknown: 180,
  low: 365,
  none: 365,
}

export async function attestPrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly because: string; readonly nextReviewAt?: Instant },
): Promise<CurrentPrincipal> {
  const because = textOf('reason', input.because)
  return await changePrincipal(identity, act, input, ({ data }) => {
    const nextReviewAt =
      input.nextReviewAt === undefined
        ? daysAfter(act.at, REVIEW_DAYS[data.tier.value])
        : futureOf('nextReviewAt', input.nextReviewAt, act.at, REVIEW_DAYS[data.tier.value])
    return {
      patch: (record) => ({
        ...record,
        nextReviewAt,
        attestation: { by: act.actor.id, at: act.at, because },
      }),
      words: { type: 'principal.attested', content: { nextReviewAt }, reason: because },
    }
  })
}
