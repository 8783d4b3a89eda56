// What a server does by itself, again and again: what was to end by a day ends, tokens and their records agree, answers
// under old idempotency keys, alarms that were taken, news and decisions of long ago are forgotten.
import { expireAccessRequests, forgetChanges, pruneDecisions } from '#access/decisions'
import { endAccessOfLeavers, repairTokens } from '#access/records'
import type { Administration } from '#access/records'
import { forgetAnswers } from '#db'
import type { Database, Layer } from '#db'
import { forgetAlarms } from '#effect'
import { repeat } from '#evidence'
import type { Repeating } from '#evidence'
import { askManagers, leaveByEndDate, quarantineLapsed } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { messageOf, msAfter, REEVE } from '#kernel'
import type { Clock, Instant } from '#kernel'

const EVERY_MS = 60_000
/** End dates are days, and what they ask reads all people. */
const PEOPLE_EVERY_MS = 60 * 60 * 1000
/** A year, and what a review of it takes. */
const DECISIONS_KEPT_DAYS = 400
const ANSWERS_KEPT_MS = 24 * 60 * 60 * 1000
/** By when their transactions began, which may have lasted for hours. */
const CHANGES_KEPT_MS = 24 * 60 * 60 * 1000
const ALARMS_KEPT_MS = 30 * 24 * 60 * 60 * 1000
/** The layers whose operations are asked for under idempotency keys. */
const ANSWERING: readonly Layer[] = ['identity', 'access', 'connections', 'effect']

/** The first pass begins at once. A pass that fails is told to `say` and made again a minute later. */
export function startUpkeep(parts: {
  readonly database: Database
  readonly identity: IdentityLayer
  readonly access: Administration
  readonly clock: Clock
  readonly say: (event: string) => void
}): Repeating {
  const { database, identity, access, clock, say } = parts
  let peopleAt = Number.NEGATIVE_INFINITY
  return repeat(
    async () => {
      const now = clock()
      const { more } = await quarantineLapsed(identity, { actor: { id: REEVE }, at: now })
      if (more) return 'more'
      if (Math.abs(Date.parse(now) - peopleAt) >= PEOPLE_EVERY_MS) {
        if ((await keepPeople(identity, now, say)) === 'more') return 'more'
        peopleAt = Date.parse(now)
      }
      await endAccessOfLeavers(identity, access, { actor: { id: REEVE }, at: now })
      await repairTokens(identity, access)
      await expireAccessRequests(access, { actor: { id: REEVE }, at: now, reason: 'nobody decided it in a week' })
      if ((await pruneDecisions(access.db, { actor: { id: REEVE }, at: now }, DECISIONS_KEPT_DAYS)) === 'more')
        return 'more'
      for (const layer of ANSWERING) await forgetAnswers(database.layer(layer), msAfter(now, -ANSWERS_KEPT_MS))
      await forgetChanges(access.db, msAfter(now, -CHANGES_KEPT_MS))
      await forgetAlarms(database.layer('effect'), msAfter(now, -ALARMS_KEPT_MS))
      return 'done'
    },
    {
      everyMs: EVERY_MS,
      onFailure: (error) => {
        say(`upkeep is tried again in a minute: ${messageOf(error)}`)
      },
    },
  )
}

/** Whose last day is over leaves, and the managers of leavers are asked for what nobody was asked for yet. */
async function keepPeople(
  identity: IdentityLayer,
  at: Instant,
  say: (event: string) => void,
): Promise<'more' | 'done'> {
  const act = { actor: { id: REEVE }, at }
  const outcome = await leaveByEndDate(identity, act)
  if (outcome?.held !== undefined) {
    say(
      `the last day of ${outcome.held.leavers} people is over, more than may leave unseen: send their feed with --confirm-leavers`,
    )
  }
  if ((outcome?.remaining ?? 0) > 0) return 'more'
  await askManagers(identity, act)
  return 'done'
}
