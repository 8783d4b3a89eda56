import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialRef, ref } from '#kernel'
import type { Observation } from '#kernel'
import * as fc from 'fast-check'
import { asText, offer, only } from '../offer-in-test.ts'
import { aws } from './aws.ts'
import { accountOfAccessKey, roleOfSession } from './iam-name.ts'
import { isKnownAction } from './policy-document.ts'

const A = '111122223333'
const read = (value: unknown, path = 'iam.json'): Observation[] => offer(aws, path, JSON.stringify(value, null, 1))
const doc = (...statements: unknown[]): unknown => ({ Version: '2012-10-17', Statement: statements })
const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const role = (
  principal: unknown,
  more: Record<string, unknown> = {},
  statement: Record<string, unknown> = {},
): unknown => ({
  RoleDetailList: [
    {
      RoleName: 'r',
      Arn: `arn:aws:iam::${A}:role/r`,
      AssumeRolePolicyDocument: doc({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal, ...statement }),
      ...more,
    },
  ],
})
const principalOf = (observations: readonly Observation[]) =>
  only(observations, 'principal').find(({ mentioned }) => mentioned !== true) ?? assert.fail()

test('a user is read with its tags, groups, policies and boundary, each with its line', () => {
  const observations = read({
    UserDetailList: [
      {
        UserName: 'deploy',
        UserId: 'AIDALARKFIELD00000001',
        Arn: `arn:aws:iam::${A}:user/ci/deploy`,
        CreateDate: '2025-01-02T03:04:05+00:00',
        GroupList: ['ci'],
        UserPolicyList: [{ PolicyName: 'own', PolicyDocument: doc(allow) }],
        AttachedManagedPolicies: [
          { PolicyName: 'ReadOnlyAccess', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
        ],
        PermissionsBoundary: {
          PermissionsBoundaryType: 'Policy',
          PermissionsBoundaryArn: `arn:aws:iam::${A}:policy/limit`,
        },
        Tags: [
          { Key: 'Owner', Value: 'platform' },
          { Key: 'env', Value: 'prod' },
          { Key: 'CreatedBy', Value: 'kwame' },
        ],
      },
    ],
  })
  const user = principalOf(observations)
  assert.equal(user.externalId, `arn:aws:iam::${A}:user/ci/deploy`)
  assert.deepEqual(user.aliases, [ref('aws', `arn:aws:iam::${A}:user/deploy`), ref('aws', 'AIDALARKFIELD00000001')])
  assert.deepEqual(user.ownerHints, [
    { who: 'platform', how: 'tag', reason: 'tag `Owner`' },
    { who: 'kwame', how: 'created_by', reason: 'tag `CreatedBy`' },
  ])
  assert.equal(user.environment?.value, 'prod')
  assert.equal(user.createdAt, '2025-01-02T03:04:05.000Z')
  assert.equal(user.provenance.startLine, 3)
  assert.deepEqual(
    only(observations, 'attachment').map(({ policy, as, via }) => [policy, as, via]),
    [
      [`aws:arn:aws:iam::${A}:user/ci/deploy/inline-policy/own`, 'identity', 'inline'],
      ['aws:arn:aws:iam::aws:policy/ReadOnlyAccess', 'identity', undefined],
      [`aws:arn:aws:iam::${A}:policy/limit`, 'boundary', undefined],
    ],
  )
  assert.deepEqual(
    only(observations, 'membership').map(({ group }) => group),
    [ref('aws', `arn:aws:iam::${A}:group/ci`)],
  )
  assert.deepEqual(only(observations, 'problem'), [])
})

test('each kind of trust is one relation that says whom it lets in', () => {
  const trusted = (principal: unknown, statement: Record<string, unknown> = {}) =>
    only(read(role(principal, {}, statement)), 'relation').map(({ from, attributes }) => [
      from,
      attributes?.['trust'],
      attributes?.['external'],
    ])
  assert.deepEqual(trusted({ Service: ['ec2.amazonaws.com', 'Lambda.amazonaws.com'] }), [
    [{ pattern: 'ec2.amazonaws.com' }, 'service', undefined],
    [{ pattern: 'lambda.amazonaws.com' }, 'service', undefined],
  ])
  assert.deepEqual(trusted('*'), [[{ pattern: '*' }, 'any', undefined]])
  assert.deepEqual(trusted({ AWS: '*' }), [[{ pattern: '*' }, 'any', undefined]])
  assert.deepEqual(trusted({ AWS: [A, `arn:aws:iam::777788889999:root`] }), [
    [{ pattern: A }, 'account', false],
    [{ pattern: 'arn:aws:iam::777788889999:root' }, 'account', true],
  ])
  assert.deepEqual(trusted({ AWS: `arn:aws:sts::${A}:assumed-role/ci/run-7` }), [
    [{ ref: ref('aws', `arn:aws:iam::${A}:role/ci`) }, 'principal', false],
  ])
  assert.deepEqual(
    trusted({ Federated: `arn:aws:iam::${A}:saml-provider/idp` }, { Action: 'sts:AssumeRoleWithSAML' }),
    [[{ pattern: '*', issuer: `arn:aws:iam::${A}:saml-provider/idp` }, 'saml', undefined]],
  )
  const provider = 'token.actions.githubusercontent.com'
  const github = read(
    role(
      { Federated: `arn:aws:iam::${A}:oidc-provider/${provider}` },
      {},
      {
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringLike: { [`${provider}:sub`]: 'repo:larkfield/*', [`${provider}:aud`]: 'sts.amazonaws.com' },
        },
      },
    ),
  )
  const [relation] = only(github, 'relation')
  assert.deepEqual(relation?.from, { pattern: 'repo:larkfield/*', issuer: provider })
  assert.deepEqual(relation?.attributes?.['audience'], ['sts.amazonaws.com'])
  assert.equal(principalOf(github).kind, 'ci_pipeline')
})

