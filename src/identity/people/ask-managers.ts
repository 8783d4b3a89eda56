// What a source shows of somebody who has left already is an orphan from the start: the manager is asked for it as for what
// a leaver leaves behind.
import { deriveId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER } from '../record/tables.ts'
import { activeManagerOf } from './managers.ts'
import type { PersonNode } from './managers.ts'
import { holdFeeds, readPersonNodes } from './read-people.ts'

const BATCH = 500

/** Asked once for each: who declined is not asked again. Returns how many offers were made. Safe to repeat. */
export async function askManagers(identity: IdentityLayer, act: Act): Promise<number> {
  let made = 0
  for (let after = ''; ;) {
    const from = after
    const page = await operate(identity, act, (tx) => askPage(tx, act, from))
    made += page.made
    if (page.last === undefined) return made
    after = page.last
  }
}

async function askPage(
  tx: Parameters<Parameters<IdentityLayer['db']['transaction']>[0]>[0],
  act: Act,
  after: string,
): Promise<{ readonly made: number; readonly last?: string }> {
  await holdFeeds(tx)
  const orphans = await tx.query<Current<PrincipalRecord>>(sql`
    select ${CURRENT} from identity.principal p
    where orphaned_at is not null and owner_id is null and state <> 'retired' and id > ${after}
      and exists (select from identity.person s where s.id = p.data #>> '{formerOwner,party,id}' and s.status = 'leaver')
      and not exists (select from identity.offer o where o.principal_id = p.id
        and (o.state = 'pending' or o.data #>> '{from,party,id}' = p.data #>> '{formerOwner,party,id}'))
    order by id limit ${BATCH} for update`)
  if (orphans.length === 0) return { made: 0 }
  const ids = orphans.map(({ id }) => id)
  // held now: nobody offers them meanwhile
  const pending = await tx.query<{ id: string }>(sql`
    select principal_id as id from identity.offer where state = 'pending' and principal_id = any(${ids}::text[])`)
  const asked = new Set(pending.map(({ id }) => id))
  const people = await readPersonNodes(tx)
  const byId = new Map([...people.values()].map((person) => [person.id as string, person]))
  const offers = orphans.filter(({ id }) => !asked.has(id)).flatMap((orphan) => offerOf(orphan, byId, people))
  await createWithEntries(tx, OFFER, act, offers)
  return { made: offers.length, ...(orphans.length === BATCH ? { last: ids.at(-1) ?? '' } : {}) }
}

function offerOf(
  { id, data: { formerOwner } }: Current<PrincipalRecord>,
  byId: ReadonlyMap<string, PersonNode>,
  people: ReadonlyMap<string, PersonNode>,
): Parameters<typeof createWithEntries<OfferRecord>>[3][number][] {
  const left = byId.get(formerOwner?.party.id ?? '')
  if (formerOwner === undefined || left === undefined) return []
  const manager = activeManagerOf(left, people)
  if (!('id' in manager)) return []
  const to: Party = { kind: 'person', id: manager.id }
  const data: OfferRecord = {
    principalId: id as Id<'principal'>,
    to,
    from: formerOwner,
    why: 'its owner has left, and you are next above',
    cause: 'leaver',
    state: 'pending',
  }
  // one for each principal and who left it: a sync that is repeated elsewhere makes the same roll
  const offerId = deriveId('offer', data.principalId, left.id)
  return [{ id: offerId, data, words: { type: 'offer.made', about: [data.principalId, to.id] } }]
}
