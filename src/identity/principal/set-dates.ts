// When a principal ends, and when somebody looks at it next.
import { Fault } from '#kernel'
import type { Act, Instant } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { daysAfter, futureOf } from './limits.ts'
import { changePrincipal } from './patch-principal.ts'
import type { Backdated, CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { stating } from './set-facts.ts'
import { without } from './without.ts'

/** An end or a review further away than this is none. */
export const END_DAYS_MAX = 3653
const REVIEW_DAYS_MAX = 731

/** An expiry that has passed is only taken as a correction: with `validFrom`, since when it should have stood there. */
export async function setExpiry(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & { readonly expiresAt: Instant | null },
): Promise<CurrentPrincipal> {
  const { expiresAt, validFrom } = input
  if (expiresAt !== null && expiresAt <= act.at && (validFrom === undefined || validFrom >= act.at)) {
    throw new Fault('unprocessable', '`expiresAt` has passed: to correct what was recorded, say `validFrom` too')
  }
  if (expiresAt !== null && expiresAt > daysAfter(act.at, END_DAYS_MAX)) {
    throw new Fault('unprocessable', `\`expiresAt\` may lie ${END_DAYS_MAX} days ahead at most`)
  }
  return await changePrincipal(identity, act, input, () => ({
    patch: (record) =>
      stating(expiresAt === null ? without(record, 'expiresAt') : { ...record, expiresAt }, 'expiresAt'),
    words: { type: 'principal.expiry_set', content: { expiresAt } },
  }))
}

export async function setNextReview(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly nextReviewAt: Instant | null },
): Promise<CurrentPrincipal> {
  const { nextReviewAt } = input
  if (nextReviewAt !== null) futureOf('nextReviewAt', nextReviewAt, act.at, REVIEW_DAYS_MAX)
  return await changePrincipal(identity, act, input, () => ({
    patch: (record): PrincipalRecord =>
      nextReviewAt === null ? without(record, 'nextReviewAt') : { ...record, nextReviewAt },
    words: { type: 'principal.review_set', content: { nextReviewAt } },
  }))
}
