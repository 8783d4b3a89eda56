// How AWS names principals: ARNs, the unique ids behind them, and the account number inside an access key id.
import { ref } from '#kernel'
import type { Ref } from '#kernel'

export interface IamArn {
  readonly partition: string
  readonly account: string
  readonly type: string
  /** With its path, without the type. */
  readonly pathAndName: string
  readonly name: string
}

const IAM_ARN = /^arn:(aws[a-z0-9-]*):iam::(\d{12}|aws|):(user|role|group|policy|instance-profile)\/(\S{1,1000})$/

export function iamArn(text: unknown): IamArn | undefined {
  if (typeof text !== 'string') return undefined
  const match = IAM_ARN.exec(text)
  if (match === null) return undefined
  const [, partition = '', account = '', type = '', pathAndName = ''] = match
  const name = pathAndName.slice(pathAndName.lastIndexOf('/') + 1)
  return name === '' ? undefined : { partition, account, type, pathAndName, name }
}

export const ROOT_ARN = /^arn:(aws[a-z0-9-]*):iam::(\d{12}):root$/

/** A session's ARN stands for its role; everything else for itself. */
export function roleOfSession(arn: string): string {
  const match = /^arn:(aws[a-z0-9-]*):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn)
  return match === null ? arn : `arn:${match[1] ?? ''}:iam::${match[2] ?? ''}:role/${match[3] ?? ''}`
}

/**
 * Names of users, roles and groups are unique in an account whatever their path, so the ARN without the path is an
 * identifier too; and so is the unique id (`AIDA…`, `AROA…`), which trust policies keep after a principal is deleted.
 */
export function principalAliases(arn: IamArn, uniqueId: unknown): Ref[] {
  const aliases: Ref[] = []
  if (arn.pathAndName !== arn.name)
    aliases.push(ref('aws', `arn:${arn.partition}:iam::${arn.account}:${arn.type}/${arn.name}`))
  if (typeof uniqueId === 'string' && UNIQUE_ID.test(uniqueId)) aliases.push(ref('aws', uniqueId))
  return aliases
}

export const UNIQUE_ID = /^A(?:IDA|ROA|GPA|NPA|IPA)[A-Z0-9]{12,}$/

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * The account whose access key this is: ids made since 2019 carry it in their first characters. `undefined` for older
 * ids and for what is no id.
 */
export function accountOfAccessKey(keyId: string): string | undefined {
  if (!/^A[KS]IA[A-Z2-7]{16}$/.test(keyId) || keyId[4] === 'I' || keyId[4] === 'J') return undefined
  let bits = 0n
  for (const character of keyId.slice(4, 14)) bits = bits * 32n + BigInt(BASE32.indexOf(character))
  // 50 bits; the first is not part of the number, the 40 after it hold the account
  const account = (bits >> 9n) & ((1n << 40n) - 1n)
  return account > 999_999_999_999n ? undefined : account.toString().padStart(12, '0')
}

/** A key of a user made at an instant: how the credential report, which has no ids, says the same key. */
export const keyMadeAt = (userArn: string, at: string): Ref => ref('aws', `${userArn}#access-key-made-at-${at}`)
