// The first and the last step: the offered credential is used for a real login, before anything is changed and after.
// INVARIANT: `verified` after means that the address and every entrance refused it, as the server itself or a pooler says.
import type { Json } from '#kernel'
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { PlaceAnswer, ProbeAnswer } from './probe-answer.ts'
import { isObject } from './held-mark.ts'
import { probe } from './probe.ts'
import { placesOf, roleOf } from './role.ts'
import { spelled } from './target-error.ts'

const BEFORE = 'try_credential_before'
/** Under which PgBouncer puts all that it says. */
const POOLERS_OWN = '08P01'

/** Whether the same prober had seen it accepted before anything was changed. */
type AcceptedBefore = boolean | 'not asked'

export const tryCredentialBefore: TargetStep = {
  name: BEFORE,
  title: 'is the credential accepted now',
  asksOnly: true,
  // the first to look: from here on the plan is about the role with this oid
  look: async (call) => {
    const role = await asAdministrator(call, { for: 'asking' }, (administrator) =>
      roleOf(administrator, call.subject.account),
    )
    return { ...(await look(call)), before: { oid: role?.oid ?? null } }
  },
  act: async () => undefined,
  verify: async (call) => {
    const { credential } = call
    if (credential === undefined)
      return {
        effect: 'verified',
        answer: 'not asked: no credential was offered',
        facts: { acceptedBefore: 'not asked' },
      }
    const answer = await probe(call, { user: call.subject.account, credential })
    const accepted = answer.places.some(({ outcome, unasked }) => outcome === 'accepted' && unasked !== true)
    const answers = summary(answer.places)
    return {
      effect: 'verified',
      answer: accepted ? answers : `the credential was not seen accepted before: ${answers}`,
      facts: { acceptedBefore: accepted, ...factsOf(answer) },
    }
  },
}

export const tryCredentialAfter: TargetStep = {
  name: 'try_credential_after',
  title: 'is the credential refused',
  asksOnly: true,
  look,
  act: async () => undefined,
  verify: async (call) => {
    const acceptedBefore = acceptedIn(call.earlier[BEFORE])
    const { credential } = call
    if (credential === undefined)
      return {
        effect: 'unproven',
        reason: 'changed, not probed: no credential was offered',
        next: 'offer the credential (--secret-file), and it is tried',
        facts: { acceptedBefore },
      }
    const answer = await probe(call, { user: call.subject.account, credential })
    return judged(call, answer, { acceptedBefore, ...factsOf(answer) })
  },
}

async function look(call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { credential, subject } = call
  const places = placesOf(call).map((place) => `a login as ${subject.account} at ${spelled(place)}`)
  const touches = credential === undefined ? ['nothing: no credential was offered'] : places
  return { already: false, statements: [], touches, before: null }
}

function judged(call: StepCall, answer: ProbeAnswer, facts: Json): StepVerdict {
  const accepted = answer.places.filter(({ outcome }) => outcome === 'accepted')
  const open = answer.places.filter(({ outcome }) => outcome === 'unproven')
  if (accepted.length > 0) {
    const unasked = accepted.some((place) => place.unasked === true)
    return {
      effect: 'unproven',
      reason: `still let in: ${summary(accepted)}`,
      next: unasked
        ? 'a line of pg_hba.conf or a pooler asks for no password: remove it, reload, then run the plan again'
        : 'change the password there too, or close that entrance, then run the plan again',
      facts,
    }
  }
  if (open.length > 0)
    return {
      effect: 'unproven',
      reason: `not seen refused: ${summary(open)}`,
      next: open.some(({ sqlstate }) => sqlstate === POOLERS_OWN)
        ? 'take the role out of the list of the pooler (or what `auth_query` answers) and reload it: as long as it takes the password it may let in, under another name of a database as somebody else; then run the plan again'
        : open.some(({ inClear }) => inClear === true)
          ? 'let it ask by scram-sha-256; where it cannot, and you trust it, let the prober answer (`probeInClear` of the target), then make the plan again'
          : 'see that the prober gets an answer there, then run the plan again',
      facts,
    }
  const goingOn = placesIn(call.earlier[BEFORE]).filter(({ as }) => as !== undefined)
  if (goingOn.length > 0)
    return {
      effect: 'unproven',
      reason: `refused now, but sessions that began before may go on as somebody else: ${goingOn.map(({ place, as }) => `${place} signed in as ${as}`).join('; ')}`,
      next: 'restart that pooler, or end its clients there, since PostgreSQL tells theirs from no others; then make the plan anew',
      facts,
    }
  // the role is shut to any password; that one is refused says something of the right one only
  const byPassword = answer.places.filter(({ refusedFor }) => refusedFor !== 'role')
  const isItsPassword = [...answer.places, ...placesIn(call.earlier[BEFORE])].some(({ passed }) => passed === true)
  if (byPassword.length === 0 || isItsPassword) return { effect: 'verified', answer: summary(answer.places), facts }
  return {
    effect: 'unproven',
    reason: `${call.subject.account} was held, but this was never seen to be its password, so that it is refused proves nothing: ${summary(byPassword)}`,
    next: 'find whose it is: another account, or the file holds more than the value; where it was changed already, that ended it',
    facts,
  }
}

function acceptedIn(verdict: StepVerdict | undefined): AcceptedBefore {
  const facts = verdict !== undefined && verdict.effect !== 'failed' ? verdict.facts : undefined
  if (typeof facts !== 'object' || facts === null || !('acceptedBefore' in facts)) return 'not asked'
  return facts.acceptedBefore === 'not asked' ? 'not asked' : facts.acceptedBefore === true
}

/** What each place had answered, of a step before. */
function placesIn(verdict: StepVerdict | undefined): readonly Partial<PlaceAnswer>[] {
  const facts = verdict !== undefined && verdict.effect !== 'failed' ? verdict.facts : undefined
  const places = isObject(facts) ? facts['places'] : undefined
  return Array.isArray(places) ? places.filter(isObject) : []
}

/** `127.0.0.1:5432 refused (28000): role "app" is not permitted to log in`. */
function summary(places: readonly PlaceAnswer[]): string {
  return places
    .map(({ place, outcome, sqlstate, answer, unasked }) => {
      const code = sqlstate === undefined ? '' : ` (${sqlstate})`
      return `${place} ${outcome}${code}: ${answer}${unasked === true ? ', no password was asked for' : ''}`
    })
    .join('; ')
}

/** Place and time of the prober, and what each place answered, for the receipt. */
function factsOf({ prober, places }: ProbeAnswer): { readonly prober: string; readonly places: Json } {
  return { prober, places: places.map((place) => ({ ...place })) }
}
