// Offers pairs of records that may be one. A pair that was ever offered, whatever was said of it, is not offered again.
import { newId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { createWithEntries } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { MatchRecord } from '../record/proposal-records.ts'
import { MATCH } from '../record/tables.ts'
import { answerMatch } from './match-record.ts'
import type { CurrentMatch, OfMatch } from './match-record.ts'

export interface MatchProposal {
  readonly kind: MatchRecord['kind']
  readonly pair: readonly [Id<'principal'>, Id<'principal'>]
  readonly reason: string
  readonly strength: MatchRecord['strength']
}

/** In bulk, in the caller's transaction. Safe to repeat; the new ones are given back. */
export async function proposeMatches(tx: Tx, act: Act, proposals: readonly MatchProposal[]): Promise<CurrentMatch[]> {
  const pairs = new Map<string, MatchRecord>()
  for (const { kind, pair, reason, strength } of proposals) {
    const [aId, bId] = pair[0] < pair[1] ? pair : [pair[1], pair[0]]
    const key = `${aId} ${bId}`
    if (aId === bId || (pairs.has(key) && strength !== 'explicit')) continue
    pairs.set(key, { kind, aId, bId, reason, strength, state: 'proposed' })
  }
  if (pairs.size === 0) return []
  // two syncs that meet the same pair at once: the second waits and then sees it
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('identity.match', 0))`)
  const records = [...pairs.values()]
  const known = await tx.query<{ aId: string; bId: string }>(sql`
    select a_id as "aId", b_id as "bId" from identity.match
    where (a_id, b_id) in (
      select * from unnest(${records.map(({ aId }) => aId)}::text[], ${records.map(({ bId }) => bId)}::text[]))`)
  for (const { aId, bId } of known) pairs.delete(`${aId} ${bId}`)
  return await createWithEntries(
    tx,
    MATCH,
    act,
    [...pairs.values()].map((data) => ({
      id: newId('match'),
      data,
      words: { type: 'match.proposed', about: [data.aId, data.bId], content: { strength: data.strength } },
    })),
  )
}

export async function rejectMatch(identity: IdentityLayer, act: Act, input: OfMatch): Promise<CurrentMatch> {
  return await operate(
    identity,
    act,
    async (tx) => await answerMatch(tx, act, input, ['proposed'], { state: 'rejected' }),
  )
}
