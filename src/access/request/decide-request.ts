// A word on a request: agreed or denied by a natural person who has no interest in it; PostgreSQL checks that once more.
import { Fault, following, msAfter, newId } from '#kernel'
import type { Act } from '#kernel'
import { sql, violated } from '#db'
import type { Tx } from '#db'
import type { DecisionState } from '../decide/index.ts'
import { administer, note, plainText } from '../role/administration.ts'
import type { AccessLayer } from '../observe/records.ts'
import type { AccessRequestRecord } from './records.ts'
import { judgeRequest, stricter, whyNot } from './judge-request.ts'
import { grantRequest, lockRequest, moveRequest, NEEDED } from './request-access.ts'
import type { CurrentAccessRequest } from './request-access.ts'

export interface Word {
  readonly requestId: string
  readonly verdict: 'approve' | 'deny'
  readonly reason: string
  /** Natural persons behind the act. */
  readonly behind: readonly string[]
  /** Natural persons who answer for the principal now, whoever did when it was asked for. */
  readonly interested: readonly string[]
  /** What the one who decides may: be any approver, the manager who was asked, or of those who answer for the resources. */
  readonly as: { readonly approver: boolean; readonly personId?: string; readonly parties?: readonly string[] }
}

const INTERESTED =
  'who asked, would have the right or answers for it does not decide, nor does who made the token of one who decides: ' +
  'another person has to, with a token that none of them knows (docs/guides/production.md, who stands behind a token)'
const REFUSALS: Readonly<Record<string, string>> = {
  approval_four_eyes: INTERESTED,
  approval_two_people: 'you have had your word on it: another person has to agree',
}

/** A denial ends it; the last approval that it needs makes the grant. Throws Fault('forbidden') as PostgreSQL refuses. */
export async function decideAccessRequest(
  access: AccessLayer,
  state: DecisionState,
  act: Act,
  word: Word,
): Promise<CurrentAccessRequest> {
  const reason = plainText('the reason', word.reason, 500)
  try {
    return await administer(access, act, async (tx) => await decideIn(access, state, tx, { ...act, reason }, word))
  } catch (error) {
    const refusal = REFUSALS[violated(error)?.constraint ?? '']
    if (refusal === undefined) throw error
    // what was refused is kept, in a transaction of its own: that of the act is rolled back
    await access.db.transaction(
      async (tx) => await note(tx, following(act, word.requestId), 'access_request.refused', [word.requestId]),
    )
    throw new Fault('forbidden', refusal, { cause: error })
  }
}

async function decideIn(
  access: AccessLayer,
  known: DecisionState,
  tx: Tx,
  act: Act,
  word: Word,
): Promise<CurrentAccessRequest> {
  const current = await lockRequest(tx, word.requestId)
  const { state } = current.data
  if (state !== 'pending') throw new Fault('conflict', `the request was ${state} already`)
  const needs = word.verdict === 'deny' ? current.data.needs : needsNow(known, current.data, act)
  assertMayDecide(needs, word.as)
  const approvalId = newId('approval')
  await tx.execute(sql`
    insert into access.approval (id, request_id, verdict, actor, behind, interested, reason, at)
    values (${approvalId}, ${current.id}, ${word.verdict}, ${act.actor.id}, ${[...word.behind]},
      ${[...word.interested]}, ${act.reason ?? ''}, ${act.at})`)
  if (word.verdict === 'deny') {
    const patch = (data: AccessRequestRecord): AccessRequestRecord => ({ ...data, state: 'denied' })
    return await moveRequest(tx, act, current, 'access_request.denied', patch, [approvalId])
  }
  const agreed = await tx.query<{ id: string; actor: string }>(
    sql`select id, actor from access.approval where request_id = ${current.id} and verdict = 'approve' order by at, id`,
  )
  const about = [approvalId, current.id, current.data.principalId]
  await note(tx, following(act, current.id), 'access_request.approved', about)
  if (agreed.length < needs.approvals) return current
  return await grantRequest(access, tx, act, current, agreed)
}

/** As the policies say by now: where they ask for more than when it was asked for, that counts. */
function needsNow(known: DecisionState, asked: AccessRequestRecord, act: Act): AccessRequestRecord['needs'] {
  const judged = judgeRequest(known, asked, Date.parse(act.at))
  if (judged === undefined) throw new Fault('conflict', 'no policies are in force: nothing can be agreed to')
  if (!judged.allowed)
    throw new Fault(
      'forbidden',
      `\`${judged.action}\` on \`${judged.resource}\`: ${whyNot(judged)} by now; deny the request`,
    )
  const { needs } = asked
  const approval = stricter(needs.approval, judged.approval)
  return { ...needs, approval, approvals: Math.max(needs.approvals, NEEDED[approval]) }
}

function assertMayDecide({ approval, managerId, owners = [] }: AccessRequestRecord['needs'], as: Word['as']): void {
  if (as.approver) return
  if (approval === 'owner' && owners.some((party) => as.parties?.includes(party))) return
  if (approval === 'manager' && managerId !== undefined && as.personId === managerId) return
  throw new Fault(
    'forbidden',
    'this request is decided by approvers, by the manager who was asked, or by who answers for the resources',
  )
}

/** By who asked, and by nobody else. */
export async function withdrawAccessRequest(
  access: AccessLayer,
  act: Act,
  { requestId }: { readonly requestId: string },
): Promise<CurrentAccessRequest> {
  return await administer(access, act, async (tx) => {
    const current = await lockRequest(tx, requestId)
    const { state, requestedBy } = current.data
    if (requestedBy !== act.actor.id) throw new Fault('forbidden', 'only who asked can withdraw it: deny it instead')
    if (state !== 'pending') throw new Fault('conflict', `the request was ${state} already`)
    return await moveRequest(tx, act, current, 'access_request.withdrawn', (data) => ({ ...data, state: 'withdrawn' }))
  })
}

/** Nobody decided it in time. Returns how many. */
export async function expireAccessRequests({ db }: AccessLayer, act: Act, daysMax = 7): Promise<number> {
  const before = msAfter(act.at, -daysMax * 86_400_000)
  return await db.transaction(async (tx) => {
    const due = await tx.query<{ id: string }>(sql`
      select id from access.access_request where state = 'pending' and recorded_at < ${before}
      order by id limit 500 for update skip locked`)
    for (const { id } of due) {
      const current = await lockRequest(tx, id)
      await moveRequest(tx, act, current, 'access_request.expired', (data) => ({ ...data, state: 'expired' }))
    }
    return due.length
  })
}
