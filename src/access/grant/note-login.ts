// That a login of a grant is handed out is known before it is: whoever gets in at the target is in the log.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { AccessLayer } from '../observe/records.ts'
import { lockGrant, moveGrant } from './write-grants.ts'
import type { CurrentGrant } from './write-grants.ts'

/** Throws Fault('conflict') where it is not in force any more. */
export async function noteLogin(
  { db }: AccessLayer,
  act: Act,
  { id, decision }: { readonly id: string; readonly decision: string },
): Promise<CurrentGrant> {
  return await db.transaction(async (tx) => {
    const current = await lockGrant(tx, id)
    const { state, until } = current.data
    if (state !== 'active' || (until !== undefined && until <= act.at))
      throw new Fault('conflict', 'this grant is over: ask for it again')
    return await moveGrant(tx, act, current, { type: 'grant.login_given', content: { decision } }, (data) => data)
  })
}
