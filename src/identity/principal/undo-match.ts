// Takes a confirmed match back: exactly what moved moves back, and both records keep their history.
import { canonicalJson, Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import { leaversAmong } from '../people/leavers-among.ts'
import type { Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { MatchRecord } from '../record/proposal-records.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { backTo, mayStand } from './activation.ts'
import { fieldOf, lockBoth, moveCredentials } from './confirm-match.ts'
import { JOINED_FIELDS } from './joined-record.ts'
import { answerMatch, readMatch } from './match-record.ts'
import type { CurrentMatch, OfMatch } from './match-record.ts'
import { lockParty } from './owner-party.ts'
import { operateOnPrincipals, patchPrincipal, patchPrincipals } from './patch-principal.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { without } from './without.ts'

export interface MatchUndone {
  readonly match: CurrentMatch
  /** Both records of a merge, or the one that is a person's no more. */
  readonly principals: readonly CurrentPrincipal[]
}

export async function undoMatch(identity: IdentityLayer, act: Act, input: OfMatch): Promise<MatchUndone> {
  return await operateOnPrincipals(
    identity,
    act,
    ({ principals }) => principals.map(({ id }) => id),
    async (tx) => {
      const { data } = await readMatch(tx, input)
      if (data.state !== 'confirmed')
        throw new Fault('conflict', `the match is ${data.state}: there is nothing to undo`)
      return data.merge === undefined
        ? await unlink(tx, act, input, data)
        : await split(tx, act, input, data, data.merge)
    },
  )
}

async function unlink(tx: Tx, act: Act, input: OfMatch, data: MatchRecord): Promise<MatchUndone> {
  const { linked } = data
  if (linked === undefined) throw new Error('a confirmed match says what it did')
  const { a, b } = await lockBoth(tx, data)
  const match = await answerMatch(tx, act, input, ['confirmed'], { state: 'undone' })
  const principal = await patchPrincipal(tx, act, {
    current: a.id === linked.principalId ? a : b,
    patch: (record) => ({
      ...without(record, 'personId'),
      kind: linked.kindBefore,
      stated: (record.stated ?? []).filter((field) => field !== 'kind' || linked.kindStatedBefore),
    }),
    words: {
      type: 'principal.person_undone',
      about: [linked.personId, match.id],
      content: { kind: linked.kindBefore },
    },
  })
  return { match, principals: [principal] }
}

async function split(
  tx: Tx,
  act: Act,
  input: OfMatch,
  data: MatchRecord,
  merge: NonNullable<MatchRecord['merge']>,
): Promise<MatchUndone> {
  const owner = (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [merge.from])).get(merge.from)?.data.owner
  const ownerLeft = owner !== undefined && !(await canOwn(tx, owner.party))
  const { a, b } = await lockBoth(tx, data)
  const [into, from] = merge.into === a.id ? [a, b] : [b, a]
  if (into.data.state === 'retired') {
    throw new Fault('conflict', `\`${into.id}\` was retired or joined into another since: undo that first`)
  }
  const left = (await leaversAmong(tx, into.data.personId === undefined ? [] : [into.data.personId])).length > 0
  const match = await answerMatch(tx, act, input, ['confirmed'], { state: 'undone' })
  const moved = await tx.query<{ ref: string }>(sql`
    update identity.ref set record_id = ${from.id}
    where record_id = ${into.id} and ref = any(${merge.movedRefs}) returning ref`)
  const back = new Set(moved.map(({ ref }) => ref))
  const refs = into.data.refs.filter((ref) => back.has(ref))
  await moveCredentials(tx, act, into.id, from.id, merge.movedCredentials)
  const again = standing(from.data, merge.fromState ?? 'registered', ownerLeft, act)
  const principals = await patchPrincipals(tx, act, [
    {
      current: into,
      patch: (record) => ({
        ...(left ? shut(asBefore(record, merge), record) : asBefore(record, merge)),
        refs: record.refs.filter((ref) => !back.has(ref)),
      }),
      words: { type: 'principal.split', about: [from.id, match.id], content: { off: from.id } },
    },
    {
      current: from,
      patch: () => ({ ...again, refs }),
      words: {
        type: 'principal.split_off',
        about: [into.id, match.id],
        content: { from: into.id, state: again.state },
      },
      evenRetired: true,
    },
  ])
  return { match, principals }
}

/** What the join changed is as it was, but for what somebody changed since. */
function asBefore(record: PrincipalRecord, { before, after }: NonNullable<MatchRecord['merge']>): PrincipalRecord {
  const copy: Record<string, unknown> = { ...record }
  for (const field of JOINED_FIELDS) {
    const was = before[field]
    if (was === undefined || canonicalJson(fieldOf(record, field)) !== canonicalJson(after[field] ?? null)) continue
    if (was === null) delete copy[field]
    else copy[field] = was
  }
  const copied = copy as unknown as PrincipalRecord
  const undone = { ...copied, state: backTo(copied, copied.state) }
  return mayStand(undone) ? undone : { ...undone, state: 'registered' }
}

/** Of a person who has left meanwhile: as before, but as shut as it is now. */
function shut(before: PrincipalRecord, { state, quarantine }: PrincipalRecord): PrincipalRecord {
  return { ...before, state, ...(quarantine !== undefined && { quarantine }) }
}

async function canOwn(tx: Tx, party: Party): Promise<boolean> {
  try {
    await lockParty(tx, party, 'owner')
    return true
  } catch (error) {
    if (error instanceof Fault && error.code === 'unprocessable') return false
    throw error
  }
}

/** The joined record on its own feet again: an owner who left meanwhile left it too, and rules may bar `active` now. */
function standing(
  tombstone: PrincipalRecord,
  before: PrincipalRecord['state'],
  ownerLeft: boolean,
  act: Act,
): PrincipalRecord {
  const bare = without(tombstone, 'mergedInto', 'retirement')
  const { owner } = bare
  const owned =
    ownerLeft && owner !== undefined ? { ...without(bare, 'owner'), formerOwner: owner, orphanedAt: act.at } : bare
  const again = { ...owned, state: before }
  return mayStand(again) ? again : { ...again, state: 'registered' }
}
