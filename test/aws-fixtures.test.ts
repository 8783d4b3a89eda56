// Counts users, roles, groups and access keys in the real AWS exports beside the repository, with code that shares
// nothing with src/, and compares with what the command lists.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'

const FIXTURES = '../shared/fixtures/aws'
const skip = existsSync(FIXTURES) ? false : 'the real exports in ../shared/fixtures/aws are not on this machine'
const EXPORTS = ['cloudsplaining_test_authz.json', 'airiam_iam_data.json']

interface Row {
  readonly externalId: string
  readonly nativeType: string
  readonly privilege: string
  readonly kind: string
  readonly mentionedOnly: boolean
}
interface Report {
  readonly principals: readonly Row[]
  readonly credentials: readonly { readonly type: string; readonly locations: readonly { readonly file: string }[] }[]
  readonly errors: readonly { readonly file: string }[]
}
type RawRow = Readonly<Record<string, string>>
interface RawExport {
  readonly UserDetailList?: readonly { readonly Arn: string }[]
  readonly RoleDetailList?: readonly { readonly Arn: string }[]
  readonly GroupDetailList?: readonly { readonly Arn: string }[]
  readonly AccountUsers?: readonly { readonly Arn: string }[]
  readonly AccountRoles?: readonly { readonly Arn: string }[]
  readonly AccountGroups?: readonly { readonly Arn: string }[]
  readonly CredentialReport?: readonly RawRow[]
}

const rawOf = (name: string): RawExport => JSON.parse(readFileSync(`${FIXTURES}/${name}`, 'utf8')) as RawExport

let report: Report

describe('the real AWS exports', { skip }, () => {
  before(async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['bin/reeve.js', 'scan', FIXTURES, '--format', 'json', '--fail-on', 'none'],
      { maxBuffer: 1 << 28 },
    )
    report = JSON.parse(stdout) as Report
  })

  test('every user, role and group is listed once, as what it is', () => {
    const expected: string[] = []
    for (const raw of EXPORTS.map(rawOf)) {
      for (const { Arn } of [...(raw.UserDetailList ?? []), ...(raw.AccountUsers ?? [])])
        expected.push(`iam-user ${Arn}`)
      for (const { Arn } of [...(raw.RoleDetailList ?? []), ...(raw.AccountRoles ?? [])])
        expected.push(`iam-role ${Arn}`)
      for (const { Arn } of [...(raw.GroupDetailList ?? []), ...(raw.AccountGroups ?? [])])
        expected.push(`iam-group ${Arn}`)
    }
    const listed = report.principals
      .filter(({ mentionedOnly, nativeType }) => !mentionedOnly && nativeType !== 'iam-root')
      .map(({ nativeType, externalId }) => `${nativeType} ${externalId}`)
    assert.ok(expected.length > 20)
    // a group that a user names and the export leaves out is mentioned, no more
    assert.deepEqual(listed.toSorted(), [...new Set(expected)].toSorted())
  })

  test('every access key and console password of the credential report is listed', () => {
    const rows = EXPORTS.flatMap((name) => rawOf(name).CredentialReport ?? [])
    const keys = rows.flatMap((row) =>
      ['access_key_1_active', 'access_key_2_active'].filter((column) => row[column] === 'true'),
    )
    const passwords = rows.filter((row) => row['password_enabled'] === 'true')
    const count = (type: string): number =>
      report.credentials.filter(
        (credential) => credential.type === type && credential.locations.some(({ file }) => EXPORTS.includes(file)),
      ).length
    assert.ok(keys.length > 0)
    assert.equal(count('aws_access_key'), keys.length)
    assert.equal(count('console_password'), passwords.length)
  })

  test('who holds AdministratorAccess is admin, directly or through a group', () => {
    const tierOf = (name: string): string | undefined =>
      report.principals.find(({ externalId }) => externalId.endsWith(name))?.privilege
    for (const name of ['user/obama', 'user/userwithlotsofpermissions', 'user/wifi', 'group/aws-admins'])
      assert.equal(tierOf(name), 'admin', name)
    assert.equal(tierOf('role/AmazonESCognitoAccessRole'), 'none')
  })

  test('nothing in them is unreadable', () => {
    assert.deepEqual(
      report.errors.filter(({ file }) => EXPORTS.includes(file)),
      [],
    )
  })
})
