// Who of the roll somebody is, by what is known before there is an id: the feed's id for them, and their address.
import { Fault } from '#kernel'
import type { Id } from '#kernel'
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'

/**
 * `undefined` where nobody is. Throws Fault('conflict') where the address is that of several, or of somebody other than
 * the one with this id.
 */
export async function findPerson(
  identity: IdentityLayer,
  { feedId, email }: { readonly feedId?: string; readonly email: string },
): Promise<Id<'person'> | undefined> {
  const address = email.trim().toLowerCase()
  const found = await identity.db.transaction(
    (tx) =>
      tx.query<{ id: Id<'person'>; feedId: string; holds: boolean }>(sql`
        select id, feed_id as "feedId", coalesce(data -> 'emails' ? ${address} and status <> 'leaver', false) as holds
        from identity.person where feed_id = ${feedId ?? address} or data -> 'emails' ? ${address} order by id`),
    { readOnly: true },
  )
  const byId = found.find((each) => each.feedId === (feedId ?? address))
  const holders = found.filter((each) => each.holds)
  const others = holders.filter((each) => feedId !== undefined && each.feedId !== feedId)
  if (others.length > 0 || holders.length > 1) {
    const ids = (others.length > 0 ? others : holders).map((each) => `\`${each.feedId}\``).join(' and ')
    throw new Fault('conflict', `the roll has this address for ${ids}: say which it is by that id (feedId, --feed-id)`)
  }
  return (holders[0] ?? byId)?.id
}
