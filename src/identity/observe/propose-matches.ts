// Pairs of principals that may be one, or a principal and a person's: proposed once, joined only when a person confirms.
import { deriveId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { createWithEntries } from '#evidence/port'
import type { MatchRecord } from '../record/proposal-records.ts'
import { MATCH } from '../record/tables.ts'
import { boundedText } from './bounded.ts'

export interface ProposedMatch {
  readonly kind: MatchRecord['kind']
  /** In any order. */
  readonly ids: readonly [Id<'principal'>, Id<'principal'>]
  readonly strength: MatchRecord['strength']
  readonly reason: string
}

/** Returns how many are new. A pair that was proposed before, whatever became of it, is not proposed again. */
export async function proposeMatches(tx: Tx, act: Act, proposed: readonly ProposedMatch[]): Promise<number> {
  const byId = new Map<string, { readonly match: ProposedMatch; readonly data: MatchRecord }>()
  for (const match of proposed) {
    const [aId, bId] = match.ids.toSorted() as [Id<'principal'>, Id<'principal'>]
    if (aId === bId) continue
    const id = deriveId('match', aId, bId)
    const { kind, strength, reason } = match
    if (!byId.has(id)) {
      byId.set(id, { match, data: { kind, aId, bId, strength, reason: boundedText(reason), state: 'proposed' } })
    }
  }
  if (byId.size === 0) return 0
  const pairs = [...byId.values()].map(({ data }) => data)
  const known = await tx.query<{ aId: string; bId: string }>(sql`
    select held.a_id as "aId", held.b_id as "bId" from identity.match held
    join unnest(${pairs.map(({ aId }) => aId)}::text[], ${pairs.map(({ bId }) => bId)}::text[]) as given (a_id, b_id)
      on given.a_id = held.a_id and given.b_id = held.b_id`)
  for (const { aId, bId } of known) byId.delete(deriveId('match', aId, bId))
  const standing = await standingOf(tx, pairs)
  const records = [...byId].flatMap(([id, { data }]) =>
    standing.has(data.aId) && standing.has(data.bId)
      ? [{ id, data, words: { type: 'match.proposed', about: [data.aId, data.bId] } }]
      : [],
  )
  if (records.length > 0) await createWithEntries(tx, MATCH, act, records)
  return records.length
}

/** Those of the pairs that are in the roll and not retired: a tombstone is joined with nothing. */
async function standingOf(tx: Tx, pairs: readonly MatchRecord[]): Promise<Set<string>> {
  const ids = [...new Set(pairs.flatMap(({ aId, bId }) => [aId, bId]))]
  const rows = await tx.query<{ id: string }>(
    sql`select id from identity.principal where id = any(${ids}) and state <> 'retired'`,
  )
  return new Set(rows.map(({ id }) => id))
}
