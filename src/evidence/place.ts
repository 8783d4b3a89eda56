// Where a reader of the log goes on: the place of the last entry that it has, and which entry that was.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'

const CURSOR = /^(\d{1,15})(?:\.(evt_[0-9a-z]{26}))?$/

/** `7.evt_…`. Whoever kept an event can write it: `metadata.sequence` and `metadata.uid`. */
export const placeCursor = ({ seq, id }: { readonly seq: number; readonly id: string }): string => `${seq}.${id}`

/**
 * The place after which to go on. Throws Fault('invalid') for what is no cursor; Fault('conflict') where the log ends before it
 * or has another entry there: it was restored from a backup, or is another log, and a reader who waited would miss entries.
 */
export async function placeAfter(evidence: LayerDatabase, cursor: string | undefined): Promise<number> {
  if (cursor === undefined) return -1
  const [, digits = '', id] = CURSOR.exec(cursor) ?? []
  if (digits === '')
    throw new Fault('invalid', 'the cursor is no place in the log: `next` of the page before, or a number')
  const after = Number(digits)
  const [found] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`select entry_id as id from evidence.sequence where seq = ${after}`),
    { readOnly: true },
  )
  if (found === undefined)
    throw new Fault('conflict', `the log has no entry at place ${after}: it was restored or is another one; begin anew`)
  if (id !== undefined && id !== found.id)
    throw new Fault(
      'conflict',
      `the log has another entry at place ${after} than when you read it: it was restored or is another one; begin anew`,
    )
  return after
}
