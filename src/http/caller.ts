// Who is asking: what authentication made of a token.
import type { Actor, Id } from '#kernel'
import type { Role, Scope } from '#access/records'
import type { Viewer } from '#identity/roll'

export interface Caller {
  readonly kind: 'person' | 'client' | 'bootstrap'
  readonly actor: Actor
  readonly name: string
  readonly tokenId: Id<'token'>
  readonly roles: ReadonlySet<Role>
  readonly scopes: readonly Scope[]
  /** Which parties of the roll the caller is: `person:psn_…`, `team:tm_…`. */
  readonly parties: readonly string[]
  readonly viewer: Viewer
}

/** These see the whole roll; everybody else sees what is theirs. */
const SEE_ALL: readonly Role[] = ['identity-admin', 'access-admin', 'auditor']

/** No person has this id: what nobody answers for is seen by nobody. */
const NOBODY = 'psn_00000000000000000000000000' as Id<'person'>

export function viewerOf(
  roles: ReadonlySet<Role>,
  personId: Id<'person'> | undefined,
  parties: readonly string[],
): Viewer {
  if (SEE_ALL.some((role) => roles.has(role))) return { scope: 'all' }
  return { scope: 'own', personId: personId ?? NOBODY, parties }
}
