// The shapes of AWS's JSON, recognised by their members: one row per member, and what reads it.
import { ref } from '#kernel'
import type { Observation } from '#kernel'
import { isRecord, listOf, member, textIn, textOf } from '../untrusted-value.ts'
import { accessKeyFacts } from './access-keys.ts'
import { reportCsvFacts } from './credential-report-csv.ts'
import { reportRowFacts } from './credential-report.ts'
import { iamArn } from './iam-name.ts'
import { lastAccessedFacts } from './last-accessed.ts'
import { problemAt, provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'
import { documentOf, isPolicyDocument, policyFact } from './policy-document.ts'
import { groupFacts, instanceProfileFacts, roleFacts, userFacts } from './principal-facts.ts'

type ReadRecord = (record: UntrustedRecord, place: Place) => Iterable<Observation>

/** Lists of records. Names that others use too (`Users`, `Roles`) count only where the first record has an IAM ARN. */
const LISTS: Readonly<Record<string, { readonly read: ReadRecord; readonly ours: 'by name' | 'by arn' }>> = {
  UserDetailList: { read: (record, place) => userFacts(record, place, 'full'), ours: 'by name' },
  GroupDetailList: { read: (record, place) => groupFacts(record, place, 'full'), ours: 'by name' },
  RoleDetailList: { read: (record, place) => roleFacts(record, place, 'full'), ours: 'by name' },
  Policies: { read: managedPolicyFacts, ours: 'by arn' },
  AccountUsers: { read: (record, place) => userFacts(record, place, 'full'), ours: 'by name' },
  AccountGroups: { read: (record, place) => groupFacts(record, place, 'full'), ours: 'by name' },
  AccountRoles: { read: (record, place) => roleFacts(record, place, 'full'), ours: 'by name' },
  AccountPolicies: { read: managedPolicyFacts, ours: 'by name' },
  Users: { read: (record, place) => userFacts(record, place, 'listing'), ours: 'by arn' },
  Groups: { read: (record, place) => groupFacts(record, place, 'listing'), ours: 'by arn' },
  Roles: { read: (record, place) => roleFacts(record, place, 'listing'), ours: 'by arn' },
  InstanceProfiles: { read: instanceProfileFacts, ours: 'by arn' },
}

/** One record under its own name, as `get-user` and its like answer. */
const SINGLES: Readonly<Record<string, ReadRecord>> = {
  User: (record, place) => userFacts(record, place, 'listing'),
  Group: (record, place) => groupFacts(record, place, 'listing'),
  Role: (record, place) => roleFacts(record, place, 'listing'),
  Policy: managedPolicyFacts,
  InstanceProfile: instanceProfileFacts,
}

/** `Policies` alone is a name that many use. */
const isAccountExport = (value: UntrustedRecord): boolean =>
  ['UserDetailList', 'RoleDetailList', 'GroupDetailList'].some((key) => Array.isArray(member(value, key)))

/** Everything that one JSON document says; nothing when it is none of ours. */
export function* exportFacts(value: unknown, place: Place): Generator<Observation> {
  if (!isRecord(value)) return
  for (const [key, { read, ours }] of Object.entries(LISTS)) {
    const list = member(value, key)
    if (list === undefined) continue
    if (!Array.isArray(list)) {
      if (ours === 'by name' || (key === 'Policies' && isAccountExport(value)))
        yield problemAt(place, value, `\`${key}\` is not a list: export the account again`)
      continue
    }
    if (
      ours === 'by arn' &&
      !listOf(list).some((record) => isRecord(record) && iamArn(member(record, 'Arn')) !== undefined)
    )
      continue
    yield* listFacts(key, listOf(list), read, place)
  }
  for (const [key, read] of Object.entries(SINGLES)) {
    const record = member(value, key)
    if (isRecord(record) && iamArn(member(record, 'Arn')) !== undefined) yield* read(record, place)
  }
  yield* otherShapes(value, place)
}

function* listFacts(key: string, list: readonly unknown[], read: ReadRecord, place: Place): Generator<Observation> {
  const strays = list.flatMap((record, index) => (isRecord(record) ? [] : index))
  for (const record of list) {
    if (!isRecord(record)) continue
    yield* read(record, place)
    yield* keysInside(record, place)
  }
  // said once, at the first: finding the line of each would take time in their square
  if (strays.length > 0) {
    const message = `\`${key}\` holds ${strays.length} that are no records: they were left out`
    yield problemAt(place, list, message, strays[0])
  }
}

function* keysInside(record: UntrustedRecord, place: Place): Generator<Observation> {
  const keys = [...listOf(member(record, 'AccessKeyMetadata')), ...listOf(member(record, 'AccessKeys'))]
  const arn = textIn(record, 'Arn')
  if (keys.length > 0 && iamArn(arn)?.type === 'user' && arn !== undefined)
    yield* accessKeyFacts(keys, place, ref('aws', arn))
}

function* otherShapes(value: UntrustedRecord, place: Place): Generator<Observation> {
  const keys = member(value, 'AccessKeyMetadata')
  if (Array.isArray(keys)) yield* accessKeyFacts(listOf(keys), place)
  else if (textIn(value, 'AccessKeyId') !== undefined && textIn(value, 'Status') !== undefined)
    yield* accessKeyFacts([value], place)
  const rows = member(value, 'CredentialReport')
  if (Array.isArray(rows)) yield* reportRows(listOf(rows), place)
  if (Array.isArray(member(value, 'ServicesLastAccessed'))) yield* lastAccessedFacts(value, place)
  const content = textIn(value, 'Content')
  if (content !== undefined && textIn(value, 'ReportFormat') === 'text/csv') {
    yield* reportCsvFacts(
      Buffer.from(content, 'base64').toString('utf8'),
      place.file,
      place.document.line(value, 'Content'),
    )
  }
  yield* barePolicy(value, place)
}

function* reportRows(rows: readonly unknown[], place: Place): Generator<Observation> {
  for (const row of rows) {
    if (!isRecord(row)) continue
    const cells = Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, textOf(cell) ?? '']))
    const read = yield* reportRowFacts(cells, provenanceOf(place, row, ''))
    if (!read) yield problemAt(place, row, 'a row of the credential report without the ARN of a user: it was left out')
  }
}

