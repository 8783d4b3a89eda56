// What this caller may do with this principal now: the same table that refuses says it beforehand.
import { covers } from '#access/records'
import { activationGaps } from '#identity/roll'
import type { CurrentPrincipal } from '#identity/roll'
import { answersFor, mayCall } from './authorise.ts'
import type { Caller } from './caller.ts'
import { changes } from './endpoint.ts'
import type { AnyEndpoint } from './endpoint.ts'

function allowedActions(endpoints: readonly AnyEndpoint[], caller: Caller, { data }: CurrentPrincipal): string[] {
  return endpoints
    .filter(
      (endpoint) =>
        changes(endpoint) &&
        endpoint.path.includes('{principalId}') &&
        covers(caller.scopes, endpoint.scope) &&
        (mayCall(caller, endpoint) || (endpoint.who.owner === true && answersFor(caller, data))) &&
        (endpoint.possible?.(data) ?? true),
    )
    .map(({ operationId }) => operationId)
}

/** A principal with what its reader may do and what it lacks. */
export function presented(endpoints: readonly AnyEndpoint[], caller: Caller, principal: CurrentPrincipal): object {
  return {
    ...principal,
    gaps: principal.data.state === 'retired' ? [] : activationGaps(principal.data),
    allowedActions: allowedActions(endpoints, caller, principal),
  }
}