test('a deny takes a trust away, or stands on it with its conditions', () => {
  const withDeny = (deny: Record<string, unknown>) =>
    only(
      read({
        RoleDetailList: [
          {
            Arn: `arn:aws:iam::${A}:role/r`,
            AssumeRolePolicyDocument: doc(
              { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*' },
              { Effect: 'Deny', Action: 'sts:AssumeRole', ...deny },
            ),
          },
        ],
      }),
      'relation',
    )
  assert.deepEqual(withDeny({ Principal: '*' }), [])
  const Condition = { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } }
  assert.deepEqual(withDeny({ Principal: '*', Condition })[0]?.attributes?.['deniedIf'], [Condition])
  assert.equal(withDeny({ Principal: { AWS: '777788889999' } }).length, 1)
})

test('a deny of single principals of whom a trust lets in stands on it as a condition on who calls', () => {
  const deniedIf = (allowed: string, deny: Record<string, unknown>) =>
    only(
      read({
        RoleDetailList: [
          {
            Arn: `arn:aws:iam::${A}:role/r`,
            AssumeRolePolicyDocument: doc(
              { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: allowed } },
              { Effect: 'Deny', Action: 'sts:AssumeRole', ...deny },
            ),
          },
        ],
      }),
      'relation',
    )[0]?.attributes?.['deniedIf']
  const root = `arn:aws:iam::${A}:root`
  const user = `arn:aws:iam::${A}:user/x`
  const named = { ArnEquals: { 'aws:PrincipalArn': [user] } }
  assert.deepEqual(deniedIf(root, { Principal: { AWS: user } }), [named])
  assert.deepEqual(deniedIf('*', { Principal: { AWS: user } }), [named])
  const Condition = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }
  assert.deepEqual(deniedIf(root, { Principal: { AWS: user }, Condition }), [{ ...Condition, ...named }])
  assert.deepEqual(deniedIf(root, { NotPrincipal: { AWS: [root, user] } }), [
    { ArnNotEquals: { 'aws:PrincipalArn': [user] } },
  ])
  assert.equal(deniedIf(root, { Principal: { AWS: 'arn:aws:iam::777788889999:user/x' } }), undefined)
  assert.equal(deniedIf(root, { Principal: { AWS: `arn:aws:sts::${A}:assumed-role/r2/session` } }), undefined)
})

test('the kind of a role follows from whom it trusts and where it stands', () => {
  const kind = (principal: unknown, arn = `arn:aws:iam::${A}:role/r`, statement: Record<string, unknown> = {}) => {
    const found = principalOf(read(role(principal, { Arn: arn }, statement)))
    return [found.kind, found.nativeType]
  }
  assert.deepEqual(kind({ Service: 'ec2.amazonaws.com' }), ['workload', 'iam-role'])
  assert.deepEqual(kind({ AWS: A }), ['service_account', 'iam-role'])
  assert.deepEqual(
    kind({ Service: 'ecs.amazonaws.com' }, `arn:aws:iam::${A}:role/aws-service-role/ecs.amazonaws.com/X`),
    ['workload', 'iam-service-linked-role'],
  )
  assert.deepEqual(
    kind(
      { Federated: `arn:aws:iam::${A}:saml-provider/x` },
      `arn:aws:iam::${A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_1`,
    ),
    ['human', 'iam-sso-role'],
  )
})

