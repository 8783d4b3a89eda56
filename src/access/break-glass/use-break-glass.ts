// Break-glass is used, and reviewed by somebody else. PostgreSQL refuses the next use until then, and a review of one's own.
import { Fault, following, isId, msAfter, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { violated } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { AccessLayer } from '../observe/records.ts'
import { administer, note, plainText } from '../role/administration.ts'
import { ACCESS_REQUEST } from '../request/records.ts'
import type { AccessRequestRecord } from '../request/records.ts'
import { BREAK_GLASS } from './records.ts'
import type { BreakGlassRecord, BreakGlassVerdict } from './records.ts'

export type CurrentBreakGlass = Current<BreakGlassRecord>

/** In the transaction that makes the grant, and before it. Answers the id of the use. */
export async function useBreakGlass(
  tx: Tx,
  act: Act,
  requestId: string,
  request: AccessRequestRecord,
): Promise<string> {
  const { principalId, purpose, requestedBy, interested, seconds = 0 } = request
  const data: BreakGlassRecord = {
    principalId,
    requestId: requestId as Id<'access_request'>,
    purpose,
    usedBy: requestedBy,
    persons: interested,
    at: act.at,
    until: msAfter(act.at, seconds * 1000),
    state: 'open',
  }
  const content = { actions: [...request.actions], resources: [...request.resources], until: data.until }
  const words = { type: 'break_glass.used', about: [principalId, requestId], content, reason: purpose }
  const id = newId('break_glass')
  await createWithEntries(tx, BREAK_GLASS, following(act, requestId), [{ id, data, words }])
  return id
}

/** In words for who asks, where PostgreSQL refused the use. */
export function breakGlassRefusal(error: unknown): Fault | undefined {
  if (violated(error)?.constraint !== 'break_glass_unreviewed') return undefined
  return new Fault(
    'conflict',
    'an earlier emergency was not reviewed: another person has to, `reeve break-glass list`',
    {
      cause: error,
    },
  )
}

export interface BreakGlassReview {
  readonly id: string
  readonly verdict: BreakGlassVerdict
  readonly reason: string
  /** Natural persons behind the act. */
  readonly behind: readonly string[]
}

const REVIEWER =
  'who used it, or made the token that is used now, does not review it: another person has to, with a token that ' +
  'neither knows (docs/guides/production.md, who stands behind a token)'

/** SECURITY: what is done with it after its review, nobody would look at. */
async function assertOver(tx: Tx, requestId: string, at: Instant): Promise<void> {
  const request = (await readCurrent<AccessRequestRecord>(tx, ACCESS_REQUEST, [requestId])).get(requestId)
  const grantId = request?.data.grantId ?? ''
  const grant = (await readCurrent<GrantRecord>(tx, GRANT, [grantId])).get(grantId)
  if (grant === undefined) return
  const { ended, until } = grant.data
  if (ended === undefined && (until === undefined || until > at))
    throw new Fault(
      'conflict',
      `its grant ${grantId} is in force until ${until ?? 'it is ended'}: end it first, \`reeve grant end\``,
    )
}

/**
 * Throws Fault('forbidden') for who may have used it, with an entry; Fault('conflict') for one that was reviewed, or whose grant is
 * still in force.
 */
export async function reviewBreakGlass(
  access: AccessLayer,
  act: Act,
  { id, verdict, reason: said, behind }: BreakGlassReview,
): Promise<CurrentBreakGlass> {
  const reason = plainText('the reason', said, 500)
  try {
    return await administer(access, act, async (tx) => {
      const current = isId('break_glass', id)
        ? (await readCurrent<BreakGlassRecord>(tx, BREAK_GLASS, [id], { lock: true })).get(id)
        : undefined
      if (current === undefined) throw new Fault('not_found', 'there is no such use of break-glass')
      const { review, principalId, requestId } = current.data
      if (review !== undefined) throw new Fault('conflict', `it was reviewed on ${review.at}`)
      const words = { type: 'break_glass.reviewed', about: [principalId, requestId], content: { verdict }, reason }
      const patch = (data: BreakGlassRecord): BreakGlassRecord => ({
        ...data,
        state: 'reviewed',
        review: { by: act.actor.id, behind: [...behind].sort(), at: act.at, verdict, reason },
      })
      const reviewing = following(act, requestId)
      const [made] = await changeWithEntries<BreakGlassRecord>(tx, BREAK_GLASS, reviewing, [{ current, patch, words }])
      if (made === undefined) throw new Error('one change makes one version')
      // whoever may not review it at all is told that, and has left an entry
      await assertOver(tx, requestId, act.at)
      return made
    })
  } catch (error) {
    if (violated(error)?.constraint !== 'break_glass_four_eyes') throw error
    await access.db.transaction(async (tx) => await note(tx, following(act, id), 'break_glass.refused', [id]))
    throw new Fault('forbidden', REVIEWER, { cause: error })
  }
}
