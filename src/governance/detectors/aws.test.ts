import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { CredentialFact, Fact, Json, PrincipalFact, Provenance, RelationFact } from '#kernel'
import type { Detector } from '../detector.ts'
import { findingsOf } from '../estate-in-test.ts'
import { weaknessesOf } from '../oidc-subject.ts'
import { awsAdminAccess } from './aws-admin-access.ts'
import { awsConsoleWithoutMfa } from './aws-console-without-mfa.ts'
import { awsEscalationPath } from './aws-escalation-path.ts'
import { awsMachineConsoleLogin } from './aws-machine-console-login.ts'
import { awsOidcTrustLoose } from './aws-oidc-trust-loose.ts'
import { awsRootAccessKey } from './aws-root-access-key.ts'
import { awsTrustOpen } from './aws-trust-open.ts'
import { awsWildcardRights } from './aws-wildcard-rights.ts'

const A = '111122223333'
const AT: Provenance = { connector: 'aws', file: 'aws.json', startLine: 1 }
const arn = (type: string, name: string): string => `arn:aws:iam::${A}:${type}/${name}`

function identity(type: 'user' | 'role', more: Partial<PrincipalFact> = {}): PrincipalFact {
  const own = arn(type, 'x')
  return {
    type: 'principal',
    ref: ref('aws', own),
    kind: 'service_account',
    nativeType: `iam-${type}`,
    system: 'aws',
    externalId: own,
    name: 'x',
    provenance: AT,
    ...more,
    attributes: { account: A, ...more.attributes },
  }
}
function policy(type: 'user' | 'role', statement: Readonly<Record<string, Json>>): Fact[] {
  const own = ref('aws', `${arn(type, 'x')}/inline-policy/own`)
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Resource: '*', ...statement }] }
  return [
    { type: 'policy', ref: own, dialect: 'aws-iam', name: 'own', document, provenance: { ...AT, startLine: 7 } },
    { type: 'attachment', policy: own, target: ref('aws', arn(type, 'x')), as: 'identity', provenance: AT },
  ]
}
const trust = (
  attributes: Readonly<Record<string, Json>>,
  conditions?: Json,
  from: RelationFact['from'] = { pattern: '*' },
): RelationFact => ({
  type: 'relation',
  relation: 'may_assume',
  from,
  to: ref('aws', arn('role', 'x')),
  ...(conditions === undefined ? {} : { conditions }),
  attributes,
  provenance: AT,
})
const credential = (
  credentialType: 'aws_access_key' | 'console_password',
  of: string,
  enabled = true,
): CredentialFact => ({
  type: 'credential',
  ref: ref('aws', `${of}#${credentialType}`),
  credentialType,
  exposure: 'record',
  principal: ref('aws', of),
  name: credentialType,
  enabled,
  provenance: { ...AT, file: 'report.csv' },
})
const severities = (detector: Detector, facts: readonly Fact[]): string[] =>
  findingsOf(detector, facts).map(({ severity }) => severity)

test('administration of a machine is found, worse with a key, milder under a condition', () => {
  const everything = policy('user', { Action: '*' })
  assert.deepEqual(severities(awsAdminAccess, [identity('user'), ...everything]), ['high'])
  assert.deepEqual(
    severities(awsAdminAccess, [identity('user'), ...everything, credential('aws_access_key', arn('user', 'x'))]),
    ['critical'],
  )
  const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  assert.deepEqual(severities(awsAdminAccess, [identity('user'), ...policy('user', { Action: '*', Condition: mfa })]), [
    'medium',
  ])
  assert.deepEqual(severities(awsAdminAccess, [identity('role'), ...policy('role', { Action: 'iam:*' })]), ['high'])
})

test('people, AWS’s own roles, nearly everything and what is denied are no administration of machines', () => {
  const everything = policy('role', { Action: '*' })
  assert.deepEqual(
    severities(awsAdminAccess, [identity('role', { kind: 'human', nativeType: 'iam-sso-role' }), ...everything]),
    [],
  )
  assert.deepEqual(
    severities(awsAdminAccess, [identity('user', { kind: 'human' }), ...policy('user', { Action: '*' })]),
    [],
  )
  assert.deepEqual(severities(awsAdminAccess, [identity('role'), ...policy('role', { NotAction: 'iam:*' })]), [])
  assert.deepEqual(
    severities(awsAdminAccess, [identity('role'), ...policy('role', { Action: ['s3:*', 'iam:Get*'] })]),
    [],
  )
})

