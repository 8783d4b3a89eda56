// A request for a new identity, decided by another natural person than the one who asked.
import { Fault, following } from '#kernel'
import type { Act } from '#kernel'
import { changeWithEntries } from '#evidence/port'
import type { IdentityLayer } from '../operation.ts'
import type { IdentityRequest } from '../record/proposal-records.ts'
import { REQUEST } from '../record/tables.ts'
import { textOf } from './limits.ts'
import { naturalPersonBehind, personsBehind } from './natural-person.ts'
import { operateOnPrincipals } from './patch-principal.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { writeRegistered } from './register.ts'
import { lockPending } from './request-identity.ts'
import type { CurrentRequest } from './request-identity.ts'

const WHO_ASKED =
  'who asked cannot decide, nor with a token that they made or may know: another person has to, with a token of their own'

export interface RequestDecided {
  readonly request: CurrentRequest
  /** Made by an approval, in state registered. */
  readonly principal?: CurrentPrincipal
}

/**
 * Four eyes, here and as the constraint `request_four_eyes`. Throws Fault('forbidden') for the person who asked,
 * Fault('conflict') where it was decided already or its identifier has been taken meanwhile.
 */
export async function decideIdentityRequest(
  identity: IdentityLayer,
  act: Act,
  input: {
    readonly requestId: string
    readonly expectedVersion?: number
    readonly decision: 'approve' | 'deny'
    readonly reason: string
  },
): Promise<RequestDecided> {
  const reason = textOf('reason', input.reason)
  return await operateOnPrincipals(
    identity,
    act,
    ({ principal }) => (principal === undefined ? [] : [principal.id]),
    async (tx) => {
      const current = await lockPending(tx, input)
      const decidedByPerson = await naturalPersonBehind(tx, act.actor)
      const decidedBehind = await personsBehind(tx, act.actor)
      const { data } = current
      if (act.actor.id === data.requestedBy || decidedBehind.some((person) => data.requestedBehind.includes(person))) {
        throw new Fault('forbidden', WHO_ASKED)
      }
      const approved = input.decision === 'approve'
      const principal = approved
        ? await writeRegistered(tx, following(act, current.id), wanted(data, act), {
            how: 'requested',
            source: current.id,
          })
        : undefined
      const [request] = await changeWithEntries<IdentityRequest>(tx, REQUEST, act, [
        {
          current,
          patch: (record) => ({
            ...record,
            state: approved ? 'approved' : 'denied',
            decidedBy: act.actor.id,
            decidedByPerson,
            decidedBehind,
            decidedAt: act.at,
            decisionReason: reason,
            ...(principal === undefined ? {} : { principalId: principal.id as NonNullable<typeof data.principalId> }),
          }),
          words: {
            type: approved ? 'identity.request_approved' : 'identity.request_denied',
            about: principal === undefined ? [] : [principal.id],
            reason,
          },
        },
      ])
      if (request === undefined) throw new Error('one change makes one version')
      return { request, ...(principal === undefined ? {} : { principal }) }
    },
  )
}

function wanted(data: IdentityRequest, act: Act): Parameters<typeof writeRegistered>[2] {
  const { kind, system, name, externalId, owner, backup, purpose, expiresAt } = data
  if (expiresAt <= act.at) throw new Fault('conflict', 'its expiry has passed while it waited: ask again')
  return {
    kind,
    system,
    name,
    ...(externalId === undefined ? {} : { externalId }),
    owner,
    ...(backup === undefined ? {} : { backup }),
    purpose,
    expiresAt,
  }
}
