// Whether a grant is seen to be over: its role is not there, no session is left, and the server refuses a real login by its name.
import { randomBytes } from 'node:crypto'
import type { TargetCall, TimedRight, TimedSeen } from '#connectors/target'
import { asAdministrator, tlsFor } from './administrator.ts'
import { relayed } from './probe-answer.ts'
import { placesOf, roleOf } from './role.ts'
import { sessionsOf } from './sessions.ts'
import { timedRoleName } from './timed-role.ts'
import { tried } from './try-login.ts'

const PLACE_MS = 5000

/** The password is of this moment: there is no true one that could be tried, since nobody kept it. */
export async function seeTimed(call: TargetCall, right: TimedRight): Promise<TimedSeen> {
  const user = timedRoleName(right)
  const there = await asAdministrator(call, { for: 'asking' }, async (one) => ({
    role: await roleOf(one, user),
    sessions: await sessionsOf(one, user),
  }))
  if (there.role !== undefined) return { effect: 'unproven', reason: `pg_roles still has ${user}` }
  if (there.sessions.length > 0) return { effect: 'unproven', reason: `a session of ${user} is still open` }
  const tls = await tlsFor(call.settings, call.secretOf)
  const job = {
    places: placesOf(call),
    user,
    secret: randomBytes(32).toString('base64url'),
    database: call.settings.database,
    milliseconds: PLACE_MS,
    // of this moment, and good for nothing
    inClear: true,
    ...(tls !== false && { ca: tls.ca }),
  }
  const answers = relayed(await Promise.all(job.places.map(async (place) => await tried(place, job))))
  const words = answers
    .map(({ place, outcome, sqlstate = 'no SQLSTATE', answer }) => `${place} ${outcome} (${sqlstate}): ${answer}`)
    .join('; ')
  return answers.every(({ outcome }) => outcome === 'refused')
    ? { effect: 'verified', answer: words }
    : { effect: 'unproven', reason: words }
}
