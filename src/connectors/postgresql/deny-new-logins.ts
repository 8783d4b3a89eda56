// Nothing new gets in as the role: NOLOGIN and a connection limit of 0. What was before is also kept at the target, in a
// setting of the role that nothing reads (`reeve.held`), so that it can be given back by a plan that knows nothing else.
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { HELD_SETTING, heldMark, isObject, loginsIn } from './held-mark.ts'
import type { Logins } from './held-mark.ts'
import { hindrance, roleOf } from './role.ts'
import type { Role } from './role.ts'
import { identifier, literal } from './sql-text.ts'
import { sqlstateOf } from './target-error.ts'

export const denyNewLogins: TargetStep = {
  name: 'deny_new_logins',
  title: 'no new logins',
  look: async (call) => await asAdministrator(call, { for: 'asking', planId: call.planId }, (one) => look(one, call)),
  act: async (call) => {
    await asAdministrator(call, { for: 'acting', planId: call.planId }, async (administrator) => {
      const role = await roleOf(administrator, call.subject.account)
      if (role === undefined || isHeld(role)) return
      await remember(administrator, call)
      await administrator.rows(denial(call))
    })
  },
  verify: async (call) =>
    await asAdministrator(call, { for: 'asking', planId: call.planId }, async (administrator) => {
      const role = await roleOf(administrator, call.subject.account)
      const { account } = call.subject
      const gone = strangerTo(call, role)
      if (role === undefined || gone !== undefined) return gone ?? missing(account)
      if (isHeld(role))
        return { effect: 'verified', answer: `pg_roles has ${account} with NOLOGIN, CONNECTION LIMIT 0` }
      const blocked = await hindrance(administrator, call, role)
      if (blocked !== undefined) return { effect: 'failed', ...blocked }
      return {
        effect: 'unproven',
        reason: `${account} may log in again: something else changes it, too`,
        next: 'find who gave LOGIN back (an operator, a job of infrastructure as code), then run the plan again',
      }
    }),
  undo: async (call) => {
    const before = loginsIn(call.before)
    const kept = await asAdministrator(call, { for: 'asking', planId: call.planId }, (one) => keepsHeld(one, call))
    if (kept !== undefined) return kept
    await giveLoginsBack(call, before)
    return await seenGivenBack(call, before)
  },
}

const missing = (account: string): StepVerdict => ({
  effect: 'unproven',
  reason: `there is no role ${account} any more: it was dropped, or renamed and lives on under another name`,
  next: 'see which roles there are (pg_roles), then make a plan for the one that it is now',
})

/** A role of the same name that was made since is another one. */
function strangerTo({ before, subject }: StepCall, role: Role | undefined): StepVerdict | undefined {
  const oid = isObject(before) ? before['oid'] : undefined
  if (role === undefined) return missing(subject.account)
  if (typeof oid !== 'string' || oid === role.oid) return undefined
  return {
    effect: 'unproven',
    reason: `the role that is called ${subject.account} now is another one than at first (oid ${role.oid}, not ${oid})`,
    next: `find the role with oid ${oid} in pg_roles: it may still let in`,
  }
}

/** Why it is not given back by this plan, though it may be by another. */
async function keepsHeld(administrator: Administrator, call: StepCall): Promise<StepVerdict | undefined> {
  const { account } = call.subject
  const role = await roleOf(administrator, account)
  const stranger = strangerTo(call, role)
  if (role === undefined || stranger !== undefined) return stranger ?? missing(account)
  const kept = await heldMark(administrator, account)
  if (kept !== undefined && kept.plan !== call.planId)
    return {
      effect: 'unproven',
      reason: `${account} is held by ${kept.plan === undefined ? 'somebody else' : `plan ${kept.plan}`} as well`,
      next: `\`reeve plan make restore --account ${account}\` gives back what was taken, whichever plan took it`,
    }
  const before = loginsIn(call.before)
  if (isHeld(role) || before === undefined) return undefined
  if (role.login === before.login && role.connectionLimit === before.connectionLimit) return undefined
  return {
    effect: 'unproven',
    reason: `${account} was changed since by somebody else, and is left as it is`,
    next: `compare it with what it was (\`reeve plan show ${call.planId}\`), and change it by hand`,
  }
}