const HEADER =
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated'
const row = (user: string, password: boolean, mfa: boolean, key1: string, key2 = 'false,N/A'): string =>
  `${user},arn:aws:iam::${A}:user/${user},2024-01-01T00:00:00+00:00,${String(password)},N/A,2024-02-01T00:00:00+00:00,N/A,${String(mfa)},${key1},N/A,N/A,N/A,${key2},N/A,N/A,N/A,false,N/A,false,N/A`
const KEY = 'true,2024-03-01T00:00:00+00:00'

test('the credential report tells people from machines and lists keys and passwords', () => {
  const report = [
    '﻿' + HEADER,
    row('anna', true, true, 'false,N/A'),
    row('batch', false, false, KEY, 'false,2024-01-05T00:00:00+00:00'),
    row('both', true, false, KEY),
    `<root_account>,arn:aws:iam::${A}:root,2020-01-01T00:00:00+00:00,not_supported,N/A,not_supported,not_supported,false,${KEY},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A`,
  ].join('\r\n')
  const observations = offer(aws, 'report.csv', report)
  assert.deepEqual(
    only(observations, 'principal').map(({ name, kind }) => [name, kind]),
    [
      ['anna', 'human'],
      ['batch', 'service_account'],
      ['both', 'service_account'],
      ['root', 'human'],
    ],
  )
  assert.equal(only(observations, 'principal')[2]?.attributes?.['consoleAndKeys'], true)
  const credentials = only(observations, 'credential')
  assert.deepEqual(
    credentials.map(({ credentialType, enabled }) => [credentialType, enabled]),
    [
      ['console_password', true],
      ['aws_access_key', true],
      ['aws_access_key', false],
      ['aws_access_key', true],
      ['console_password', true],
      ['aws_access_key', true],
    ],
  )
  assert.equal(credentials[1]?.provenance.startLine, 3)
  const wrapped = read({
    Content: Buffer.from(report).toString('base64'),
    ReportFormat: 'text/csv',
    GeneratedTime: '2026-01-01',
  })
  assert.equal(only(wrapped, 'credential').length, 6)
})

test('a key in a listing and in the report is one key, by its user and the second it was made in', () => {
  const keyId = 'AKIARTUXVIGVYPZ4QMWN'
  const account = accountOfAccessKey(keyId) ?? assert.fail()
  const listing = read({
    AccessKeyMetadata: [
      { UserName: 'batch', AccessKeyId: keyId, Status: 'Inactive', CreateDate: '2024-03-01T00:00:00Z' },
    ],
  })
  const [listed] = only(listing, 'credential')
  assert.equal(listed?.ref, credentialRef.awsAccessKey(keyId))
  assert.equal(listed?.enabled, false)
  const [reported] = only(
    offer(aws, 'r.csv', `${HEADER}\n${row('batch', false, false, KEY).replaceAll(A, account)}\n`),
    'credential',
  )
  assert.deepEqual(listed?.aliases, reported?.aliases)
  const twins = read({
    AccessKeyMetadata: ['AKIARTUXVIGVYPZ4QMWN', 'AKIARTUXVIGVYPZ4QMWM'].map((AccessKeyId) => ({
      UserName: 'batch',
      AccessKeyId,
      Status: 'Active',
      CreateDate: '2024-03-01T00:00:00Z',
    })),
  })
  assert.deepEqual(
    only(twins, 'credential').map(({ aliases }) => aliases),
    [undefined, undefined],
  )
})

test('the account is read from a key id that carries it, and from no other', () => {
  assert.equal(accountOfAccessKey('ASIAQNZGKIQY56JQ7WML'), '029608264753')
  assert.equal(accountOfAccessKey('AKIAIOSFODNN7EXAMPLE'), undefined, 'ids of the old kind do not')
  assert.equal(accountOfAccessKey('AKIA1111111111111111'), undefined)
  assert.equal(roleOfSession('arn:aws:sts::111122223333:assumed-role/r/i-0a'), 'arn:aws:iam::111122223333:role/r')
})

