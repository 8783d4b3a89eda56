// Reeve's own identities: in the roll like any other, made by the server itself at its first start.
import type { Act } from '#kernel'
import { sql } from '#db'
import { readCurrent } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import { operate } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { refsOf } from './refs.ts'
import { writeRegistered } from './register.ts'
import type { NewPrincipal } from './register.ts'

/** Once: what has this external id already is given back as it is, whatever its state. */
export async function registerBuiltIn(
  identity: IdentityLayer,
  act: Act,
  input: NewPrincipal & { readonly externalId: string },
): Promise<CurrentPrincipal> {
  return await operate(identity, act, async (tx) => {
    // two servers that start on one database at once make one
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('built in', 0))`)
    const refs = refsOf(input.system, input.externalId)
    const [known] = await tx.query<{ id: string }>(
      sql`select record_id as id from identity.ref where ref = any(${refs}) limit 1`,
    )
    const current =
      known === undefined ? undefined : (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [known.id])).get(known.id)
    return current ?? (await writeRegistered(tx, act, input, { how: 'built_in', source: act.actor.id }))
  })
}
