// Users, groups, roles and instance profiles as facts, from the records that every IAM export writes alike.
import { parseInstant, ref } from '#kernel'
import type { Instant, Json, Observation, PrincipalFact, Ref } from '#kernel'
import { instantIn, isRecord, listOf, member, oneOrMore, optional, textIn } from '../untrusted-value.ts'
import { attachmentFacts, unreadList } from './attachments.ts'
import { iamArn, principalAliases } from './iam-name.ts'
import type { IamArn } from './iam-name.ts'
import { lastAccessed } from './last-accessed.ts'
import { problemAt, provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'
import { documentOf } from './policy-document.ts'
import { kindOfRole } from './role-kind.ts'
import { unreadableStatements } from './statement-shape.ts'
import { readTags } from './tags.ts'
import { firstUnread, trustedParties, trustFacts } from './trust.ts'

/** Accounts in full describe a principal's policies; a bare listing (`list-users`) describes the principal only. */
export type Detail = 'full' | 'listing'

interface Common {
  readonly arn: IamArn
  readonly ref: Ref
  readonly text: string
}

function common(record: UntrustedRecord, type: string): Common | undefined {
  const text = textIn(record, 'Arn')
  const arn = iamArn(text)
  return arn?.type === type && text !== undefined ? { arn, text, ref: ref('aws', text) } : undefined
}

const latestOf = (...instants: readonly (Instant | undefined)[]): Instant | undefined =>
  instants
    .filter((at) => at !== undefined)
    .toSorted()
    .at(-1)

type Own = Pick<PrincipalFact, 'kind' | 'nativeType'> & Partial<PrincipalFact>

function principal(
  record: UntrustedRecord,
  place: Place,
  { arn, text, ref: own }: Common,
  says: Own,
  uniqueId: string,
): PrincipalFact {
  const tags = readTags(member(record, 'Tags'))
  const used = lastAccessed(member(record, 'LastAccessed'))
  const { attributes, lastUsedAt, ...rest } = says
  const description = textIn(record, 'Description')
  const purpose =
    tags.purpose ?? (description === undefined ? undefined : { text: description, reason: 'its description' })
  return {
    type: 'principal',
    ref: own,
    aliases: principalAliases(arn, member(record, uniqueId)),
    ...rest,
    system: 'aws',
    externalId: text,
    name: arn.name,
    ...optional('createdAt', instantIn(record, 'CreateDate')),
    ...optional('lastUsedAt', latestOf(lastUsedAt, used?.at)),
    ...optional('environment', tags.environment),
    ...optional('purpose', purpose),
    labels: tags.labels,
    ownerHints: tags.ownerHints,
    attributes: {
      account: arn.account,
      ...(Array.isArray(member(record, 'Tags')) ? { tagsKnown: true } : {}),
      ...(used === undefined ? {} : { serviceLastAccessed: used.byService }),
      ...attributes,
    },
    provenance: provenanceOf(place, record, text),
  }
}

const nameless = (place: Place, record: UntrustedRecord, what: string): Observation =>
  problemAt(place, record, `${what} without a valid Arn: it was left out, the rest of the export was read`)

export function* userFacts(record: UntrustedRecord, place: Place, detail: Detail): Generator<Observation> {
  const named = common(record, 'user')
  if (named === undefined) {
    yield nameless(place, record, 'a user')
    return
  }
  const login = member(record, 'LoginProfileExists')
  const passwordUsed = instantIn(record, 'PasswordLastUsed')
  const hasPassword =
    typeof login === 'boolean'
      ? login
      : isRecord(member(record, 'LoginProfile')) || passwordUsed !== undefined
        ? true
        : undefined
  const attributes: Record<string, Json> = {}
  if (hasPassword !== undefined) attributes['consolePassword'] = hasPassword
  const says: Own = {
    kind: 'service_account',
    kindIsDefault: true,
    nativeType: 'iam-user',
    attributes,
    ...optional('lastUsedAt', passwordUsed),
  }
  yield principal(record, place, named, says, 'UserId')
  if (detail === 'full') yield* unreadList(record, place, named.ref, 'GroupList')
  for (const group of listOf(member(record, 'GroupList'))) {
    if (typeof group !== 'string' || group === '') continue
    const groupArn = `arn:${named.arn.partition}:iam::${named.arn.account}:group/${group}`
    const provenance = provenanceOf(place, record, named.text)
    yield {
      type: 'principal',
      ref: ref('aws', groupArn),
      kind: 'group',
      nativeType: 'iam-group',
      system: 'aws',
      externalId: groupArn,
      name: group,
      mentioned: true,
      provenance,
    }
    yield { type: 'membership', member: named.ref, group: ref('aws', groupArn), provenance }
  }
  if (detail === 'full') yield* attachmentFacts(record, place, named.ref, 'UserPolicyList')
}

export function* groupFacts(record: UntrustedRecord, place: Place, detail: Detail): Generator<Observation> {
  const named = common(record, 'group')
  if (named === undefined) {
    yield nameless(place, record, 'a group')
    return
  }
  yield principal(record, place, named, { kind: 'group', nativeType: 'iam-group' }, 'GroupId')
  if (detail === 'full') yield* attachmentFacts(record, place, named.ref, 'GroupPolicyList')
}

export function* roleFacts(record: UntrustedRecord, place: Place, detail: Detail): Generator<Observation> {
  const named = common(record, 'role')
  if (named === undefined) {
    yield nameless(place, record, 'a role')
    return
  }
  const stated = member(record, 'AssumeRolePolicyDocument')
  const document = documentOf(stated)
  const parties = document === undefined ? [] : trustedParties(document)
  const path = named.arn.pathAndName.slice(0, named.arn.pathAndName.length - named.arn.name.length)
  const { kind, nativeType, reason } = kindOfRole(`/${path}`, parties)
  const profiles = listOf(member(record, 'InstanceProfileList')).filter(isRecord)
  const used = member(record, 'RoleLastUsed')
  const attributes: Record<string, Json> = { kindReason: reason }
  if (nativeType === 'iam-service-linked-role') attributes['serviceLinked'] = true
  if (Array.isArray(member(record, 'InstanceProfileList')))
    attributes['instanceProfiles'] = profiles.flatMap((profile) => textIn(profile, 'Arn') ?? [])
  const says: Own = {
    kind,
    nativeType,
    attributes,
    ...(document === undefined ? { kindIsDefault: true } : {}),
    ...optional('lastUsedAt', isRecord(used) ? instantIn(used, 'LastUsedDate') : undefined),
    ...(nativeType === 'iam-service-linked-role' ? { vendor: 'AWS' } : {}),
  }
  yield principal(record, place, named, says, 'RoleId')
  for (const profile of profiles) yield* instanceProfileFacts(profile, place)
  if (document !== undefined) {
    const role = { arn: named.text, account: named.arn.account, provenance: provenanceOf(place, record, named.text) }
    const inFile = isRecord(stated)
    yield* trustFacts(role, parties, (statement) =>
      inFile
        ? provenanceOf(place, statement, `${named.text} trust`)
        : provenanceOf(place, record, `${named.text} trust`, 'AssumeRolePolicyDocument'),
    )
    yield* trustOddities(document, named.arn.name, place, inFile ? undefined : record)
  } else if (stated !== undefined) {
    yield problemAt(
      place,
      record,
      `role \`${named.arn.name}\` has a trust policy that cannot be read: who may take it on is not known`,
    )
  }
  if (detail === 'full') yield* attachmentFacts(record, place, named.ref, 'RolePolicyList')
}

/** `wrapped` is the record whose line stands for a document that is text. */
function* trustOddities(
  document: UntrustedRecord,
  name: string,
  place: Place,
  wrapped: UntrustedRecord | undefined,
): Generator<Observation> {
  const unread = firstUnread(document)
  if (unread !== undefined)
    yield problemAt(
      place,
      wrapped ?? unread,
      `role \`${name}\` has a trust policy that is far larger than AWS allows: from this statement on nothing was read`,
    )
  const bad = unreadableStatements(document, 'trust')
  const none = oneOrMore(member(document, 'Statement')).length === 0
  if (!none && bad.length === 0) return
  const first = bad[0]
  yield problemAt(
    place,
    wrapped ?? (isRecord(first) ? first : document),
    `role \`${name}\` has a trust policy with ${none ? 'no statement' : `${bad.length} ${bad.length === 1 ? 'statement' : 'statements'} that cannot be read in full`}: check Effect, Action and Principal; whom they let in is not known`,
  )
}

export function* instanceProfileFacts(record: UntrustedRecord, place: Place): Generator<Observation> {
  const arn = iamArn(member(record, 'Arn'))
  const text = textIn(record, 'Arn')
  if (arn?.type !== 'instance-profile' || text === undefined) return
  const createdAt = parseInstant(member(record, 'CreateDate'))
  yield {
    type: 'resource',
    ref: ref('aws', text),
    resourceType: 'iam-instance-profile',
    name: arn.name,
    attributes: {
      arn: text,
      roles: listOf(member(record, 'Roles')).flatMap((role) => (isRecord(role) ? (textIn(role, 'Arn') ?? []) : [])),
      ...optional('createdAt', createdAt),
    },
    provenance: provenanceOf(place, record, text),
  }
}