test('a policy document alone, in its version, encoded or plain, is a policy without a holder', () => {
  for (const value of [
    doc(allow),
    { PolicyVersion: { Document: doc(allow), VersionId: 'v1' } },
    { PolicyName: 'x', PolicyDocument: encodeURIComponent(JSON.stringify(doc(allow))) },
  ]) {
    assert.equal(only(read(value, 'policies/export.json'), 'policy').length, 1)
    assert.equal(only(read(value), 'attachment').length, 0)
  }
  assert.deepEqual(read({ Statement: 'none of ours' }), [])
  assert.deepEqual(read({ Version: '1', Statement: [{ text: 'a bank statement' }] }), [])
})

test('managed policies give the version in force, and the others beside it', () => {
  const version = (VersionId: string, IsDefaultVersion: boolean): unknown => ({
    VersionId,
    IsDefaultVersion,
    Document: doc(allow),
  })
  const policies = only(
    read({
      Policies: [
        {
          Arn: `arn:aws:iam::${A}:policy/p`,
          DefaultVersionId: 'v2',
          PolicyVersionList: [version('v2', true), version('v1', false)],
        },
      ],
    }),
    'policy',
  )
  assert.deepEqual(
    policies.map(({ ref: own }) => own),
    [`aws:arn:aws:iam::${A}:policy/p`, `aws:arn:aws:iam::${A}:policy/p?version=v1`],
  )
})