test('an escalation path is found once per technique, at the policy that gives it, milder for a person', () => {
  const facts = policy('user', { Action: ['iam:PutUserPolicy', 'iam:AttachUserPolicy'] })
  const found = findingsOf(awsEscalationPath, [identity('user'), ...facts])
  assert.deepEqual(
    found.map(({ discriminator, severity }) => [discriminator, severity]),
    [
      ['aws:iam:AttachUserPolicy', 'high'],
      ['aws:iam:PutUserPolicy', 'high'],
    ],
  )
  assert.equal(found[0]?.locations[0]?.startLine, 7)
  assert.deepEqual(severities(awsEscalationPath, [identity('user', { kind: 'human' }), ...facts]), ['medium', 'medium'])
  assert.deepEqual(severities(awsEscalationPath, [identity('user'), ...policy('user', { Action: '*' })]), [])
})

test('a whole service on everything is found, one bucket of it is not', () => {
  assert.deepEqual(severities(awsWildcardRights, [identity('role'), ...policy('role', { Action: 's3:*' })]), ['medium'])
  assert.deepEqual(severities(awsWildcardRights, [identity('role'), ...policy('role', { Action: 'kms:*' })]), ['high'])
  assert.deepEqual(
    severities(awsWildcardRights, [identity('role'), ...policy('role', { Action: 'secretsmanager:GetSecretValue' })]),
    ['high'],
  )
  for (const harmless of [
    { Action: 's3:*', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] },
    { Action: 'logs:*' },
    { Action: ['s3:Get*', 's3:List*'] },
    { Action: 's3:*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
    { Action: 'secretsmanager:GetSecretValue', Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/*' },
  ] satisfies Readonly<Record<string, Json>>[])
    assert.deepEqual(
      severities(awsWildcardRights, [identity('role'), ...policy('role', harmless)]),
      [],
      JSON.stringify(harmless),
    )
})

const root = (mfaActive: boolean): PrincipalFact => {
  const own = `arn:aws:iam::${A}:root`
  return {
    ...identity('user', {
      kind: 'human',
      nativeType: 'iam-root',
      attributes: { consolePassword: true, mfaActive, root: true },
    }),
    ref: ref('aws', own),
    externalId: own,
  }
}

test('a password without a second factor is found for people and root, with one it is not', () => {
  const person = (mfaActive: boolean): PrincipalFact =>
    identity('user', { kind: 'human', attributes: { consolePassword: true, mfaActive } })
  assert.deepEqual(severities(awsConsoleWithoutMfa, [person(false)]), ['medium'])
  assert.deepEqual(severities(awsConsoleWithoutMfa, [person(true)]), [])
  assert.deepEqual(severities(awsConsoleWithoutMfa, [root(false)]), ['critical'])
  assert.deepEqual(severities(awsConsoleWithoutMfa, [root(true)]), [])
  assert.deepEqual(
    severities(awsConsoleWithoutMfa, [identity('user', { kind: 'human', attributes: { consolePassword: true } })]),
    [],
    'unknown is not without',
  )
  assert.deepEqual(
    severities(awsConsoleWithoutMfa, [identity('user', { attributes: { consolePassword: false, mfaActive: false } })]),
    [],
  )
})

test('a console password beside access keys is found at the password', () => {
  const attributes = { consolePassword: true, consoleAndKeys: true, mfaActive: true }
  const [finding] = findingsOf(awsMachineConsoleLogin, [
    identity('user', { attributes }),
    credential('console_password', arn('user', 'x')),
  ])
  assert.equal(finding?.severity, 'medium')
  assert.equal(finding?.locations[0]?.file, 'report.csv')
  assert.deepEqual(
    severities(awsMachineConsoleLogin, [identity('user', { attributes: { ...attributes, mfaActive: false } })]),
    ['high'],
  )
  assert.deepEqual(
    severities(awsMachineConsoleLogin, [identity('user', { attributes: { consolePassword: false } })]),
    [],
  )
  assert.deepEqual(
    severities(awsMachineConsoleLogin, [identity('user', { kind: 'human', attributes: { consolePassword: true } })]),
    [],
  )
})

test('an active key of root is found, an inactive one is not', () => {
  const own = `arn:aws:iam::${A}:root`
  assert.deepEqual(severities(awsRootAccessKey, [root(true), credential('aws_access_key', own)]), ['critical'])
  assert.deepEqual(severities(awsRootAccessKey, [root(true), credential('aws_access_key', own, false)]), [])
  assert.deepEqual(severities(awsRootAccessKey, [identity('user'), credential('aws_access_key', arn('user', 'x'))]), [])
})

test('a role that lets in anyone or a foreign account is found, unless a condition says who', () => {
  const found = (attributes: Readonly<Record<string, Json>>, conditions?: Json): string[] =>
    severities(awsTrustOpen, [identity('role'), trust(attributes, conditions)])
  const any = { trust: 'any', trusted: '*' }
  const vendor = { trust: 'account', trusted: '777788889999', account: '777788889999', external: true }
  assert.deepEqual(found(any), ['high'])
  assert.deepEqual(found(vendor), ['medium'])
  assert.deepEqual(found(any, { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }), [])
  assert.deepEqual(found(any, { StringLike: { 'aws:PrincipalArn': '*' } }), ['high'])
  assert.deepEqual(found(any, { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } }), ['high'])
  assert.deepEqual(found({ ...any, deniedIf: [{ StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } }] }), [])
  assert.deepEqual(found({ ...any, deniedIf: [{ ArnEquals: { 'aws:PrincipalArn': arn('user', 'x') } }] }), ['high'])
  assert.deepEqual(found(vendor, { StringEquals: { 'sts:ExternalId': 'a1' } }), [])
  assert.deepEqual(found(vendor, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), ['medium'])
  assert.deepEqual(found({ trust: 'account', trusted: A, account: A, external: false }), [])
  assert.deepEqual(found({ trust: 'service', trusted: 'ec2.amazonaws.com' }), [])
  const own = findingsOf(awsTrustOpen, [identity('role'), trust(vendor)], {}, { ownAccounts: ['777788889999'] })
  assert.deepEqual(own, [])
})

test('a loose OIDC trust is found by the worst that it lets in', () => {
  const issuer = 'token.actions.githubusercontent.com'
  const found = (conditions: Json | undefined): string[] =>
    severities(awsOidcTrustLoose, [identity('role'), trust({ trust: 'oidc' }, conditions, { pattern: '*', issuer })])
  const like = (sub: string): Json => ({
    StringLike: { [`${issuer}:sub`]: sub },
    StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
  })
  const exact = (sub: string): Json => ({ StringEquals: { [`${issuer}:sub`]: sub } })
  assert.deepEqual(found(undefined), ['high'])
  assert.deepEqual(found({ StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' } }), ['high'])
  for (const anyone of ['*', 'repo:*', 'repo:*/app:ref:refs/heads/main'])
    assert.deepEqual(found(like(anyone)), ['high'], anyone)
  for (const organisation of ['repo:larkfield/*', 'repo:larkfield/pay*:ref:refs/heads/main'])
    assert.deepEqual(found(like(organisation)), ['medium'], organisation)
  for (const branch of ['repo:larkfield/app:*', 'repo:larkfield/app:ref:refs/heads/*'])
    assert.deepEqual(found(like(branch)), ['low'], branch)
  assert.deepEqual(found(exact('repo:larkfield/app:pull_request')), ['low'])
  for (const narrow of [
    exact('repo:larkfield/app:environment:production'),
    like('repo:larkfield/app:environment:*'),
    like('repo:larkfield/app:ref:refs/tags/v*'),
    exact('repo:larkfield/*'),
    { StringEquals: { [`${issuer}:repository_id`]: '1234' } },
  ])
    assert.deepEqual(found(narrow), [], JSON.stringify(narrow))
})

test('each provider’s subjects are read in its own way', () => {
  const grade = (issuer: string, sub?: string, wild = true): number =>
    Math.max(
      0,
      ...weaknessesOf(issuer, sub === undefined ? [] : [{ key: `${issuer}:sub`, wild, values: [sub] }]).map(
        (weakness) => weakness.grade,
      ),
    )
  const eks = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9'
  assert.equal(grade(eks), 2)
  assert.equal(grade(eks, 'system:serviceaccount:*:*'), 2)
  assert.equal(grade(eks, 'system:serviceaccount:pay:*'), 1)
  assert.equal(grade(eks, 'system:serviceaccount:pay:api'), 0)
  assert.equal(grade('gitlab.com', 'project_path:larkfield/*:ref_type:branch:ref:main'), 2)
  assert.equal(grade('gitlab.com', 'project_path:larkfield/app:ref_type:branch:ref:*'), 1)
  assert.equal(grade('gitlab.com', 'project_path:larkfield/app:ref_type:branch:ref:main', false), 0)
  assert.equal(grade('cognito-identity.amazonaws.com'), 3)
  assert.deepEqual(
    weaknessesOf('cognito-identity.amazonaws.com', [
      { key: 'cognito-identity.amazonaws.com:aud', wild: false, values: ['eu-west-1:1'] },
    ]),
    [],
  )
  assert.equal(grade('idp.larkfield.example'), 2)
  assert.equal(grade('idp.larkfield.example', 'service-7', false), 0)
})
