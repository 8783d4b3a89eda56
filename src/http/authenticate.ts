// Authentication: a bearer token, and the person or API client of the roll behind it, both asked on every request.
import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '#kernel'
import type { Actor } from '#kernel'
import { authenticateToken, BOOTSTRAP, countedRoles } from '#access/records'
import type { Role, Token } from '#access/records'
import { readActor } from '#identity/roll'
import { viewerOf } from './caller.ts'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'

/** Why it was refused is for the log. SECURITY: the answer is the same for every reason. */
export class Unauthenticated extends Fault {
  readonly why: string

  constructor(why: string) {
    super('unauthenticated', 'send `Authorization: Bearer …` with a token that is in force; see `reeve token create`')
    this.why = why
  }
}

const BEARER = /^Bearer ([\w-]{1,200})$/i

/** What stands in the header in the form of a token; nothing is known of it yet. */
export const presentedBy = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1]

/** Throws Unauthenticated. */
export async function authenticate(doors: Doors, headers: IncomingHttpHeaders): Promise<Caller> {
  const presented = presentedBy(headers.authorization)
  if (presented === undefined) throw new Unauthenticated(headers.authorization === undefined ? 'absent' : 'malformed')
  const result = await authenticateToken(doors.access, presented)
  if ('denied' in result) throw new Unauthenticated(result.denied)
  const { token, roles } = result
  if (token.bootstrap) return bootstrapCaller(token)
  const subjectId = token.personId ?? token.principalId
  const actor =
    subjectId === null ? undefined : await readActor(doors.identity, subjectId, token.credentialId ?? undefined)
  if (actor === undefined) throw new Unauthenticated('its subject is not in the roll')
  if (actor.inactive !== undefined) throw new Unauthenticated(actor.inactive)
  const counted = await countedRoles(doors.identity, doors.access, actor, roles, token.knownTo)
  const behind = counted.behind.length === 0 ? {} : { behind: counted.behind }
  return actor.kind === 'person'
    ? caller(
        token,
        counted.roles,
        { id: actor.personId, personId: actor.personId, ...behind },
        actor.name,
        actor.parties,
      )
    : caller(token, counted.roles, { id: actor.principalId, ...behind }, actor.name, [])
}

function caller(
  token: Token,
  roles: ReadonlySet<Role>,
  actor: Actor,
  name: string,
  parties: readonly string[],
): Caller {
  return {
    kind: actor.personId === undefined ? 'client' : 'person',
    actor,
    name,
    tokenId: token.id,
    roles,
    scopes: token.scopes,
    parties,
    viewer: viewerOf(roles, actor.personId, parties),
  }
}

function bootstrapCaller(token: Token): Caller {
  return { ...caller(token, new Set(), { id: BOOTSTRAP }, 'the bootstrap token', []), kind: 'bootstrap' }
}
