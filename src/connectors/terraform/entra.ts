// Entra (Azure AD) resources in state: applications, service principals, managed identities and their secrets.
import { credentialRef, ref } from '#kernel'
import type { Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import { embeddedSecret } from '../embedded-secret.ts'
import { attribute, instantOf, knownId, placeIn } from './reading.ts'
import type { Reading, ReadResource } from './reading.ts'
import type { StateResource } from './state.ts'

const clientIdOf = (resource: StateResource): string | undefined =>
  attribute(resource, 'client_id') ?? attribute(resource, 'application_id')

/** `/applications/OBJECT-ID` in newer providers, the bare id in older ones. */
const bareId = (id: string | undefined): string | undefined => id?.slice(id.lastIndexOf('/') + 1)

const applicationFact: ReadResource = function* (resource, reading) {
  const appId = clientIdOf(resource)
  if (appId === undefined) return
  const objectId = attribute(resource, 'object_id')
  yield {
    type: 'principal',
    ref: ref('entra', `app/${appId}`),
    aliases: [
      ref('entra', `sp-app/${appId}`),
      ...(objectId === undefined ? [] : [ref('entra', `app-object/${objectId}`)]),
    ],
    kind: 'oauth_app',
    nativeType: 'application',
    system: 'entra',
    externalId: appId,
    name: attribute(resource, 'display_name') ?? attribute(resource, 'name') ?? appId,
    attributes: { appId, managedBy: 'terraform' },
    provenance: placeIn(reading, resource),
  }
}

const servicePrincipal: ReadResource = function* (resource, reading) {
  const objectId = attribute(resource, 'object_id') ?? bareId(attribute(resource, 'id'))
  if (objectId === undefined) return
  const appId = clientIdOf(resource)
  yield {
    type: 'principal',
    ref: ref('entra', `sp/${objectId}`),
    kind: 'oauth_app',
    nativeType: 'servicePrincipal',
    system: 'entra',
    externalId: objectId,
    name: attribute(resource, 'display_name') ?? appId ?? objectId,
    attributes: { managedBy: 'terraform', ...(appId === undefined ? {} : { appId }) },
    provenance: placeIn(reading, resource),
  }
}

const managedIdentity: ReadResource = function* (resource, reading) {
  const clientId = clientIdOf(resource)
  const objectId = attribute(resource, 'principal_id')
  if (clientId === undefined) return
  yield {
    type: 'principal',
    ref: ref('entra', `sp-app/${clientId}`),
    ...(objectId === undefined ? {} : { aliases: [ref('entra', `sp/${objectId}`)] }),
    kind: 'workload',
    nativeType: 'managed-identity',
    system: 'entra',
    externalId: objectId ?? clientId,
    name: attribute(resource, 'name') ?? clientId,
    attributes: { clientId, managedBy: 'terraform' },
    provenance: placeIn(reading, resource),
  }
}

function holderOf(resource: StateResource, reading: Reading, of: 'application' | 'service_principal'): Ref | undefined {
  const objectId = bareId(
    attribute(resource, `${of}_object_id`) ?? attribute(resource, `${of}_id`) ?? attribute(resource, 'object_id'),
  )
  if (objectId === undefined) return undefined
  if (of === 'service_principal') return ref('entra', `sp/${objectId}`)
  const appId = knownId(reading, 'azuread_application', objectId)
  return appId === undefined ? ref('entra', `app-object/${objectId}`) : ref('entra', `app/${appId}`)
}

function mention(holder: Ref, resource: StateResource, provenance: Provenance): PrincipalFact {
  const id = holder.slice(holder.lastIndexOf('/') + 1)
  return {
    type: 'principal',
    ref: holder,
    kind: 'oauth_app',
    nativeType: holder.includes('sp/') ? 'servicePrincipal' : 'application',
    system: 'entra',
    externalId: id,
    name: attribute(resource, 'display_name') ?? id,
    mentioned: true,
    provenance,
  }
}

const password = (of: 'application' | 'service_principal'): ReadResource =>
  function* (resource, reading): Generator<Observation> {
    const holder = holderOf(resource, reading, of)
    const value = attribute(resource, 'value')
    const provenance = placeIn(reading, resource, value === undefined ? undefined : 'value')
    if (holder !== undefined) yield mention(holder, resource, provenance)
    const keyId = attribute(resource, 'key_id')
    const [created, expires] = [instantOf(resource, 'start_date'), instantOf(resource, 'end_date')]
    const about = {
      ...(keyId === undefined ? {} : { ref: credentialRef.entraKey(keyId) }),
      credentialType: 'oauth_client_secret',
      ...(holder === undefined ? {} : { principal: holder }),
      ...(created === undefined ? {} : { createdAt: created }),
      ...(expires === undefined ? {} : { expiresAt: expires }),
    } as const
    const name = `${resource.address}.value`
    if (value === undefined) yield { type: 'credential', exposure: 'record', name, ...about, provenance }
    else
      yield embeddedSecret(
        { name, value, rule: 'terraform-state', confidence: 0.99, about },
        provenance,
        reading.context,
      )
  }

export const ENTRA_RESOURCES: Readonly<Record<string, ReadResource>> = {
  azuread_application: applicationFact,
  azuread_application_registration: applicationFact,
  azuread_service_principal: servicePrincipal,
  azuread_application_password: password('application'),
  azuread_service_principal_password: password('service_principal'),
  azurerm_user_assigned_identity: managedIdentity,
}
