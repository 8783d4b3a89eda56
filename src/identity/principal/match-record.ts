// Likely matches as records: read, held, and answered once.
import { Fault, isId } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { MatchRecord } from '../record/proposal-records.ts'
import { MATCH } from '../record/tables.ts'

export type CurrentMatch = Current<MatchRecord>

export interface OfMatch {
  readonly matchId: string
  readonly expectedVersion?: number
}

export async function readMatch(tx: Tx, { matchId }: OfMatch, lock = false): Promise<CurrentMatch> {
  const match = isId('match', matchId)
    ? (await readCurrent<MatchRecord>(tx, MATCH, [matchId], { lock })).get(matchId)
    : undefined
  if (match === undefined) throw new Fault('not_found', 'no match has this id')
  return match
}

/** Takes it from `before` to another state. Throws Fault('conflict') where it is in none of those states. */
export async function answerMatch(
  tx: Tx,
  act: Act,
  input: OfMatch,
  before: readonly MatchRecord['state'][],
  change: Pick<MatchRecord, 'state' | 'merge' | 'linked'>,
): Promise<CurrentMatch> {
  const current = await readMatch(tx, input, true)
  if (!before.includes(current.data.state)) throw new Fault('conflict', `the match was ${current.data.state} already`)
  if (input.expectedVersion !== undefined && input.expectedVersion !== current.version) {
    throw new Fault('version_mismatch', `it is at version ${current.version} now: read it again`)
  }
  const decided = { by: act.actor.id, at: act.at, ...(act.reason === undefined ? {} : { reason: act.reason }) }
  const [made] = await changeWithEntries<MatchRecord>(tx, MATCH, act, [
    {
      current,
      patch: (match) => ({ ...match, ...change, decided }),
      words: { type: `match.${change.state}`, about: [current.data.aId, current.data.bId] },
    },
  ])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}
