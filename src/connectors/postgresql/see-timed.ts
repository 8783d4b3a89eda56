// Whether a grant is seen to be over: its role is not there, no session is left, and the server refuses a real login by its name.
import { randomBytes } from 'node:crypto'
import type { TargetCall, TimedRight, TimedSeen } from '#connectors/target'
import { applicationName, tlsFor } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { stillBeginning } from './beginning.ts'
import { relayed } from './probe-answer.ts'
import { inParts, OneSession } from './one-session.ts'
import { placesOf } from './role.ts'
import { askEach, isInRecovery, ITSELF_A_STANDBY, standbysIn, streamingFrom, untilNone } from './standbys.ts'
import { madeAs, timedRoleName } from './timed-role.ts'
import { tried } from './try-login.ts'

const PLACE_MS = 5000
/** Logins that are tried at the same moment. */
const LOGINS_AT_ONCE = 16

const together = new OneSession<string, ReadonlyMap<string, TimedSeen>>(seeAll)

export async function seeTimed(call: TargetCall, right: TimedRight): Promise<TimedSeen> {
  const user = timedRoleName(right)
  const seen = (await together.join(call, user)).get(user)
  return seen ?? { effect: 'unproven', reason: `${user} was not looked at` }
}

async function seeAll(call: TargetCall, users: readonly string[]): Promise<ReadonlyMap<string, TimedSeen>> {
  const seen = new Map<string, TimedSeen>()
  const { left, notAsked } = await leftOf(call, users)
  for (const [user, reason] of left) seen.set(user, { effect: 'unproven', reason })
  const tls = await tlsFor(call.settings, call.secretOf)
  const gone = users.filter((user) => !seen.has(user))
  const words = notAsked > 0 ? `; not asked: standbys that stream from it and are not named (${notAsked})` : ''
  for (const part of inParts(gone, LOGINS_AT_ONCE))
    await Promise.all(
      part.map(async (user) => {
        const answer = await refusedLogin(call, user, tls)
        seen.set(user, answer.effect === 'verified' ? { ...answer, answer: `${answer.answer}${words}` } : answer)
      }),
    )
  return seen
}

interface Left {
  /** By role, what of it is there, or may be. */
  readonly left: ReadonlyMap<string, string>
  /** Standbys beside those that the settings name: what is open there nobody sees. */
  readonly notAsked: number
}

/** At the server, and at each standby that it names. */
async function leftOf(call: TargetCall, users: readonly string[]): Promise<Left> {
  const { answers, unasked } = await askEach(call, async (server) => ({
    ...(await leftAt(server, call, users)),
    streaming: (await streamingFrom(server)).length,
  }))
  const left = new Map<string, string>()
  for (const { at, why } of unasked) for (const name of users) left.set(name, `sessions at the standby ${at}: ${why}`)
  for (const { at, answer } of answers)
    if (at === undefined && answer.isStandby) for (const name of users) left.set(name, ITSELF_A_STANDBY)
  for (const { at, answer } of answers)
    for (const [name, what] of answer.left) left.set(name, at === undefined ? what : `at the standby ${at} ${what}`)
  const streaming = answers.reduce((sum, { answer }) => sum + answer.streaming, 0)
  return { left, notAsked: Math.max(0, streaming - standbysIn(call).length) }
}

async function leftAt(
  server: Administrator,
  call: TargetCall,
  users: readonly string[],
): Promise<{ readonly isStandby: boolean; readonly left: [string, string][] }> {
  const isStandby = await isInRecovery(server)
  if (isStandby) await untilNone(server, call, 'select from pg_roles where rolname = any($1)', users)
  // before the others are looked for: who has begun stands among them then
  const beginning = await stillBeginning(server, call.signal)
  const sessions = await server.rows<{ name: string }>(
    'select distinct usename as name from pg_stat_activity where usename = any($1)',
    [users],
  )
  const roles = await server.rows<{ name: string; now: string }>(
    `select coalesce(m.made, r.rolname) as name, r.rolname as now
     from pg_roles r cross join lateral (select ${madeAs("shobj_description(r.oid, 'pg_authid')")} as made) m
     where r.rolname = any($1) or m.made = any($1)`,
    [users],
  )
  const nameless = await server.rows<{ pid: number }>(
    'select pid from pg_stat_activity where usesysid is not null and usename is null order by pid limit 10',
  )
  const ofNobody = [
    ...nameless.map(({ pid }) => `a session of a role that is gone is still open: process ${pid}`),
    ...beginning.slice(0, 10).map((pid) => `process ${pid} has begun to sign in, and not said as whom`),
  ].join('; ')
  const left: [string, string][] = [
    ...(ofNobody === '' ? [] : users).map((name): [string, string] => [name, ofNobody]),
    ...sessions.map(({ name }): [string, string] => [name, `a session of ${name} is still open`]),
    ...roles.map(({ name, now }): [string, string] => [
      name,
      now === name ? `pg_roles still has ${name}` : `it is there under another name, ${now}: somebody renamed it`,
    ]),
  ]
  return { isStandby, left }
}

/** The password is of this moment: there is no true one that could be tried, since nobody kept it. */
async function refusedLogin(
  call: TargetCall,
  user: string,
  tls: Awaited<ReturnType<typeof tlsFor>>,
): Promise<TimedSeen> {
  const job = {
    places: placesOf(call),
    user,
    secret: randomBytes(32).toString('base64url'),
    database: call.settings.database,
    milliseconds: PLACE_MS,
    application: applicationName(undefined, 'reeve probe'),
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
