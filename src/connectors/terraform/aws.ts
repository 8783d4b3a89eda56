// AWS resources in state: users, roles, groups, keys and policies join the aws connector's by ARN and key id.
import { credentialRef, ref } from '#kernel'
import type { AttachmentFact, Json, Observation, PrincipalFact, Ref } from '#kernel'
import {
  accountOfAccessKey,
  documentOf,
  iamArn,
  keyMadeAt,
  kindOfRole,
  principalAliases,
  readTags,
  trustedParties,
  trustFacts,
} from '../aws-iam.ts'
import { embeddedSecret } from '../embedded-secret.ts'
import { isPlaceholder } from '../placeholder.ts'
import { textIn } from '../untrusted-value.ts'
import { attribute, blocks, instantOf, knownId, listAttribute, mapAttribute, placeIn, unresolved } from './reading.ts'
import type { Reading, ReadResource } from './reading.ts'
import type { StateResource } from './state.ts'

const KIND = { user: 'service_account', role: 'service_account', group: 'group' } as const
const NATIVE = { user: 'iam-user', role: 'iam-role', group: 'iam-group' } as const
type IamType = keyof typeof NATIVE

function principalFact(type: IamType, resource: StateResource, reading: Reading): PrincipalFact | undefined {
  const arn = iamArn(attribute(resource, 'arn'))
  const externalId = attribute(resource, 'arn')
  if (arn === undefined || externalId === undefined) return undefined
  const tags = mapAttribute(resource, 'tags_all') ?? mapAttribute(resource, 'tags') ?? {}
  const said = readTags(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })))
  const created = instantOf(resource, 'create_date')
  const description = attribute(resource, 'description')
  const purpose =
    said.purpose ??
    (description === undefined ? undefined : { text: description, reason: '`description` in the Terraform state' })
  const parties = trustedParties(documentOf(attribute(resource, 'assume_role_policy')) ?? {})
  const role = kindOfRole(`/${arn.pathAndName.slice(0, -arn.name.length)}`, parties)
  return {
    type: 'principal',
    ref: ref('aws', externalId),
    aliases: principalAliases(arn, attribute(resource, 'unique_id')),
    kind: type === 'role' ? role.kind : KIND[type],
    ...(type === 'user' || (type === 'role' && parties.length === 0) ? { kindIsDefault: true } : {}),
    nativeType: type === 'role' ? role.nativeType : NATIVE[type],
    system: 'aws',
    externalId,
    name: arn.name,
    ...(created === undefined ? {} : { createdAt: created }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(said.environment === undefined ? {} : { environment: said.environment }),
    labels: said.labels,
    ownerHints: said.ownerHints,
    attributes: { account: arn.account, tagsKnown: true, managedBy: 'terraform' },
    provenance: placeIn(reading, resource),
  }
}

const iam = (type: IamType): ReadResource =>
  function* (resource, reading): Generator<Observation> {
    const principal = principalFact(type, resource, reading)
    if (principal === undefined) return
    yield principal
    const boundary = attribute(resource, 'permissions_boundary')
    if (boundary !== undefined) yield attachment(ref('aws', boundary), principal.ref, 'boundary', resource, reading)
    for (const arn of listAttribute(resource, 'managed_policy_arns'))
      yield attachment(ref('aws', arn), principal.ref, 'identity', resource, reading)
    for (const inline of blocks(resource, 'inline_policy')) {
      const name = textIn(inline, 'name')
      if (name !== undefined) yield* inlinePolicy(name, textIn(inline, 'policy'), principal.ref, resource, reading)
    }
    const parties = trustedParties(documentOf(attribute(resource, 'assume_role_policy')) ?? {})
    const provenance = placeIn(reading, resource, 'assume_role_policy')
    const account = iamArn(principal.externalId)?.account ?? ''
    yield* trustFacts({ arn: principal.externalId, account, provenance }, parties, () => provenance)
  }

/**
 * The ARN that the state holds for the name; else the ARN without a path, when the account is known (names are unique in
 * an account whatever their path); else a mention under the state's own name.
 */
function* named(
  type: IamType,
  name: string,
  { resource, reading, account }: { resource: StateResource; reading: Reading; account?: string | undefined },
): Generator<Observation, Ref> {
  if (name.startsWith('arn:')) return ref('aws', name)
  const known = knownId(reading, `aws_iam_${type}`, name)
  if (known !== undefined) return ref('aws', known)
  const about = { type: `aws_iam_${type}`, name, nativeType: NATIVE[type], kind: KIND[type] }
  const mention = unresolved(reading, about, placeIn(reading, resource))
  if (account === undefined || !/^\d{12}$/.test(account)) {
    yield mention
    return mention.ref
  }
  const externalId = `arn:aws:iam::${account}:${type}/${name}`
  yield { ...mention, ref: ref('aws', externalId), system: 'aws', externalId }
  return ref('aws', externalId)
}

const accessKey: ReadResource = function* (resource, reading) {
  const id = attribute(resource, 'id')
  const user = attribute(resource, 'user')
  if (id === undefined) return
  const principal =
    user === undefined ? undefined : yield* named('user', user, { resource, reading, account: accountOfAccessKey(id) })
  const created = instantOf(resource, 'create_date')
  const status = attribute(resource, 'status')
  const about = {
    ref: credentialRef.awsAccessKey(id),
    // how the credential report, which has no ids, says the same key
    ...(principal === undefined || created === undefined
      ? {}
      : { aliases: [keyMadeAt(principal.slice('aws:'.length), created)] }),
    credentialType: 'aws_access_key',
    ...(principal === undefined ? {} : { principal }),
    ...(created === undefined ? {} : { createdAt: created }),
    ...(status === undefined ? {} : { enabled: status === 'Active' }),
    attributes: { keyId: id },
  } as const
  let held = false
  // the password for mail is worked out of the key: one secret in two forms
  for (const key of ['secret', 'ses_smtp_password_v4']) {
    const value = attribute(resource, key)
    if (value === undefined || isPlaceholder(value)) continue
    held = true
    const entry = { name: `${resource.address}.${key}`, value, rule: 'terraform-state', confidence: 0.99, about }
    yield embeddedSecret(entry, placeIn(reading, resource, key), reading.context)
  }
  if (held) return
  const provenance = placeIn(reading, resource, 'id')
  yield { type: 'credential', exposure: 'record', name: `${resource.address}.id`, ...about, provenance }
}

