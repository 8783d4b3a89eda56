// The credential report: per user the console password, MFA, access keys and signing certificates, and the root account.
// It has no key ids, so a key is known by its user and the moment it was made.
import { parseInstant, ref } from '#kernel'
import type { CredentialFact, CredentialType, Instant, Json, Observation, PrincipalKind, Provenance } from '#kernel'
import { optional } from '../untrusted-value.ts'
import { iamArn, keyMadeAt, principalAliases, ROOT_ARN } from './iam-name.ts'

/** One row, by the report's own column names. */
export type ReportRow = Readonly<Record<string, string>>

const yes = (value: string | undefined): boolean => value?.toLowerCase() === 'true'

interface Row {
  readonly arn: string
  readonly isRoot: boolean
  readonly cell: (column: string) => string | undefined
  readonly at: (column: string) => Instant | undefined
  readonly provenance: Provenance
}

/** `undefined` when the row names no user of an account. */
export function* reportRowFacts(row: ReportRow, provenance: Provenance): Generator<Observation, boolean> {
  const arn = Object.hasOwn(row, 'arn') ? (row['arn'] ?? '') : ''
  const isRoot = ROOT_ARN.test(arn)
  if (!isRoot && iamArn(arn)?.type !== 'user') return false
  const cell = (column: string): string | undefined => (Object.hasOwn(row, column) ? row[column] : undefined)
  const read: Row = {
    arn,
    isRoot,
    cell,
    at: (column) => parseInstant(cell(column)),
    provenance: { ...provenance, object: arn },
  }
  yield* ownerOf(read)
  yield* keysOf(read)
  yield* passwordOf(read)
  for (const slot of ['1', '2']) if (yes(cell(`cert_${slot}_active`))) yield certificateOf(read, slot)
  return true
}

interface Kind {
  readonly kind: PrincipalKind
  readonly reason: string
}

/** A user with a password and no keys is a person; one that programs sign in as is not, even if people do too. */
function kindOfUser(password: boolean, keys: number): Kind {
  if (password && keys === 0) return { kind: 'human', reason: 'it has a console password and no access key' }
  if (password) return { kind: 'service_account', reason: 'it has access keys, and a console password too' }
  if (keys > 0) return { kind: 'service_account', reason: 'it has access keys and no console password' }
  return { kind: 'service_account', reason: 'it has neither a console password nor an access key' }
}

function* ownerOf({ arn, isRoot, cell, at, provenance }: Row): Generator<Observation> {
  const keys = ['1', '2'].filter((slot) => yes(cell(`access_key_${slot}_active`))).length
  // the root account always has a password, which the report does not say
  const password = isRoot || yes(cell('password_enabled'))
  const { kind, reason } = isRoot
    ? { kind: 'human' as const, reason: 'the root user of the account' }
    : kindOfUser(password, keys)
  const named = iamArn(arn)
  const mfa = cell('mfa_active')
  const lastUsedAt = ['password_last_used', 'access_key_1_last_used_date', 'access_key_2_last_used_date']
    .flatMap((column) => at(column) ?? [])
    .toSorted()
    .at(-1)
  const attributes: Record<string, Json> = { consolePassword: password, activeAccessKeys: keys, kindReason: reason }
  if (mfa !== undefined && mfa !== '') attributes['mfaActive'] = yes(mfa)
  if (isRoot) attributes['root'] = true
  if (!isRoot && password && keys > 0) attributes['consoleAndKeys'] = true
  const account = named?.account ?? ROOT_ARN.exec(arn)?.[2]
  if (account !== undefined) attributes['account'] = account
  yield {
    type: 'principal',
    ref: ref('aws', arn),
    ...(named === undefined ? {} : { aliases: principalAliases(named, undefined) }),
    kind,
    nativeType: isRoot ? 'iam-root' : 'iam-user',
    system: 'aws',
    externalId: arn,
    name: named?.name ?? 'root',
    ...optional('createdAt', at('user_creation_time')),
    ...optional('lastUsedAt', lastUsedAt),
    attributes,
    provenance,
  }
}

const recordOf = (row: Row, credentialType: CredentialType, slot: string, name: string): CredentialFact => ({
  type: 'credential',
  ref: ref('aws', `${row.arn}#${slot}`),
  credentialType,
  exposure: 'record',
  name,
  principal: ref('aws', row.arn),
  provenance: row.provenance,
})

/** A slot holds a key when it is active or has ever been filled. */
function* keysOf(row: Row): Generator<Observation> {
  const made = ['1', '2'].map((slot) => row.at(`access_key_${slot}_last_rotated`))
  for (const [index, slot] of ['1', '2'].entries()) {
    const active = yes(row.cell(`access_key_${slot}_active`))
    const createdAt = made[index]
    if (!active && createdAt === undefined) continue
    const region = row.cell(`access_key_${slot}_last_used_region`)
    const service = row.cell(`access_key_${slot}_last_used_service`)
    yield {
      ...recordOf(row, 'aws_access_key', `access-key-${slot}`, `access key ${slot}`),
      ...(createdAt === undefined || made[0] === made[1] ? {} : { aliases: [keyMadeAt(row.arn, createdAt)] }),
      enabled: active,
      ...optional('createdAt', createdAt),
      ...optional('lastRotatedAt', createdAt),
      ...optional('lastUsedAt', row.at(`access_key_${slot}_last_used_date`)),
      attributes: {
        slot: Number(slot),
        ...(region === undefined || region === 'N/A' ? {} : { lastUsedRegion: region }),
        ...(service === undefined || service === 'N/A' ? {} : { lastUsedService: service }),
      },
    }
  }
}

function* passwordOf(row: Row): Generator<Observation> {
  if (!yes(row.cell('password_enabled'))) return
  yield {
    ...recordOf(row, 'console_password', 'console-password', 'console password'),
    enabled: true,
    ...optional('lastRotatedAt', row.at('password_last_changed')),
    ...optional('lastUsedAt', row.at('password_last_used')),
    ...optional('expiresAt', row.at('password_next_rotation')),
    attributes: { mfa: yes(row.cell('mfa_active')) },
  }
}

function certificateOf(row: Row, slot: string): Observation {
  return {
    ...recordOf(row, 'certificate', `signing-certificate-${slot}`, `signing certificate ${slot}`),
    enabled: true,
    ...optional('lastRotatedAt', row.at(`cert_${slot}_last_rotated`)),
  }
}
