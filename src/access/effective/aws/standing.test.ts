import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessIn, arnOf } from './account-in-test.ts'
import type { PrincipalInTest } from './account-in-test.ts'
import { KNOWN_POLICY_NAMES, knownPolicy, managedPolicyRef } from './known-policies.ts'

const accessOf = (user: PrincipalInTest) => accessIn({ users: { u: user } }).get('user/u') ?? assert.fail()
const tierOf = (user: PrincipalInTest): string => accessOf(user).tier
const powersOf = (user: PrincipalInTest): Set<string> => new Set(accessOf(user).powers.map(({ power }) => power))

test('the tier follows from what the actions do and on how much', () => {
  assert.equal(tierOf({}), 'none')
  assert.equal(tierOf({ may: [{ Action: 'ec2:Describe*' }] }), 'low')
  assert.equal(tierOf({ may: [{ Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }] }), 'low')
  assert.equal(tierOf({ may: [{ Action: 's3:GetObject' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: 'sqs:SendMessage' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: 's3:PutObject' }] }), 'high')
  assert.equal(tierOf({ may: [{ Action: 'secretsmanager:GetSecretValue' }] }), 'high')
  assert.equal(
    tierOf({
      may: [
        {
          Action: 'secretsmanager:GetSecretValue',
          Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-*',
        },
      ],
    }),
    'low',
  )
  assert.equal(tierOf({ may: [{ Action: 'kms:PutKeyPolicy' }] }), 'high')
  assert.equal(tierOf({ may: [{ Action: 'kms:Decrypt' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: 'iam:DeleteRole' }] }), 'high')
  assert.equal(tierOf({ may: [{ Action: 'iam:CreateAccessKey', Resource: arnOf('user', 'u') }] }), 'low')
  assert.equal(tierOf({ may: [{ Action: 'iam:*' }] }), 'admin')
  assert.equal(tierOf({ may: [{ Action: '*' }] }), 'admin')
  assert.equal(tierOf({ may: [{ NotAction: ['iam:*', 'organizations:*'] }] }), 'high')
})

test('denies and boundaries lower it, and an unread boundary leaves it under a condition', () => {
  assert.equal(tierOf({ may: [{ Action: '*' }, { Effect: 'Deny', NotAction: 's3:Get*' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: '*' }], boundary: [{ Action: 'ec2:Describe*' }] }), 'low')
  assert.equal(
    tierOf({ may: [{ Action: '*' }], boundary: [{ Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }] }),
    'medium',
  )
  assert.equal(tierOf({ may: [{ Action: '*' }, { Effect: 'Deny', Action: '*' }] }), 'none')
  assert.ok(!powersOf({ may: [{ Action: '*' }], boundary: 'unread' }).has('admin:everything'))
  assert.ok(powersOf({ may: [{ Action: '*' }], boundary: 'unread' }).has('admin:everything:conditional'))
})

test('powers are named for what is really everywhere', () => {
  assert.ok(powersOf({ may: [{ Action: 'secretsmanager:*' }] }).has('secrets:read-all'))
  assert.ok(powersOf({ may: [{ Action: 's3:*' }] }).has('wildcard-action:s3'))
  assert.ok(powersOf({ may: [{ Action: 's3:*', Resource: 'arn:aws:s3:::*' }] }).has('wildcard-action:s3'))
  assert.ok(
    !powersOf({ may: [{ Action: 's3:*', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }] }).has(
      'wildcard-action:s3',
    ),
  )
  assert.ok(
    !powersOf({
      may: [{ Action: 'secretsmanager:*' }, { Effect: 'Deny', Action: 'secretsmanager:GetSecretValue' }],
    }).has('secrets:read-all'),
  )
})

test('a policy of AWS that the input does not hold is known, or leaves the tier unknown', () => {
  assert.equal(tierOf({ attached: ['arn:aws:iam::aws:policy/AdministratorAccess'] }), 'admin')
  assert.equal(tierOf({ attached: ['arn:aws:iam::aws:policy/PowerUserAccess'] }), 'high')
  assert.equal(tierOf({ attached: ['arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'] }), 'low')
  const unknown = accessOf({ attached: ['arn:aws:iam::aws:policy/SomethingNew'], may: [{ Action: 'sqs:SendMessage' }] })
  assert.equal(unknown.tier, 'unknown')
  assert.deepEqual(unknown.unresolved, ['arn:aws:iam::aws:policy/SomethingNew'])
  assert.match(unknown.reasons.join(), /SomethingNew.*at least medium/)
  assert.equal(tierOf({ attached: [arnOf('policy', 'AdministratorAccess')] }), 'unknown', 'the name alone says nothing')
})

test('every known policy compiles to statements that give something', () => {
  for (const name of KNOWN_POLICY_NAMES)
    assert.ok((knownPolicy(managedPolicyRef(name))?.statements.length ?? 0) > 0, name)
  assert.equal(knownPolicy(managedPolicyRef('constructor')), undefined)
})

test('rights come with their way: policy, group, statement and conditions', () => {
  const access = accessIn({
    users: { u: { groups: ['g'], may: [{ NotAction: 'iam:*', Resource: 'arn:aws:s3:::b/*' }] } },
    groups: {
      g: { may: [{ Action: ['s3:GetObject'], Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'true' } } }] },
    },
  }).get('user/u')
  assert.deepEqual(
    access?.entitlements.map(({ actions, resources, level, path, conditions }) => ({
      actions,
      resources,
      level,
      path,
      conditions,
    })),
    [
      {
        actions: ['aws:*'],
        resources: ['arn:aws:s3:::b/*'],
        level: 'write',
        path: ['policy own'],
        conditions: { NotAction: ['iam:*'] },
      },
      {
        actions: ['aws:s3:GetObject'],
        resources: ['*'],
        level: 'read',
        path: ['group g', 'policy own'],
        conditions: { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      },
    ],
  )
})

test('unknown actions are kept: read by their verb, else counted as a change', () => {
  assert.equal(tierOf({ may: [{ Action: 'newservice:DescribeThing' }] }), 'low')
  assert.equal(tierOf({ may: [{ Action: 'newservice:MakeThing' }] }), 'medium')
  assert.equal(tierOf({ may: [{ Action: 's3:Nonsense*' }] }), 'none')
})
