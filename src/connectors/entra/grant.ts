// What applications were granted: app roles (on their own behalf) and delegated permissions (on a user's behalf).
import { entraAction, entraResource, ref } from '#kernel'
import type { Observation, Provenance, Ref } from '#kernel'
import { servicePrincipalRef } from './application.ts'
import { GRAPH_APP_ROLES } from './graph-app-roles.ts'
import { text } from './graph-object.ts'
import type { GraphRecord } from './graph-object.ts'
import { permissionLevel } from './permission-level.ts'

/** "Any user may sign in": an assignment to this role gives no permission. */
const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000'

export function* appRoleAssignment(record: GraphRecord, provenance: Provenance): Generator<Observation> {
  const principalId = text(record, 'principalId')
  const roleId = text(record, 'appRoleId')?.toLowerCase()
  const resourceId = text(record, 'resourceId')
  if (principalId === undefined || roleId === undefined || resourceId === undefined) return
  const type = text(record, 'principalType') ?? 'ServicePrincipal'
  const principal = holder(type, principalId)
  const resource = text(record, 'resourceDisplayName') ?? resourceId
  yield mention(type, principal, principalId, text(record, 'principalDisplayName'), provenance)
  if (roleId === DEFAULT_ACCESS) return
  const name = GRAPH_APP_ROLES.get(roleId)
  const { level, reason } =
    name === undefined
      ? { level: 'unknown' as const, reason: `the role \`${roleId}\` of \`${resource}\` is not in the input` }
      : permissionLevel(name)
  yield {
    type: 'entitlement',
    principal,
    system: 'entra',
    permission: name ?? `app role ${roleId}`,
    actions: [entraAction(name ?? roleId)],
    resources: [entraResource(resource)],
    level,
    reason,
    conditions: { mode: 'application' },
    provenance,
  }
}

export function* delegatedGrant(record: GraphRecord, provenance: Provenance): Generator<Observation> {
  const clientId = text(record, 'clientId')
  const resourceId = text(record, 'resourceId')
  if (clientId === undefined || resourceId === undefined) return
  const everyone = text(record, 'consentType') === 'AllPrincipals'
  const principal = servicePrincipalRef(clientId)
  yield mention('ServicePrincipal', principal, clientId, undefined, provenance)
  for (const scope of (text(record, 'scope') ?? '').split(/\s+/).filter((part) => part !== '')) {
    const { level, reason } = permissionLevel(scope)
    yield {
      type: 'entitlement',
      principal,
      system: 'entra',
      permission: scope,
      actions: [entraAction(scope)],
      resources: [entraResource(resourceId)],
      // on behalf of a user it reaches no further than that user does
      level: level === 'admin' ? 'write' : level,
      reason: `${reason}, on behalf of ${everyone ? 'every user of the tenant' : 'one user'}`,
      conditions: { mode: 'delegated', consent: everyone ? 'all' : 'one' },
      via: everyone ? 'consent for all users' : 'consent of one user',
      provenance,
    }
  }
}

function holder(type: string, id: string): Ref {
  if (type === 'User') return ref('entra', `user/${id}`)
  return type === 'Group' ? ref('entra', `group/${id}`) : servicePrincipalRef(id)
}

function mention(type: string, own: Ref, id: string, name: string | undefined, provenance: Provenance): Observation {
  return {
    type: 'principal',
    ref: own,
    kind: type === 'User' ? 'human' : type === 'Group' ? 'group' : 'oauth_app',
    nativeType: type === 'User' ? 'user' : type === 'Group' ? 'group' : 'servicePrincipal',
    system: 'entra',
    externalId: id,
    name: name ?? id,
    mentioned: true,
    provenance,
  }
}
