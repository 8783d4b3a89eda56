// A target is moved, or a right begins there: one after the other (decision record 0026). The state of the grant is committed by
// then: whoever moves the target sees the grant, or the right begins at the new place.
import { sql } from '#db'
import type { Sql, Tx } from '#db'

const called = (id: string): Sql => sql`hashtextextended(${`target ${id}`}, 0)`

/** Until the transaction ends. */
export async function moveAlone(tx: Tx, id: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${called(id)})`)
}

/** What is read in the transaction after it is what holds once whoever moves the target has ended. */
export async function afterMoves(tx: Tx, id: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${called(id)})`)
}
