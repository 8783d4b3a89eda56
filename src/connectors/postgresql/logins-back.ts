// A role may log in again as it could, and that is seen.
import type { StepCall, StepVerdict } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { mark } from './held-mark.ts'
import type { Logins } from './held-mark.ts'
import { standingOf } from './standing.ts'
import { identifier } from './sql-text.ts'

export const inWords = ({ login, connectionLimit }: Logins): string =>
  `${login ? 'LOGIN' : 'NOLOGIN'} CONNECTION LIMIT ${connectionLimit}`

export const giving = ({ subject }: Pick<StepCall, 'subject'>, logins: Logins): string =>
  `ALTER ROLE ${identifier(subject.account)} ${inWords(logins)}`

/** Idempotent. `marking`: what becomes of the mark, after it. */
export async function giveLogins(
  administrator: Administrator,
  call: StepCall,
  logins: Logins,
  marking?: string,
): Promise<void> {
  await administrator.rows(giving(call, logins))
  if (marking !== undefined) await mark(administrator, marking)
}

export async function seenGiven(call: StepCall, logins: Logins): Promise<StepVerdict> {
  const { account } = call.subject
  const standing = await asAdministrator(call, { for: 'asking' }, (one) => standingOf(one, call))
  if ('lost' in standing) return standing.lost
  const now = inWords(standing.role)
  if (now === inWords(logins)) return { effect: 'verified', answer: `pg_roles has ${account} with ${now}` }
  return { effect: 'unproven', reason: `${account} has ${now}`, next: `run it by hand: ${giving(call, logins)}` }
}
