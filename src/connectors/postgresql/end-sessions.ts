// Sessions of the role are ended until none is left. A session that became the role by SET ROLE is not seen as one of it: it
// belongs to whoever signed in, and is found as another way in.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { beginningSessions, endBeginning, stillBeginning } from './beginning.ts'
import { described, sessionsEverywhere, sessionsOf } from './sessions.ts'
import type { Everywhere } from './sessions.ts'
import { askEach, atEachStandby, standbysIn } from './standbys.ts'
import { oidIn } from './standing.ts'
import { spelled } from './target-error.ts'

const GIVEN_MS = 15_000
const PAUSE_MS = 100
/** A login that was under way when logins were denied shows up within it. */
const LATECOMERS_MS = 500
const UNSEEN = 'sessions that became the role by SET ROLE or SET SESSION AUTHORIZATION stand under who signed in'

/** Not by their numbers: between look and act others come and go. */
const ending = (oid: string | undefined): string =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${oid === undefined ? 'usename = $1::text' : 'usesysid = $1::oid'} AND pid <> pg_backend_pid()`

export const endSessions: TargetStep = {
  name: 'end_sessions',
  title: 'no open session is left',
  look: async (call) => {
    const { sessions, unasked } = await present(call)
    const oid = oidIn(call)
    const beginning = await beginningAt(call, beginningSessions)
    const none = sessions.length === 0 && unasked.length === 0 && beginning.length === 0
    return {
      already: none,
      statements: none ? [] : [`${ending(oid)} -- $1 = ${oid ?? call.subject.account}`],
      touches: [...described(sessions), ...unasked, ...beginning.map((one) => `${one}, if it stays so`)],
      before: { sessions: sessions.length },
    }
  },
  act: async (call) => {
    const until = Date.now() + GIVEN_MS
    await Promise.all([endAll(call, until), atEachStandby(call, async (there) => await endAll(there, until))])
  },
  verify: async (call) => {
    const first = await present(call)
    await sleep(LATECOMERS_MS, undefined, { signal: call.signal })
    // before the second look: who has begun stands in it
    const beginning = await beginningAt(call, async (server) => await stillBeginning(server, call.signal))
    const second = await present(call)
    if (beginning.length > 0)
      return {
        effect: 'unproven',
        reason: `it can't be told whose session begins: ${beginning.slice(0, 10).join(', ')}`,
        next: 'see who signs in and does not go on (SELECT * FROM pg_locks WHERE virtualxid IS NOT NULL), end it (SELECT pg_terminate_backend(…)), then run the plan again',
        facts: { unseen: UNSEEN },
      }
    const left = [...first.sessions, ...second.sessions]
    const [unasked] = second.unasked
    if (left.length === 0 && unasked !== undefined)
      return {
        effect: 'unproven',
        reason: `not all could be asked: ${unasked}`,
        next: 'see that the standby can be reached, then run the plan again; where it is gone, take it out of the settings and make the plan again',
        facts: { unseen: UNSEEN },
      }
    const standbys = standbysIn(call).map(spelled)
    if (left.length === 0)
      return {
        effect: 'verified',
        answer: `pg_stat_activity has no session of ${call.subject.account}${standbys.length === 0 ? '' : `, nor at the standbys ${standbys.join(', ')}`}`,
        facts: { unseen: UNSEEN },
      }
    const kinds = [...new Set(left.map(({ kind, pid, at }) => `${kind} ${pid}${at === undefined ? '' : ` at ${at}`}`))]
    return {
      effect: 'unproven',
      reason: `sessions are left or come again: ${kinds.slice(0, 10).join(', ')}`,
      next: 'see what they are (SELECT * FROM pg_stat_activity), end what starts them, then run the plan again',
      facts: { sessions: described(left), unseen: UNSEEN },
    }
  },
  // what was ended is opened again by whoever needs it, as soon as it may log in
  undo: async () => ({ effect: 'verified', answer: 'ended sessions are opened again by who needs them' }),
}

async function endAll(call: StepCall, until: number): Promise<void> {
  const [{ account }, oid] = [call.subject, oidIn(call)]
  await asAdministrator(call, { for: 'acting' }, async (administrator) => {
    const ended = async (): Promise<void> => {
      while ((await sessionsOf(administrator, account, oid)).length > 0 && Date.now() < until) {
        await administrator.rows(ending(oid), [oid ?? account])
        await sleep(PAUSE_MS, undefined, { signal: call.signal })
      }
    }
    await ended()
    await endBeginning(administrator, until, call.signal)
    await ended()
  })
}

/** Where a standby can't be asked, that is said of its sessions already. */
async function beginningAt(
  call: Omit<StepCall, 'before'>,
  look: (server: Administrator) => Promise<readonly number[]>,
): Promise<string[]> {
  const { answers } = await askEach(call, look)
  return answers.flatMap(({ at, answer }) =>
    answer.map(
      (pid) => `process ${pid}${at === undefined ? '' : ` at ${at}`} has begun to sign in, and not said as whom`,
    ),
  )
}

const present = async (call: Omit<StepCall, 'before'>): Promise<Everywhere> =>
  await sessionsEverywhere(call, { account: call.subject.account, oid: oidIn(call) })
