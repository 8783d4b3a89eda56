// Asking for a right. What policy gives by itself becomes a grant at once; else it waits for those who have to agree.
import { Fault, following, msAfter, newId } from '#kernel'
import type { Act, Id } from '#kernel'
import { once } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { breakGlassRefusal, useBreakGlass } from '../break-glass/use-break-glass.ts'
import { identityDenial, wordsOf } from '../decide/index.ts'
import type { DecisionState, GrantKind } from '../decide/index.ts'
import { fulfillerOf } from '../fulfil/fulfiller-of.ts'
import { assertRight, lockGrant, makeGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { plainText } from '../role/administration.ts'
import { judgeRequest, whyNot } from './judge-request.ts'
import { ACCESS_REQUEST } from './records.ts'
import type { AccessRequestRecord, Approval } from './records.ts'

export interface AccessAsked {
  readonly principalId: Id<'principal'>
  readonly kind: GrantKind
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly seconds?: number
  readonly purpose: string
  /** Natural persons behind who asks. */
  readonly behind: readonly string[]
  /** Natural persons who answer for the principal, or are it. */
  readonly interested: readonly string[]
  /** The manager of who answers for it, where one is known. */
  readonly managerId?: string
  /** Who answers for all of the resources, as parties. */
  readonly owners?: readonly string[]
  /** The grant whose right is asked for once more: the same principal, actions and resources. */
  readonly extends?: Id<'grant'>
}

export type CurrentAccessRequest = Current<AccessRequestRecord>

const DAY = 86_400
const BREAK_GLASS_SECONDS_MAX = 4 * 3600
/** How many have to agree. */
export const NEEDED: Readonly<Record<Approval, number>> = { none: 0, manager: 1, owner: 1, approver: 1, two: 2 }

/** Throws Fault('forbidden') with the policy that forbids it, Fault('unprocessable') for what cannot be a right. */
export async function requestAccess(
  access: AccessLayer,
  state: DecisionState,
  act: Act,
  asked: AccessAsked,
): Promise<CurrentAccessRequest> {
  await access.lookForTargets?.()
  fulfillerOf(access.fulfillers ?? [], asked)
  const data = recordOf(access, state, act, asked)
  try {
    return await requestIn(access, act, data)
  } catch (error) {
    throw breakGlassRefusal(error) ?? error
  }
}

async function requestIn(access: AccessLayer, act: Act, data: AccessRequestRecord): Promise<CurrentAccessRequest> {
  return await access.db.transaction(async (tx) => {
    const id = await once(tx, act.idempotency, act.at, async () => {
      if (data.extends !== undefined) await assertExtends(tx, data, data.extends)
      const about = [data.principalId, ...(data.extends === undefined ? [] : [data.extends])]
      const words = { type: 'access_request.made', about, content: contentOf(data) }
      const requestId = newId('access_request')
      const asking = data.extends === undefined ? act : following(act, data.extends)
      await createWithEntries(tx, ACCESS_REQUEST, asking, [{ id: requestId, data, words }])
      if (data.needs.approvals === 0) await grantRequest(access, tx, act, await lockRequest(tx, requestId), [])
      return requestId
    })
    return await lockRequest(tx, id)
  })
}

/** An extension is a request as any other, by the same rules; it cannot be used to ask for something else in passing. */
async function assertExtends(tx: Tx, asked: AccessRequestRecord, id: string): Promise<void> {
  const { principalId, actions, resources } = (await lockGrant(tx, id)).data
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join('\n') === b.join('\n')
  if (principalId === asked.principalId && same(actions, asked.actions) && same(resources, asked.resources)) return
  throw new Fault('unprocessable', 'an extension asks for what the grant gives: its principal, actions and resources')
}

function recordOf(access: AccessLayer, state: DecisionState, act: Act, asked: AccessAsked): AccessRequestRecord {
  const { principalId, kind, managerId, owners = [] } = asked
  assertRight(asked)
  const seconds = secondsOf(asked, access.breakGlassSecondsMax)
  const right = {
    principalId,
    kind,
    actions: [...new Set(asked.actions)].sort(),
    resources: [...new Set(asked.resources)].sort(),
    ...(seconds !== undefined && { seconds }),
  }
  if (kind === 'break_glass') assertCanUseIt(state, principalId, Date.parse(act.at))
  const judged = judgeRequest(state, right, Date.parse(act.at))
  if (judged === undefined) throw new Fault('conflict', 'no policies are in force: nothing can be asked for')
  if (!judged.allowed) {
    const why = `${whyNot(judged)}${judged.reason === 'nothing_permits' && kind === 'break_glass' ? FOR_PERSONS : ''}`
    throw new Fault('forbidden', `\`${judged.action}\` on \`${judged.resource}\`: ${why}`)
  }
  return {
    ...right,
    purpose: plainText('the purpose', asked.purpose, 500),
    ...(asked.extends !== undefined && { extends: asked.extends }),
    requestedBy: act.actor.id,
    interested: [...new Set([...asked.behind, ...asked.interested])].sort(),
    needs: {
      approval: judged.approval,
      approvals: NEEDED[judged.approval],
      ...(judged.approval === 'manager' && managerId !== undefined && { managerId }),
      ...(judged.approval === 'owner' && owners.length > 0 && { owners }),
      policyIds: judged.policyIds,
      policyVersion: judged.versionId,
    },
    state: 'pending',
  }
}

const FOR_PERSONS = '; by the starter policies emergencies are for persons, and others ask for `just_in_time`'

/** An emergency that every decision denies would help nobody, and keep the next one from being used. */
function assertCanUseIt(state: DecisionState, principalId: string, now: number): void {
  const denial = identityDenial(state, state.principal(principalId), now)
  if (denial === undefined) return
  throw new Fault('conflict', `nothing would be allowed: ${wordsOf(denial)}; it has to be active before an emergency`)
}

function secondsOf({ kind, seconds }: AccessAsked, breakGlassSecondsMax = BREAK_GLASS_SECONDS_MAX): number | undefined {
  if (kind === 'standing') {
    if (seconds !== undefined)
      throw new Fault('unprocessable', 'a standing right has no `seconds`; ask for `just_in_time`')
    return undefined
  }
  const max = kind === 'break_glass' ? breakGlassSecondsMax : 30 * DAY
  if (seconds === undefined || !Number.isSafeInteger(seconds) || seconds < 1 || seconds > max) {
    throw new Fault('unprocessable', `say \`seconds\`: 1 to ${max} for ${kind}`)
  }
  return seconds
}

const contentOf = ({
  kind,
  actions,
  resources,
  seconds,
  needs,
}: AccessRequestRecord): Record<string, string | number | string[]> => ({
  kind,
  actions: [...actions],
  resources: [...resources],
  approval: needs.approval,
  ...(seconds !== undefined && { seconds }),
})

/** Reads it and holds it. Throws Fault('not_found'). */
export async function lockRequest(tx: Tx, id: string): Promise<CurrentAccessRequest> {
  const current = (await readCurrent<AccessRequestRecord>(tx, ACCESS_REQUEST, [id], { lock: true })).get(id)
  if (current === undefined) throw new Fault('not_found', 'there is no such request')
  return current
}

/** The grant begins now: the time was asked for, not the hour. PostgreSQL compares it with what was asked and agreed to. */
export async function grantRequest(
  access: AccessLayer,
  tx: Tx,
  act: Act,
  current: CurrentAccessRequest,
  approvals: readonly { readonly id: string; readonly actor: string }[],
): Promise<CurrentAccessRequest> {
  const { principalId, kind, actions, resources, seconds, purpose } = current.data
  const because = [current.id, ...approvals.map(({ id }) => id)]
  if (kind === 'break_glass') because.push(await useBreakGlass(tx, act, current.id, current.data))
  const until = seconds === undefined ? undefined : msAfter(act.at, seconds * 1000)
  const grant = await makeGrant(access, tx, following(act, ...because), {
    principalId,
    kind,
    actions,
    resources,
    from: act.at,
    ...(until !== undefined && { until }),
    reason: purpose,
    requestId: current.id as Id<'access_request'>,
    approvedBy: approvals.map(({ actor }) => actor),
  })
  return await moveRequest(tx, following(act, grant.id), current, 'access_request.granted', (data) => ({
    ...data,
    state: 'granted',
    grantId: grant.id as Id<'grant'>,
  }))
}

export async function moveRequest(
  tx: Tx,
  act: Act,
  current: CurrentAccessRequest,
  type: string,
  patch: (data: AccessRequestRecord) => AccessRequestRecord,
  about: readonly string[] = [],
): Promise<CurrentAccessRequest> {
  const words = {
    type,
    about: [current.data.principalId, ...about],
    ...(act.reason !== undefined && { reason: act.reason }),
  }
  const [made] = await changeWithEntries<AccessRequestRecord>(tx, ACCESS_REQUEST, act, [{ current, patch, words }])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}
