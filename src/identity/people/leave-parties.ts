// What happens to principals when those who answered for them are gone: owned ones are orphans at once, and a manager is
// asked to take them.
import { newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { withTime } from '../principal/activation.ts'
import { unasserted } from '../principal/assign-owner.ts'
import { daysAfter } from '../principal/limits.ts'
import { partyKey, patchPrincipals } from '../principal/patch-principal.ts'
import type { CurrentPrincipal, PrincipalPatch } from '../principal/patch-principal.ts'
import { without } from '../principal/without.ts'
import type { Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER, PRINCIPAL } from '../record/tables.ts'
import type { FoundManager } from './managers.ts'

/** A party that answers for nothing any more, and who is asked in its place. */
export interface GoneParty {
  readonly party: Party
  readonly proposed: FoundManager
}

export interface PartyLoss {
  readonly gone: Party
  /** Nobody answers for these now. `offeredTo` is who was asked; without it nobody could be, or somebody was already. */
  readonly orphaned: readonly {
    readonly principalId: Id<'principal'>
    readonly offeredTo?: Id<'person'>
    /** An offer to somebody else was waiting already. */
    readonly alreadyOffered?: true
  }[]
  /** It was backup or custodian of these; somebody else owns them. */
  readonly reduced: readonly Id<'principal'>[]
  readonly offersWithdrawn: readonly Id<'offer'>[]
  readonly proposed: FoundManager
}

/** Everything in the caller's transaction, in bulk. Saying it twice changes nothing more. */
export async function leaveParties(
  tx: Tx,
  act: Act,
  gone: readonly GoneParty[],
  orphanGraceDays: number,
): Promise<PartyLoss[]> {
  if (gone.length === 0) return []
  const byKey = new Map(gone.map((one) => [partyKey(one.party), one]))
  const touched = await principalsOf(tx, [...byKey.values()])
  const withdrawn = await withdrawOffers(tx, act, [...byKey.values()])
  const until = daysAfter(act.at, orphanGraceDays)
  const patches = touched.flatMap((current) => patchOf(current, byKey, act, until))
  const changed = new Map((await patchPrincipals(tx, act, patches)).map((current) => [current.id, current]))
  const lastOf = (record: PrincipalRecord): GoneParty | undefined =>
    record.owner === undefined && record.formerOwner !== undefined && record.state !== 'retired'
      ? byKey.get(partyKey(record.formerOwner.party))
      : undefined
  const wanting = touched.flatMap((before) => {
    const after = changed.get(before.id) ?? before
    const of = lastOf(after.data) ?? heir(before.id, after.data, withdrawn, byKey)
    return of === undefined ? [] : [{ principalId: after.id as Id<'principal'>, of, record: after.data }]
  })
  const offers = await offer(tx, act, wanting)
  const lostBy = new Map<string, CurrentPrincipal[]>([...byKey.keys()].map((key) => [key, []]))
  for (const before of touched) for (const key of before.data.parties) lostBy.get(key)?.push(before)
  return gone.map(({ party, proposed }) => {
    const key = partyKey(party)
    const lost = lostBy.get(key) ?? []
    return {
      gone: party,
      orphaned: lost
        .filter(({ data }) => isOwner(data, key))
        .map(({ id }) => Object.assign({ principalId: id as Id<'principal'> }, offers.get(id))),
      reduced: lost.filter(({ data }) => !isOwner(data, key)).map(({ id }) => id as Id<'principal'>),
      offersWithdrawn: withdrawn.filter(({ data }) => partyKey(data.to) === key).map(({ id }) => id as Id<'offer'>),
      proposed,
    }
  })
}

const isOwner = ({ owner }: PrincipalRecord, key: string): boolean =>
  owner !== undefined && partyKey(owner.party) === key

/** One whose offer was just withdrawn and that nobody owns is offered further up. */
function heir(
  id: string,
  record: PrincipalRecord,
  withdrawn: readonly Current<OfferRecord>[],
  byKey: ReadonlyMap<string, GoneParty>,
): GoneParty | undefined {
  if (record.owner !== undefined || record.state === 'retired') return undefined
  const last = withdrawn.find(({ data }) => data.principalId === id)
  return last === undefined ? undefined : byKey.get(partyKey(last.data.to))
}

async function withdrawOffers(tx: Tx, act: Act, gone: readonly GoneParty[]): Promise<Current<OfferRecord>[]> {
  const to = gone.map(({ party }) => party.id)
  const pending = await tx.query<Current<OfferRecord>>(sql`
    select ${CURRENT} from identity.offer where state = 'pending' and to_id = any(${to}::text[]) order by id for update`)
  const decided = { by: act.actor.id, at: act.at, reason: 'who it was made to has left' }
  return await changeWithEntries(
    tx,
    OFFER,
    act,
    pending.map((current) => ({
      current,
      patch: (data: OfferRecord) => ({ ...data, state: 'withdrawn' as const, decided }),
      words: {
        type: 'offer.withdrawn',
        about: [current.data.principalId, current.data.to.id],
        reason: decided.reason,
      },
    })),
  )
}

/** Held in the order in which every operation takes them: principals, then their offers. */
async function principalsOf(tx: Tx, gone: readonly GoneParty[]): Promise<CurrentPrincipal[]> {
  const parties = gone.map(({ party }) => party.id)
  const rows = await tx.query<{ id: string }>(sql`
    select id from identity.principal where owner_id = any(${parties}::text[])
    union
    select p.id from unnest(${gone.map(({ party }) => partyKey(party))}::text[]) as gone (key)
    join identity.principal p on p.data -> 'parties' @> to_jsonb(gone.key)
      and (p.data -> 'backups' <> '[]' or p.data -> 'custodians' <> '[]')
    union
    select principal_id from identity.offer where state = 'pending' and to_id = any(${parties}::text[])`)
  const ids = rows.map(({ id }) => id)
  const held = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })
  return [...held.values()].filter(({ data }) => data.state !== 'retired')
}

