// Nothing new gets in as the role: NOLOGIN and a connection limit of 0. What was before is also kept at the target, in a
// setting of the role that nothing reads (`reeve.held`), so that it can be given back by a plan that knows nothing else.
import type { Looked, StepCall, TargetStep } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { heldMark, isHeld, loginsIn, mark, marking, markText } from './held-mark.ts'
import type { HeldMark } from './held-mark.ts'
import { oidIn, standingOf } from './standing.ts'
import { hindrance, onlySuperusersMayChange } from './role.ts'
import type { Role } from './role.ts'
import { identifier } from './sql-text.ts'
import { takeBackHold } from './take-back-hold.ts'

export const denyNewLogins: TargetStep = {
  name: 'deny_new_logins',
  title: 'no new logins',
  look: async (call) => await asAdministrator(call, { for: 'asking' }, (one) => look(one, call)),
  act: async (call) =>
    await asAdministrator(call, { for: 'acting' }, async (administrator) => {
      const standing = await standingOf(administrator, call)
      if ('role' in standing) await hold(administrator, call, standing.role)
    }),
  verify: async (call) =>
    await asAdministrator(call, { for: 'asking' }, async (administrator) => {
      const standing = await standingOf(administrator, call)
      if ('lost' in standing) return standing.lost
      const { role } = standing
      if (isHeld(role))
        return {
          effect: 'verified',
          answer: `pg_roles has ${role.name} with NOLOGIN, CONNECTION LIMIT 0`,
          facts: { oid: role.oid },
        }
      const blocked = await hindrance(administrator, call, role)
      if (blocked !== undefined) return { effect: 'failed', ...blocked }
      return {
        effect: 'unproven',
        reason: `${role.name} may log in again: something else changes it, too`,
        next: 'find who gave LOGIN back (an operator, a job of infrastructure as code), then run the plan again',
      }
    }),
  undo: takeBackHold,
}

async function look(administrator: Administrator, call: Omit<StepCall, 'before'>): Promise<Looked> {
  const { account } = call.subject
  const standing = await standingOf(administrator, call)
  // what became of it is said by who verifies
  if ('lost' in standing && oidIn(call) !== undefined)
    return { already: true, statements: [], touches: [], before: null }
  const role = 'role' in standing ? standing.role : undefined
  // where a superuser has done it, the rest is done
  const isDone = role !== undefined && isHeld(role) && onlySuperusersMayChange(administrator, role)
  const blocked = isDone ? undefined : await hindrance(administrator, call, role)
  const before = role === undefined ? null : { login: role.login, connectionLimit: role.connectionLimit, oid: role.oid }
  if (role === undefined || blocked !== undefined)
    return { already: false, statements: [], touches: [], before, ...(blocked !== undefined && { blocked }) }
  const statements = holding(call, role, await heldMark(administrator, role.oid))
  const touches = isHeld(role)
    ? [`${account}, which may not log in already`]
    : [`${account}: nobody signs in with it any more, whatever the credential`]
  return { already: false, statements, touches, before }
}

/** What it had is written down before anything is taken; who finds it held by another plan joins in. */
async function hold(administrator: Administrator, call: StepCall, role: Role): Promise<void> {
  const kept = await heldMark(administrator, role.oid)
  const before = loginsIn(call.before)
  // where it was held at first, and was opened since, it is that which is taken
  const had = before === undefined || isHeld(before) ? role : before
  const statements = holding(call, { ...role, ...(isHeld(role) ? {} : had) }, kept)
  for (const statement of statements)
    if (statement === denial(call)) await administrator.rows(statement)
    else await mark(administrator, statement)
}

const denial = ({ subject }: Pick<StepCall, 'subject'>): string =>
  `ALTER ROLE ${identifier(subject.account)} NOLOGIN CONNECTION LIMIT 0`

function holding(call: Pick<StepCall, 'subject' | 'planId'>, role: Role, kept: HeldMark | undefined): string[] {
  const { planId } = call
  if (!isHeld(role)) return [marking(call, markText(planId, role)), denial(call)]
  if (kept?.plan === undefined || kept.logins === undefined || kept.plan === planId || kept.also.includes(planId))
    return []
  return [marking(call, markText(kept.plan, kept.logins, [...kept.also, planId]))]
}