const loginProfile: ReadResource = function* (resource, reading) {
  const user = attribute(resource, 'user')
  if (user === undefined) return
  const principal = yield* named('user', user, { resource, reading })
  const password = attribute(resource, 'password')
  const name = `${resource.address}.password`
  const about = {
    // the credential report spells a user's password so
    ...(principal.startsWith('aws:') ? { ref: ref('aws', `${principal.slice('aws:'.length)}#console-password`) } : {}),
    credentialType: 'console_password',
    principal,
  } as const
  if (password === undefined || isPlaceholder(password))
    yield { type: 'credential', exposure: 'record', name, ...about, provenance: placeIn(reading, resource) }
  else
    yield embeddedSecret(
      { name, value: password, rule: 'terraform-state', confidence: 0.95, about },
      placeIn(reading, resource, 'password'),
      reading.context,
    )
}

function attachment(
  policy: Ref,
  target: Ref,
  as: AttachmentFact['as'],
  resource: StateResource,
  reading: Reading,
): AttachmentFact {
  return { type: 'attachment', policy, target, as, provenance: placeIn(reading, resource) }
}

function* inlinePolicy(
  name: string,
  text: string | undefined,
  target: Ref,
  resource: StateResource,
  reading: Reading,
): Generator<Observation> {
  const document = documentOf(text) as Json | undefined
  const provenance = placeIn(reading, resource, 'policy')
  if (document === undefined) {
    const message = `the policy of \`${resource.address}\` is no JSON document: what it allows is not known`
    yield { type: 'problem', ...provenance, message }
    return
  }
  const policy = `${target}/inline-policy/${name}` as Ref
  yield { type: 'policy', ref: policy, dialect: 'aws-iam', name, document, provenance }
  yield { ...attachment(policy, target, 'identity', resource, reading), via: 'inline' }
}

const managedPolicy: ReadResource = function* (resource, reading) {
  const arn = attribute(resource, 'arn')
  const document = documentOf(attribute(resource, 'policy')) as Json | undefined
  if (arn === undefined || document === undefined) return
  const name = attribute(resource, 'name') ?? arn.slice(arn.lastIndexOf('/') + 1)
  const provenance = placeIn(reading, resource, 'policy')
  yield { type: 'policy', ref: ref('aws', arn), dialect: 'aws-iam', name, document, provenance }
}

const inlinePolicyOf = (type: IamType): ReadResource =>
  function* (resource, reading): Generator<Observation> {
    const holder = attribute(resource, type)
    const name = attribute(resource, 'name')
    if (holder === undefined || name === undefined) return
    const target = yield* named(type, holder, { resource, reading })
    yield* inlinePolicy(name, attribute(resource, 'policy'), target, resource, reading)
  }

const attachmentOf = (types: Readonly<Partial<Record<IamType, string>>>): ReadResource =>
  function* (resource, reading): Generator<Observation> {
    const policy = attribute(resource, 'policy_arn')
    if (policy === undefined) return
    for (const type of ['user', 'role', 'group'] as const) {
      const key = types[type]
      if (key === undefined) continue
      const single = attribute(resource, key)
      for (const name of single === undefined ? listAttribute(resource, key) : [single]) {
        const target = yield* named(type, name, { resource, reading, account: iamArn(policy)?.account })
        yield attachment(ref('aws', policy), target, 'identity', resource, reading)
      }
    }
  }

const memberships: ReadResource = function* (resource, reading) {
  const groups = [attribute(resource, 'group') ?? [], listAttribute(resource, 'groups')].flat()
  const users = [attribute(resource, 'user') ?? [], listAttribute(resource, 'users')].flat()
  for (const groupName of groups) {
    const group = yield* named('group', groupName, { resource, reading })
    for (const user of users) {
      const userRef = yield* named('user', user, { resource, reading })
      yield { type: 'membership', member: userRef, group, provenance: placeIn(reading, resource) }
    }
  }
}

export const AWS_RESOURCES: Readonly<Record<string, ReadResource>> = {
  aws_iam_user: iam('user'),
  aws_iam_role: iam('role'),
  aws_iam_service_linked_role: iam('role'),
  aws_iam_group: iam('group'),
  aws_iam_access_key: accessKey,
  aws_iam_user_login_profile: loginProfile,
  aws_iam_policy: managedPolicy,
  aws_iam_user_policy: inlinePolicyOf('user'),
  aws_iam_role_policy: inlinePolicyOf('role'),
  aws_iam_group_policy: inlinePolicyOf('group'),
  aws_iam_user_policy_attachment: attachmentOf({ user: 'user' }),
  aws_iam_role_policy_attachment: attachmentOf({ role: 'role' }),
  aws_iam_group_policy_attachment: attachmentOf({ group: 'group' }),
  aws_iam_policy_attachment: attachmentOf({ user: 'users', role: 'roles', group: 'groups' }),
  aws_iam_group_membership: memberships,
  aws_iam_user_group_membership: memberships,
}
