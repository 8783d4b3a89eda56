// A grant for tests, made as real ones are: asked for and given, but by policy alone.
import { newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import type { Current } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { useBreakGlass } from '../break-glass/use-break-glass.ts'
import type { GrantKind } from '../decide/index.ts'
import type { AccessLayer } from '../observe/records.ts'
import { ACCESS_REQUEST } from '../request/records.ts'
import type { AccessRequestRecord } from '../request/records.ts'
import type { GrantRecord } from './records.ts'
import { makeGrant } from './write-grants.ts'

export async function grantInTest(
  access: AccessLayer,
  act: Act,
  right: {
    readonly principalId: Id<'principal'>
    readonly kind?: GrantKind
    readonly actions: readonly string[]
    readonly resources: readonly string[]
    readonly from?: Instant
    readonly until?: Instant
  },
): Promise<Current<GrantRecord>> {
  const { principalId, kind = 'standing', actions, resources, from = act.at, until } = right
  const requestId = newId('access_request')
  const data: AccessRequestRecord = {
    principalId,
    kind,
    actions: [...actions].sort(),
    resources: [...resources].sort(),
    purpose: 'a test',
    requestedBy: act.actor.id,
    interested: kind === 'break_glass' ? [act.actor.id] : [],
    needs: { approval: 'none', approvals: 0, policyIds: [], policyVersion: 'none' },
    state: 'granted',
  }
  return await access.db.transaction(async (tx) => {
    const words = { type: 'access_request.made', content: { kind, actions: [], resources: [], approval: 'none' } }
    await createWithEntries(tx, ACCESS_REQUEST, act, [{ id: requestId, data, words }])
    if (kind === 'break_glass') await useBreakGlass(tx, act, requestId, data)
    const grant = { principalId, kind, actions, resources, from, reason: 'a test', requestId, approvedBy: [] }
    return await makeGrant(access, tx, act, { ...grant, ...(until !== undefined && { until }) })
  })
}
