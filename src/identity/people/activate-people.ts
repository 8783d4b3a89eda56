// People of a feed whom an earlier release left `registered`: at the start of a server they become what their feed's word makes them.
import type { Act } from '#kernel'
import { sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import { operateOnPrincipals, patchPrincipals } from '../principal/patch-principal.ts'
import { ofFeed } from '../record/of-feed.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'

const BATCH = 500

/** In batches, each with its entries; safe to repeat. Who has left stays as they are. Gives back how many there were. */
export async function activatePeopleOfFeeds(identity: IdentityLayer, act: Act): Promise<number> {
  for (let all = 0; ;) {
    const { length } = await operateOnPrincipals(
      identity,
      act,
      (ids: readonly string[]) => ids,
      async (tx) => {
        const found = await tx.query<Current<PrincipalRecord>>(sql`
          select ${CURRENT} from identity.principal p
          where state = 'registered' and ${ofFeed(sql`data`)}
            and exists (select from identity.person o where o.id = p.person_id and o.status <> 'leaver')
          order by id limit ${BATCH} for update of p`)
        await patchPrincipals(
          tx,
          act,
          found.map((current) => ({
            current,
            patch: (record) => ({ ...record, state: 'active' }),
            words: { type: 'principal.activated', about: [current.data.personId ?? ''] },
          })),
        )
        return found.map(({ id }) => id)
      },
    )
    all += length
    if (length < BATCH) return all
  }
}
