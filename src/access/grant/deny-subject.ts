// Denials: a principal, credential, token or session that may do nothing, whatever grants and policies say.
import { Fault, newId } from '#kernel'
import type { Act } from '#kernel'
import { once, sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import type { AccessLayer } from '../observe/records.ts'
import { administer } from '../role/administration.ts'
import { DENIAL } from './records.ts'
import type { DenialRecord } from './records.ts'

/** Denies a principal, credential, token or session everywhere at once, until it is lifted. */
export async function denySubject(
  { db }: AccessLayer,
  act: Act,
  { subjectId, reason }: { readonly subjectId: string; readonly reason: string },
): Promise<Current<DenialRecord>> {
  return await db.transaction(async (tx) => {
    const id = await once(tx, act.idempotency, act.at, async () => {
      if ((await standing(tx, subjectId)) !== undefined) throw new Fault('conflict', 'it is denied already')
      const data: DenialRecord = { subjectId, reason, by: act.actor.id }
      const words = { type: 'subject.denied', about: [subjectId], reason }
      const denialId = newId('denial')
      await createWithEntries(tx, DENIAL, act, [{ id: denialId, data, words }])
      return denialId
    })
    const made = (await readCurrent<DenialRecord>(tx, DENIAL, [id])).get(id)
    if (made === undefined) throw new Error('it was written above')
    return made
  })
}

export async function liftDenial(
  access: AccessLayer,
  act: Act,
  { subjectId, reason }: { readonly subjectId: string; readonly reason: string },
): Promise<Current<DenialRecord>> {
  return await administer(access, act, async (tx) => {
    const current = await standing(tx, subjectId)
    if (current === undefined) throw new Fault('not_found', 'nothing denies it')
    const words = { type: 'subject.denial_lifted', about: [subjectId], reason }
    const patch = (data: DenialRecord): DenialRecord => ({ ...data, liftedAt: act.at })
    const [made] = await changeWithEntries<DenialRecord>(tx, DENIAL, act, [{ current, patch, words }])
    if (made === undefined) throw new Error('one change makes one version')
    return made
  })
}

async function standing(tx: Tx, subjectId: string): Promise<Current<DenialRecord> | undefined> {
  const [row] = await tx.query<{ id: string }>(
    sql`select id from access.denial where subject_id = ${subjectId} and lifted_at is null`,
  )
  return row === undefined
    ? undefined
    : (await readCurrent<DenialRecord>(tx, DENIAL, [row.id], { lock: true })).get(row.id)
}
