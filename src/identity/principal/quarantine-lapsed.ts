// What was to end by a day ends on it: active principals that expired, or whose exception did, are quarantined.
import type { Act } from '#kernel'
import { sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import { operateOnPrincipals, patchPrincipals } from './patch-principal.ts'
import type { PrincipalPatch } from './patch-principal.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { activationGaps, afterException, mayStand } from './activation.ts'
import { quarantined } from './quarantine.ts'

export interface Lapsed {
  readonly quarantined: readonly { readonly id: string; readonly cause: 'expired' | 'exception_ended' }[]
  /** Their exception ended, and by the rules they need none any more: they stay active. */
  readonly released: readonly string[]
  /** There may be more of them: call again. */
  readonly more: boolean
}

const BATCH = 500

/**
 * One batch, in one transaction; safe to repeat and to run twice at once. A review that was missed is not judged here:
 * that is a campaign's to say.
 */
export async function quarantineLapsed(identity: IdentityLayer, act: Act): Promise<Lapsed> {
  return await operateOnPrincipals(
    identity,
    act,
    (lapsed) => [...lapsed.quarantined.map(({ id }) => id), ...lapsed.released],
    async (tx) => {
      const found = await tx.query<Current<PrincipalRecord>>(sql`
        select ${CURRENT} from identity.principal
        where state = 'active' and (expires_at <= ${act.at}::text or data #>> '{exception,until}' <= ${act.at}::text)
        order by id limit ${BATCH} for update`)
      const judged = found.map((current) => ({ current, cause: causeOf(current.data, act) }))
      await patchPrincipals(
        tx,
        act,
        judged.map(({ current, cause }) => changeOf(current, cause, act)),
      )
      return {
        quarantined: judged.flatMap(({ current: { id }, cause }) => (cause === undefined ? [] : [{ id, cause }])),
        released: judged.flatMap(({ current: { id }, cause }) => (cause === undefined ? [id] : [])),
        more: found.length === BATCH,
      }
    },
  )
}

type Cause = Lapsed['quarantined'][number]['cause']

function causeOf(data: PrincipalRecord, act: Act): Cause | undefined {
  if (data.expiresAt !== undefined && data.expiresAt <= act.at) return 'expired'
  return mayStand(afterException(data, act.at)) ? undefined : 'exception_ended'
}

function changeOf(current: Current<PrincipalRecord>, cause: Cause | undefined, act: Act): PrincipalPatch {
  const { data } = current
  if (cause === undefined) {
    return {
      current,
      patch: (record) => afterException(record, act.at),
      words: { type: 'principal.exception_ended', content: { until: data.exception?.until ?? null } },
    }
  }
  const ended = data.exception?.until ?? act.at
  const reason = cause === 'expired' ? `expired at ${data.expiresAt ?? act.at}` : `its exception ended at ${ended}`
  const content = { from: 'active', cause, gaps: activationGaps(data) }
  return {
    current,
    patch: quarantined(data, act, reason),
    words: { type: 'principal.quarantined', content, reason },
  }
}