test('several accounts in one stream are all read', () => {
  const line = (name: string): string =>
    JSON.stringify({ UserDetailList: [{ UserName: name, Arn: `arn:aws:iam::${A}:user/${name}` }] })
  const observations = offer(aws, 'all.ndjson', `${line('a')}\n${line('b')}\n`)
  assert.deepEqual(
    only(observations, 'principal').map(({ name, provenance }) => [name, provenance.startLine]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
})

test('when services were last used is on the principal that used them', () => {
  const [used] = only(
    read({
      JobStatus: 'COMPLETED',
      ServicesLastAccessed: [
        {
          ServiceNamespace: 's3',
          LastAuthenticated: '2026-01-02T00:00:00Z',
          LastAuthenticatedEntity: `arn:aws:iam::${A}:role/r`,
        },
        { ServiceNamespace: 'ec2', TotalAuthenticatedEntities: 0 },
      ],
    }),
    'principal',
  )
  assert.equal(used?.lastUsedAt, '2026-01-02T00:00:00.000Z')
  assert.deepEqual(used?.attributes?.['serviceLastAccessed'], { s3: '2026-01-02T00:00:00.000Z' })
})

test('one bad record is one problem with its line, and the rest is read', () => {
  const observations = read({
    UserDetailList: [
      { UserName: 'nameless' },
      'text',
      null,
      { Arn: 'not an arn' },
      { Arn: `arn:aws:iam::${A}:user/good` },
    ],
    Policies: [{ Arn: `arn:aws:iam::${A}:policy/p`, PolicyVersionList: [{ IsDefaultVersion: true, Document: '%%%' }] }],
  })
  assert.deepEqual(
    only(observations, 'principal').map(({ name }) => name),
    ['good'],
  )
  const problems = only(observations, 'problem')
  assert.equal(problems.length, 4)
  for (const problem of problems) assert.ok((problem.startLine ?? 0) > 1, problem.message)
})

test('unknown actions are one problem per policy, and none for patterns that take something in or for policies of AWS', () => {
  const problems = (Action: unknown): number =>
    only(read(doc({ Effect: 'Allow', Action, Resource: '*' })), 'problem').length
  assert.equal(problems(['s3:GetObjet', 's3:Nope', 's3:GetObject']), 1)
  assert.equal(problems(['s3:Get*', 'S3:getobject', '*', 'iam:*', 'ec2:*Instance*', '*:*']), 0)
  for (const action of ['s3:*Nothing*', 'nosuch:*', 'nosuch:Get', 's3']) assert.ok(!isKnownAction(action), action)
})

test('whatever the JSON holds, nothing is thrown and nothing unexpected is accepted', () => {
  const members = fc.constantFrom(
    'UserDetailList',
    'RoleDetailList',
    'Policies',
    'CredentialReport',
    'AccessKeyMetadata',
    'ServicesLastAccessed',
    'Content',
    'PolicyVersion',
    'AssumeRolePolicyDocument',
    'Statement',
    'Arn',
    'Tags',
    '__proto__',
    'constructor',
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(`arn:aws:iam::${A}:user/u`, `arn:aws:iam::${A}:role/r`, 'Allow', '*', null, 7, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(members, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(members, value, { maxKeys: 5 }), (document) => {
      for (const observation of read(document)) {
        if (observation.type === 'problem')
          assert.ok(!observation.message.includes('please report'), observation.message)
      }
    }),
    { numRuns: 500 },
  )
})

test('a truncated export is one problem with its line', () => {
  const problems = only(offer(aws, 'cut.json', '{\n "UserDetailList": [\n  {"Arn": "arn:aws:iam::1'), 'problem')
  assert.deepEqual(
    problems.map(({ startLine }) => startLine),
    [3],
  )
})

test('other JSON and CSV is left alone', () => {
  assert.deepEqual(read({ Users: [{ Arn: 'x' }], Roles: ['admin'], Policies: [{ name: 'p' }] }), [])
  assert.deepEqual(offer(aws, 'people.csv', 'id,name,email\n1,a,b\n'), [])
  assert.equal(asText(offer(aws, 'x.json', '{"a": "arn:aws:s3:::b"}')), '[]')
})

test('a statement or list of odd types is said once with its line, and leaves open what its holder may do', () => {
  const user = (more: Record<string, unknown>) => ({ UserDetailList: [{ Arn: `arn:aws:iam::${A}:user/u`, ...more }] })
  const inline = (...statements: unknown[]) =>
    read(user({ UserPolicyList: [{ PolicyName: 'p', PolicyDocument: doc(...statements) }] }))
  for (const odd of [
    { ...allow, Action: 5 },
    { ...allow, Action: null },
    { ...allow, Action: ['s3:*', ['iam:*']] },
    { ...allow, Resource: [['*']] },
    { Effect: 'Allow', Action: '*' },
    'text',
    {},
  ]) {
    const observations = inline(allow, odd, { ...allow, Resource: 7 })
    assert.equal(only(observations, 'problem').length, 1, JSON.stringify(odd))
    assert.ok((only(observations, 'problem')[0]?.startLine ?? 0) > 5)
    assert.equal(only(observations, 'policy').length, 1)
    assert.ok(asText(only(observations, 'policy')).includes('s3:GetObject'))
  }
  for (const odd of [
    { UserPolicyList: {} },
    { AttachedManagedPolicies: 5 },
    { AttachedManagedPolicies: [{}] },
    { GroupList: 'g' },
    { PermissionsBoundary: 7 },
  ]) {
    const observations = read(user(odd))
    assert.equal(only(observations, 'problem').length, 1, JSON.stringify(odd))
    assert.match(only(observations, 'attachment')[0]?.policy ?? '', /unreadable/)
  }
  assert.equal(only(read({ ...user({}), Policies: 'x' }), 'problem').length, 1)
  assert.deepEqual(only(read(user({ UserPolicyList: null, GroupList: null })), 'problem'), [])
})

test('a trust policy that is too large or odd is read as far as it can be, and said once', () => {
  const trust = (statements: unknown) =>
    read({
      RoleDetailList: [{ Arn: `arn:aws:iam::${A}:role/r`, AssumeRolePolicyDocument: { Statement: statements } }],
    })
  const harmless = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }
  const large = trust([{ ...harmless, Principal: '*' }, ...Array.from({ length: 200 }, () => harmless)])
  assert.equal(only(large, 'relation').length, 200)
  assert.deepEqual(only(large, 'relation')[0]?.from, { pattern: '*' })
  const [said, ...more] = only(large, 'problem')
  assert.deepEqual(more, [])
  assert.ok((said?.startLine ?? 0) > 1000)
  const odd = trust([{ ...harmless, Principal: { AWS: [5, ['x'], null, '999988887777'] } }])
  assert.equal(only(odd, 'relation').length, 1)
  assert.equal(only(odd, 'problem').length, 1)
  assert.equal(only(trust('text'), 'problem').length, 1)
})

test('a credential report that is cut off is said once, with the line of the cut', () => {
  const header = 'user,arn,user_creation_time,password_enabled,mfa_active,cert_2_active,cert_2_last_rotated'
  const line = (name: string): string =>
    `${name},arn:aws:iam::${A}:user/${name},2026-10-26T08:00:00+00:00,false,false,false,N/A`
  const whole = `${header}\n${line('a')}\n${line('b')}`
  const problems = (text: string) => only(offer(aws, 'report.csv', text), 'problem').map(({ startLine }) => startLine)
  assert.deepEqual(problems(whole), [])
  for (const missing of [1, 4, 10, 50]) assert.deepEqual(problems(whole.slice(0, -missing)), [3], `${missing}`)
  assert.deepEqual(problems(header.slice(0, -10)), [1])
})
