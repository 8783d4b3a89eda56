// One call of a fulfiller, bounded in time; whatever it throws is an answer too.
import { messageOf, plainWords } from '#kernel'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { GrantAtTarget, GrantFulfiller } from './port.ts'

const CALL_MS = 30_000

type Call = 'activate' | 'end' | 'verify'
type Answered<C extends Call> = Awaited<ReturnType<GrantFulfiller[C]>>

/** `undefined`: it threw or took too long; `reason` has it in words. */
export async function callTarget<C extends Call>(
  fulfiller: GrantFulfiller,
  call: C,
  grant: CurrentGrant,
  signal: AbortSignal,
): Promise<Answered<C> | { readonly failed: string }> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)])
  try {
    const asked = fulfiller[call](atTarget(grant), bounded) as Promise<Answered<C>>
    return await Promise.race([asked, aborted(bounded)])
  } catch (error) {
    return { failed: plainWords(`the target could not be asked: ${messageOf(error)}`) }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(signal.reason as Error)
    if (signal.aborted) refuse()
    else signal.addEventListener('abort', refuse, { once: true })
  })
}

function atTarget({ id, version, data }: CurrentGrant): GrantAtTarget {
  const { principalId, kind, actions, resources, from, until, requestId, fulfilment } = data
  const decisionId = fulfilment?.decisionId
  return {
    id: id as GrantAtTarget['id'],
    principalId,
    kind,
    actions,
    resources,
    from,
    ...(until !== undefined && { until }),
    requestId,
    ...(decisionId !== undefined && { decisionId }),
    fence: version,
  }
}
