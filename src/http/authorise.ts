// Authorisation: whether this caller may call this endpoint on this record. A 404 masks a 403 where the caller may not
// know that the record exists.
import { Fault } from '#kernel'
import { ADMINISTRATIONS, covers } from '#access/records'
import { getPrincipal } from '#identity/roll'
import type { CurrentPrincipal, PrincipalRecord } from '#identity/roll'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'
import { changes } from './endpoint.ts'
import type { Guarded } from './endpoint.ts'

export interface Authorised {
  readonly principal?: CurrentPrincipal
}

/**
 * Returns what it had to read. Throws Fault('forbidden'), or Fault('not_found') in its place. Operations check again what
 * only they can know under lock.
 */
export async function authorise(
  doors: Doors,
  caller: Caller,
  endpoint: Guarded,
  params: Readonly<Record<string, unknown>>,
): Promise<Authorised> {
  if (!covers(caller.scopes, endpoint.scope)) {
    throw new Fault('forbidden', `the token lacks the scope \`${endpoint.scope}\`; make one that has it`)
  }
  if (caller.kind === 'bootstrap') return bootstrapOnly(endpoint)
  const principalId = params.principalId
  if (typeof principalId !== 'string') return generally(caller, endpoint)
  // SECURITY: what is not there and what is not theirs to see is refused alike, by the same words
  const principal = await getPrincipal(doors.identity, caller.viewer, principalId)
  if (mayCall(caller, endpoint) || (endpoint.who.owner === true && answersFor(caller, principal.data))) {
    return { principal }
  }
  throw forbidden(endpoint)
}

function bootstrapOnly(endpoint: Guarded): Authorised {
  if (endpoint.who.bootstrap === true) return {}
  throw new Fault('forbidden', 'the bootstrap token only makes the first administrators; use one of their tokens')
}

function generally(caller: Caller, endpoint: Guarded): Authorised {
  if (mayCall(caller, endpoint)) return {}
  throw forbidden(endpoint)
}

/** Whether the caller may call it on some record at least, by role. */
export function mayCall(caller: Caller, endpoint: Guarded): boolean {
  const { who } = endpoint
  if (caller.kind === 'bootstrap') return who.bootstrap === true
  if (onlyAudits(caller) && changes(endpoint) && endpoint.tag !== 'administration') return false
  return who.anyone === true || who.self === true || (who.roles ?? []).some((role) => caller.roles.has(role))
}

/** An auditor reads everything and changes nothing but their own tokens. */
const onlyAudits = ({ roles }: Caller): boolean =>
  roles.has('auditor') && ADMINISTRATIONS.every((role) => !roles.has(role))

/** Owners and backups who are of record; a custodian answers for a use, not for the identity. */
export function answersFor(caller: Caller, { owner, backups }: PrincipalRecord): boolean {
  if (onlyAudits(caller)) return false
  const answering = [...(owner === undefined ? [] : [owner]), ...backups].filter(({ from }) => from === 'stated')
  return answering.some(({ party }) => caller.parties.includes(`${party.kind}:${party.id}`))
}

function forbidden({ who }: Guarded): Fault {
  if (who.anyone === true || who.self === true) {
    return new Fault('forbidden', 'an auditor reads everything and changes nothing but their own tokens')
  }
  const may = [...(who.roles ?? []), ...(who.owner === true ? ['its owner'] : [])]
  return new Fault('forbidden', `only ${may.length === 0 ? 'the bootstrap token' : may.join(', ')} may do this`)
}
