// An application (the definition) and a service principal (its presence in a tenant), with their credentials.
import { credentialRef, parseInstant, ref } from '#kernel'
import type { Json, Observation, PrincipalKind, Provenance, Ref } from '#kernel'
import type { ParsedDocument, ReadContext } from '../port.ts'
import { records, text } from './graph-object.ts'
import type { GraphRecord } from './graph-object.ts'

export interface Place {
  readonly document: ParsedDocument
  readonly provenance: Provenance
  readonly context: ReadContext
  /** Tenants that are known to be one's own. */
  readonly tenants: ReadonlySet<string>
}

/** The tenant in which Microsoft's own applications are registered. */
const MICROSOFT_TENANT = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a'

export const applicationRef = (appId: string): Ref => ref('entra', `app/${appId}`)
export const servicePrincipalRef = (objectId: string): Ref => ref('entra', `sp/${objectId}`)
/** The client id, as federations and sign-in logs name the application: one more identifier of the application. */
const clientRef = (appId: string): Ref => ref('entra', `sp-app/${appId}`)

export function* application(record: GraphRecord, place: Place): Generator<Observation> {
  const appId = text(record, 'appId')
  const objectId = text(record, 'id')
  const name = text(record, 'displayName') ?? appId ?? objectId
  const own =
    appId === undefined
      ? objectId === undefined
        ? undefined
        : ref('entra', `app-object/${objectId}`)
      : applicationRef(appId)
  if (own !== undefined && name !== undefined) {
    const createdAt = parseInstant(record['createdDateTime'])
    const purpose = text(record, 'description') ?? text(record, 'notes')
    yield {
      type: 'principal',
      ref: own,
      aliases: [
        ...(appId === undefined ? [] : [clientRef(appId)]),
        ...(objectId === undefined ? [] : [ref('entra', `app-object/${objectId}`)]),
      ],
      kind: 'oauth_app',
      nativeType: 'application',
      system: 'entra',
      externalId: appId ?? objectId ?? name,
      name,
      ...(createdAt === undefined ? {} : { createdAt }),
      ...(purpose === undefined ? {} : { purpose: { text: purpose, reason: 'the application says so' } }),
      attributes: defined({
        appId,
        objectId,
        signInAudience: text(record, 'signInAudience'),
        publisherDomain: text(record, 'publisherDomain'),
        requestedPermissions: records(record, 'requiredResourceAccess').reduce(
          (sum, api) => sum + records(api, 'resourceAccess').length,
          0,
        ),
      }),
      ...(text(record, 'appId') === undefined && record['displayName'] === undefined ? { mentioned: true } : {}),
      provenance: place.provenance,
    }
  }
  yield* credentials(record, own, place)
}

export function* servicePrincipal(record: GraphRecord, place: Place): Generator<Observation> {
  const objectId = text(record, 'id')
  const appId = text(record, 'appId')
  const name = text(record, 'displayName') ?? text(record, 'appDisplayName') ?? appId ?? objectId
  const own =
    objectId !== undefined
      ? servicePrincipalRef(objectId)
      : appId !== undefined
        ? ref('entra', `sp-of/${appId}`)
        : name === undefined
          ? undefined
          : ref('entra', `sp-name/${name}`)
  if (own === undefined || name === undefined) return
  const type = text(record, 'servicePrincipalType')
  const home = text(record, 'appOwnerOrganizationId')
  const vendor = vendorOf(home, text(record, 'publisherName'), place.tenants)
  const enabled = record['accountEnabled']
  const createdAt = parseInstant(record['createdDateTime'])
  yield {
    type: 'principal',
    ref: own,
    kind: kindOf(type),
    nativeType: 'servicePrincipal',
    system: 'entra',
    externalId: objectId ?? appId ?? name,
    name,
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(vendor === undefined ? {} : { vendor }),
    attributes: defined({
      appId,
      objectId,
      servicePrincipalType: type,
      appOwnerOrganizationId: home,
      firstParty: home === undefined || place.tenants.size === 0 ? undefined : place.tenants.has(home),
      assignmentRequired: record['appRoleAssignmentRequired'] === true,
    }),
    provenance: place.provenance,
  }
  if (appId !== undefined) {
    yield {
      type: 'principal',
      ref: applicationRef(appId),
      aliases: [clientRef(appId)],
      kind: 'oauth_app',
      nativeType: 'application',
      system: 'entra',
      externalId: appId,
      name: text(record, 'appDisplayName') ?? name,
      mentioned: true,
      provenance: place.provenance,
    }
    yield {
      type: 'relation',
      relation: 'runs_as',
      from: { ref: applicationRef(appId) },
      to: own,
      provenance: place.provenance,
    }
  }
  yield* credentials(record, own, place)
}

function kindOf(servicePrincipalType: string | undefined): PrincipalKind {
  if (servicePrincipalType === 'ManagedIdentity') return 'workload'
  return servicePrincipalType === 'Legacy' ? 'service_account' : 'oauth_app'
}

function vendorOf(
  home: string | undefined,
  publisher: string | undefined,
  tenants: ReadonlySet<string>,
): string | undefined {
  if (home === undefined) return publisher
  if (home.toLowerCase() === MICROSOFT_TENANT) return 'Microsoft'
  if (tenants.size === 0 || tenants.has(home)) return undefined
  return publisher ?? `tenant ${home}`
}

function* credentials(record: GraphRecord, principal: Ref | undefined, place: Place): Generator<Observation> {
  for (const [member, credentialType] of [
    ['passwordCredentials', 'oauth_client_secret'],
    ['keyCredentials', 'certificate'],
  ] as const) {
    for (const entry of records(record, member)) {
      const keyId = text(entry, 'keyId')
      if (keyId === undefined) continue
      const createdAt = parseInstant(entry['startDateTime'])
      const expiresAt = parseInstant(entry['endDateTime'])
      // SECURITY: the value itself stands in answers to addPassword only; it leaves as a keyed fingerprint
      const secret = credentialType === 'oauth_client_secret' ? text(entry, 'secretText') : undefined
      const startLine = place.document.line(entry)
      yield {
        type: 'credential',
        ref: credentialRef.entraKey(keyId),
        credentialType,
        exposure: secret === undefined ? 'record' : 'embedded',
        ...(principal === undefined ? {} : { principal }),
        ...(secret === undefined
          ? {}
          : { fingerprint: place.context.fingerprint(secret), rule: 'entra-client-secret', confidence: 0.95 }),
        name: text(entry, 'displayName') ?? keyId,
        ...(createdAt === undefined ? {} : { createdAt, lastRotatedAt: createdAt }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        attributes: defined({ usage: text(entry, 'usage'), type: text(entry, 'type') }),
        provenance: {
          ...place.provenance,
          object: keyId,
          ...(startLine === undefined ? {} : { startLine, endLine: place.document.endLine(entry) ?? startLine }),
        },
      }
    }
  }
}

function defined(attributes: Record<string, Json | undefined>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  )
}
