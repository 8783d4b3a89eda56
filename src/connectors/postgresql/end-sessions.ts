// Sessions of the role are ended until none is left. A session that became the role by SET ROLE is not seen as one of it: it
// belongs to whoever signed in, and is found as another way in.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { described, sessionsOf } from './sessions.ts'
import type { Session } from './sessions.ts'
import { oidIn } from './standing.ts'

const GIVEN_MS = 15_000
const PAUSE_MS = 100
/** A login that was under way when logins were denied shows up within it. */
const LATECOMERS_MS = 500
const UNSEEN = 'sessions that became the role by SET ROLE or SET SESSION AUTHORIZATION stand under who signed in'

/** Not by their numbers: between look and act others come and go. */
const ending = (oid: string | undefined): string =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${oid === undefined ? 'usename = $1' : 'usesysid = $1::oid'} AND pid <> pg_backend_pid()`

export const endSessions: TargetStep = {
  name: 'end_sessions',
  title: 'no open session is left',
  look: async (call) => {
    const sessions = await present(call)
    const oid = oidIn(call)
    return {
      already: sessions.length === 0,
      statements: sessions.length === 0 ? [] : [`${ending(oid)} -- $1 = ${oid ?? call.subject.account}`],
      touches: described(sessions),
      before: { sessions: sessions.length },
    }
  },
  act: async (call) => {
    const until = Date.now() + GIVEN_MS
    const [{ account }, oid] = [call.subject, oidIn(call)]
    await asAdministrator(call, { for: 'acting', planId: call.planId }, async (administrator) => {
      while ((await sessionsOf(administrator, account, oid)).length > 0 && Date.now() < until) {
        await administrator.rows(ending(oid), [oid ?? account])
        await sleep(PAUSE_MS, undefined, { signal: call.signal })
      }
    })
  },
  verify: async (call) => {
    const first = await present(call)
    await sleep(LATECOMERS_MS, undefined, { signal: call.signal })
    const left = [...first, ...(await present(call))]
    if (left.length === 0)
      return {
        effect: 'verified',
        answer: `pg_stat_activity has no session of ${call.subject.account}`,
        facts: { unseen: UNSEEN },
      }
    const kinds = [...new Set(left.map(({ kind, pid }) => `${kind} ${pid}`))]
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

async function present(call: Omit<StepCall, 'before'>): Promise<Session[]> {
  return await asAdministrator(call, { for: 'asking', planId: call.planId }, (administrator) =>
    sessionsOf(administrator, call.subject.account, oidIn(call)),
  )
}