const isHeld = ({ login, connectionLimit }: Logins): boolean => !login && connectionLimit === 0

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const role = await roleOf(administrator, account)
  const blocked = await hindrance(administrator, call, role)
  const before = role === undefined ? null : { login: role.login, connectionLimit: role.connectionLimit, oid: role.oid }
  if (blocked !== undefined) return { already: false, statements: [], touches: [], before, blocked }
  if (role === undefined || isHeld(role))
    return { already: true, statements: [], touches: [`${account}, which may not log in already`], before }
  return {
    already: false,
    statements: [mark(call, role), denial(call)],
    touches: [`${account}: nobody signs in with it any more, whatever the credential`],
    before,
  }
}

const denial = ({ subject }: Pick<StepCall, 'subject'>): string =>
  `ALTER ROLE ${identifier(subject.account)} NOLOGIN CONNECTION LIMIT 0`

function mark({ subject, planId }: Pick<StepCall, 'subject' | 'planId'>, { login, connectionLimit }: Logins): string {
  const held = JSON.stringify({ plan: planId, login, connectionLimit })
  return `ALTER ROLE ${identifier(subject.account)} SET ${identifier(HELD_SETTING)} TO ${literal(held)}`
}

/** Before anything is taken. Where the right to it is missing the plan still knows, and goes on. */
async function remember(administrator: Administrator, call: StepCall): Promise<void> {
  const before = loginsIn(call.before)
  if (before === undefined) return
  try {
    await administrator.rows(mark(call, before))
  } catch (error) {
    if (sqlstateOf(error) !== '42501') throw error
  }
}

/** What is sent to put it back. */
export function returning({ subject }: Pick<StepCall, 'subject'>, { login, connectionLimit }: Logins): string[] {
  const role = identifier(subject.account)
  return [
    `ALTER ROLE ${role} ${login ? 'LOGIN' : 'NOLOGIN'} CONNECTION LIMIT ${connectionLimit}`,
    `ALTER ROLE ${role} RESET ${identifier(HELD_SETTING)}`,
  ]
}

/** Idempotent: also where nothing had been taken. */
export async function giveLoginsBack(call: StepCall, logins: Logins | undefined): Promise<void> {
  if (logins === undefined) return
  await asAdministrator(call, { for: 'acting', planId: call.planId }, async (administrator) => {
    if ((await roleOf(administrator, call.subject.account)) === undefined) return
    const [give = '', forget = ''] = returning(call, logins)
    await administrator.rows(give)
    await administrator.rows(forget).catch((error: unknown) => {
      if (sqlstateOf(error) !== '42501') throw error
    })
  })
}

export async function seenGivenBack(call: StepCall, logins: Logins | undefined): Promise<StepVerdict> {
  const { account } = call.subject
  const role = await asAdministrator(call, { for: 'asking', planId: call.planId }, (one) => roleOf(one, account))
  if (role === undefined)
    return { effect: 'failed', reason: `there is no role ${account} any more`, next: 'make it anew by hand' }
  if (logins === undefined)
    return { effect: 'failed', reason: `what ${account} had before is not known`, next: 'give it LOGIN by hand' }
  const now = `${role.login ? 'LOGIN' : 'NOLOGIN'} CONNECTION LIMIT ${role.connectionLimit}`
  if (role.login === logins.login && role.connectionLimit === logins.connectionLimit)
    return { effect: 'verified', answer: `pg_roles has ${account} with ${now}` }
  const [give = ''] = returning(call, logins)
  return { effect: 'unproven', reason: `${account} has ${now}`, next: `run it by hand: ${give}` }
}
