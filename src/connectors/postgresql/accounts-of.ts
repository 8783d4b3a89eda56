// Whose password is it: by a real login of each candidate at the target's address. A server that lets a candidate in without
// asking for a password says nothing of it.
import type { OfferedCredential, TargetCall } from '#connectors/target'
import { probe } from './probe.ts'
import { TargetError } from './target-error.ts'

/** Each wrong guess is a failed login at the target, which it may log, delay or count. */
const CANDIDATES_MAX = 100
/** The database is closed, gone or takes no connection; the password was good. */
const LOGIN_PASSED = new Set(['42501', '3D000', '55000'])

/** Throws TargetError where the target does not answer: then nothing is known of anybody. */
export async function accountsOf(
  call: TargetCall,
  credential: OfferedCredential,
  candidates: readonly string[],
): Promise<string[]> {
  const direct: TargetCall = { ...call, settings: { ...call.settings, entrances: [], standbys: [] } }
  const found: string[] = []
  for (const user of candidates.slice(0, CANDIDATES_MAX)) {
    const [place] = (await probe(direct, { user, credential })).places
    if (place === undefined || (place.outcome === 'unproven' && place.sqlstate === undefined))
      throw new TargetError(`${place?.place ?? 'the target'} gave no answer: ${place?.answer ?? ''}`)
    const passed = place.outcome === 'accepted' || LOGIN_PASSED.has(place.sqlstate ?? '')
    if (passed && place.unasked !== true) found.push(user)
  }
  return found
}
