// Google Cloud resources in state: service accounts, their keys, and roles given to them.
import { ref } from '#kernel'
import type { EntitlementFact, Observation, Provenance, Ref } from '#kernel'
import { embeddedSecret } from '../embedded-secret.ts'
import { attribute, instantOf, listAttribute, placeIn } from './reading.ts'
import type { ReadResource } from './reading.ts'

const EMAIL = /([\w.+-]{1,100}@[\w.-]{1,200}\.gserviceaccount\.com)/

function account(email: string, about: { name?: string; mentioned?: true }, provenance: Provenance): Observation {
  const { name = email.slice(0, email.indexOf('@')), ...rest } = about
  return {
    type: 'principal',
    ref: ref('gcp', email),
    kind: 'service_account',
    nativeType: 'gcp-service-account',
    system: 'gcp',
    externalId: email,
    name,
    ...rest,
    provenance,
  }
}

const serviceAccount: ReadResource = function* (resource, reading) {
  const email = EMAIL.exec(attribute(resource, 'email') ?? '')?.[1]
  if (email === undefined) return
  const described = attribute(resource, 'description')
  const fact = account(email, { name: attribute(resource, 'display_name') ?? email }, placeIn(reading, resource))
  if (fact.type !== 'principal') return
  const purpose =
    described === undefined ? {} : { purpose: { text: described, reason: '`description` in the Terraform state' } }
  yield { ...fact, ...purpose, attributes: { managedBy: 'terraform' } }
}

const serviceAccountKey: ReadResource = function* (resource, reading) {
  const email = EMAIL.exec(attribute(resource, 'service_account_id') ?? attribute(resource, 'name') ?? '')?.[1]
  const provenance = placeIn(reading, resource, 'private_key')
  if (email !== undefined) yield account(email, { mentioned: true }, provenance)
  const [created, expires] = [instantOf(resource, 'valid_after'), instantOf(resource, 'valid_before')]
  const id = /\/keys\/([0-9a-f]{20,64})$/.exec(attribute(resource, 'name') ?? attribute(resource, 'id') ?? '')?.[1]
  const about = {
    credentialType: 'private_key',
    ...(id === undefined ? {} : { ref: ref('gcp', `key/${id}`) }),
    ...(email === undefined ? {} : { principal: ref('gcp', email) }),
    ...(created === undefined ? {} : { createdAt: created }),
    // Google writes the year 9999 for a key that never expires
    ...(expires === undefined || expires >= '9000' ? {} : { expiresAt: expires }),
  } as const
  const value = attribute(resource, 'private_key')
  const name = `${resource.address}.private_key`
  if (value === undefined) yield { type: 'credential', exposure: 'record', name, ...about, provenance }
  else
    yield embeddedSecret({ name, value, rule: 'terraform-state', confidence: 0.99, about }, provenance, reading.context)
}

const roleGrant: ReadResource = function* (resource, reading) {
  const role = attribute(resource, 'role')
  if (role === undefined) return
  const member = attribute(resource, 'member')
  const scope = attribute(resource, 'project') ?? attribute(resource, 'bucket') ?? attribute(resource, 'folder') ?? '*'
  for (const each of member === undefined ? listAttribute(resource, 'members') : [member]) {
    const email = each.startsWith('serviceAccount:') ? EMAIL.exec(each)?.[1] : undefined
    if (email === undefined) continue
    const provenance = placeIn(reading, resource)
    yield account(email, { mentioned: true }, provenance)
    yield entitlement(ref('gcp', email), role, scope, provenance)
  }
}

function entitlement(principal: Ref, role: string, scope: string, provenance: Provenance): EntitlementFact {
  const admin = /^roles\/(?:owner|.*[aA]dmin|iam\.serviceAccount(?:TokenCreator|User|KeyAdmin))$/.test(role)
  const read = /(?:[vV]iewer|[rR]eader|browser)$/.test(role)
  return {
    type: 'entitlement',
    principal,
    system: 'gcp',
    permission: role,
    actions: [`gcp:${role}`],
    resources: [`gcp://${scope}`],
    level: admin && /^roles\/(?:owner|resourcemanager\.|iam\.)/.test(role) ? 'admin' : read ? 'read' : 'write',
    reason: `holds \`${role}\` on \`${scope}\``,
    provenance,
  }
}

export const GOOGLE_RESOURCES: Readonly<Record<string, ReadResource>> = {
  google_service_account: serviceAccount,
  google_service_account_key: serviceAccountKey,
  google_project_iam_member: roleGrant,
  google_project_iam_binding: roleGrant,
  google_folder_iam_member: roleGrant,
  google_organization_iam_member: roleGrant,
  google_storage_bucket_iam_member: roleGrant,
}