/** Managed policies: the version in force under the policy's ARN, the others beside it with their version id. */
function* managedPolicyFacts(record: UntrustedRecord, place: Place): Generator<Observation> {
  const arn = textIn(record, 'Arn')
  const named = iamArn(arn)
  if (named?.type !== 'policy' || arn === undefined) {
    yield problemAt(place, record, 'a policy without a valid Arn: it was left out')
    return
  }
  const inForce = textIn(record, 'DefaultVersionId')
  const versions = member(record, 'PolicyVersionList')
  if (versions !== undefined && versions !== null && !Array.isArray(versions))
    yield problemAt(
      place,
      record,
      `policy \`${named.name}\` has versions that are not a list: its rights are not known`,
    )
  for (const version of listOf(member(record, 'PolicyVersionList'))) {
    if (!isRecord(version)) continue
    const id = textIn(version, 'VersionId') ?? ''
    const isDefault = member(version, 'IsDefaultVersion') === true || id === inForce
    const at = { ...place, node: version, byAws: named.account === 'aws' || !isDefault }
    if (isDefault) yield* policyFact(ref('aws', arn), named.name, member(version, 'Document'), at)
    else if (named.account !== 'aws')
      yield* policyFact(ref('aws', `${arn}?version=${id}`), `${named.name} ${id}`, member(version, 'Document'), at)
  }
}

/** A policy on its own: attached to nothing that this input knows. */
function* barePolicy(value: UntrustedRecord, place: Place): Generator<Observation> {
  const version = member(value, 'PolicyVersion')
  const candidates: readonly unknown[] = [
    isPolicyDocument(value) ? value : undefined,
    isRecord(version) ? documentOf(member(version, 'Document')) : undefined,
    member(value, 'PolicyDocument') === undefined ? undefined : documentOf(member(value, 'PolicyDocument')),
    typeof member(value, 'Policy') === 'string' ? documentOf(member(value, 'Policy')) : undefined,
  ]
  const document = candidates.find(isPolicyDocument)
  if (document === undefined) return
  const fileName = place.file.path.slice(place.file.path.lastIndexOf('/') + 1).replace(/\.json$/i, '')
  const name = textIn(value, 'PolicyName') ?? fileName
  const line = place.document.line(value) ?? 1
  const place0 = `policy-document:${place.file.path}${line === 1 ? '' : `#${line}`}`
  yield* policyFact(ref('aws', place0), name, document, { ...place, node: value, byAws: isRecord(version) })
}
