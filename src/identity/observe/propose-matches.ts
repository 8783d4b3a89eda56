// Pairs that a read offers: only what still stands is proposed, a tombstone is joined with nothing.
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { proposeMatches } from '../principal/propose-matches.ts'
import type { MatchProposal } from '../principal/propose-matches.ts'
import { boundedText } from './bounded.ts'

/** Returns how many are new. A pair that was proposed before, whatever became of it, is not proposed again. */
export async function proposeStanding(tx: Tx, act: Act, proposals: readonly MatchProposal[]): Promise<number> {
  if (proposals.length === 0) return 0
  const ids = [...new Set(proposals.flatMap(({ pair }) => pair))]
  const rows = await tx.query<{ id: string }>(
    sql`select id from identity.principal where id = any(${ids}) and state <> 'retired'`,
  )
  const standing = new Set(rows.map(({ id }) => id))
  const fit = proposals
    .filter(({ pair }) => pair.every((id) => standing.has(id)))
    .map(({ kind, pair, strength, reason }) => ({ kind, pair, strength, reason: boundedText(reason) }))
  return (await proposeMatches(tx, act, fit)).length
}