function patchOf(
  current: CurrentPrincipal,
  byKey: ReadonlyMap<string, GoneParty>,
  act: Act,
  until: Instant,
): PrincipalPatch[] {
  const lost = current.data.parties.filter((key) => byKey.has(key))
  if (lost.length === 0) return []
  const owner = current.data.owner
  const orphaned = owner !== undefined && byKey.has(partyKey(owner.party))
  return [
    {
      current,
      patch: (record) => bereft(record, byKey, act, until),
      words: {
        type: orphaned ? 'principal.orphaned' : 'principal.parties_left',
        about: lost.map((key) => key.slice(key.indexOf(':') + 1)),
        reason: orphaned ? 'the owner has left' : 'a backup or custodian has left',
      },
    },
  ]
}

/** Without those who are gone. An active principal that now lacks what the rules ask gets time, not a pardon. */
function bereft(
  record: PrincipalRecord,
  byKey: ReadonlyMap<string, GoneParty>,
  act: Act,
  until: Instant,
): PrincipalRecord {
  const stays = ({ party }: { readonly party: Party }): boolean => !byKey.has(partyKey(party))
  const { owner } = record
  const reduced: PrincipalRecord = {
    ...(owner === undefined || stays(owner) ? record : { ...without(record, 'owner'), formerOwner: owner }),
    backups: record.backups.filter(stays),
    custodians: record.custodians.filter(stays),
    ...(owner === undefined || stays(owner) ? {} : { orphanedAt: act.at }),
  }
  const reason = 'who answered for it has left; another is being asked'
  return withTime(unasserted(record, reduced), { reason, until, by: act.actor.id, cause: 'orphaned' })
}

type Offered = { readonly offeredTo?: Id<'person'>; readonly alreadyOffered?: true }

async function offer(
  tx: Tx,
  act: Act,
  wanting: readonly { principalId: Id<'principal'>; of: GoneParty; record: PrincipalRecord }[],
): Promise<Map<string, Offered>> {
  const ids = wanting.map(({ principalId }) => principalId)
  const pending = await tx.query<{ id: string }>(sql`
    select principal_id as id from identity.offer where state = 'pending' and principal_id = any(${ids}::text[])`)
  const answers = new Map<string, Offered>(pending.map(({ id }) => [id, { alreadyOffered: true }]))
  const offers = wanting.flatMap(({ principalId, of, record }) => {
    if (answers.has(principalId) || !('id' in of.proposed)) return []
    const to: Party = { kind: 'person', id: of.proposed.id }
    answers.set(principalId, { offeredTo: of.proposed.id })
    const data: OfferRecord = {
      principalId,
      to,
      ...(record.formerOwner === undefined ? {} : { from: record.formerOwner }),
      why: of.party.kind === 'person' ? 'its owner has left, and you are next above' : 'nobody is left in its team',
      cause: 'leaver',
      state: 'pending',
    }
    return [{ id: newId('offer'), data, words: { type: 'offer.made', about: [principalId, to.id] } }]
  })
  await createWithEntries(tx, OFFER, act, offers)
  return answers
}
