// A target may lose what it had: it fails over to a server that had not heard of it, or is restored from a backup. What is in
// force is given there once more, by whoever keeps grants, one step after another.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import type { AccessLayer } from '../observe/records.ts'
import { toldAgain } from './narrow-grant.ts'
import { lockGrant, moveGrant } from './write-grants.ts'
import type { CurrentGrant } from './write-grants.ts'

/** Out of force until its target has it. Throws Fault('conflict') where it is not in force any more. */
export async function giveAgain(
  { db }: AccessLayer,
  act: Act,
  { id, decision }: { readonly id: string; readonly decision: string },
): Promise<CurrentGrant> {
  return await db.transaction(async (tx) => {
    const current = await lockGrant(tx, id)
    if (current.data.state !== 'active') throw new Fault('conflict', `it is ${current.data.state}: look at it again`)
    const words = { type: 'grant.provisioning', content: { decision }, reason: 'its target has lost it' }
    return await moveGrant(tx, act, current, words, (data) => ({ ...data, ...toldAgain(data, act.at) }))
  })
}
