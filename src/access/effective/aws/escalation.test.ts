import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessIn, ACCOUNT, arnOf, techniquesOf } from './account-in-test.ts'
import type { AccountInTest, PrincipalInTest, StatementInTest } from './account-in-test.ts'
import type { Technique } from './techniques/technique.ts'
import { TECHNIQUES } from './techniques/techniques.ts'

const ADMIN: StatementInTest = { Action: '*' }

/** An account in which the technique leads somewhere: its user or role, and one target of each kind. */
function accountFor(
  technique: Technique,
  may: readonly StatementInTest[],
  more: PrincipalInTest = {},
): { account: AccountInTest; who: string } {
  const asRole = technique.by === 'role'
  const boundary: PrincipalInTest =
    technique.target === 'own-boundary'
      ? { boundary: [{ Action: ['iam:*', 's3:GetObject'] }], may: [ADMIN_BUT_IAM, ...may] }
      : {}
  const self: PrincipalInTest = {
    may,
    attached: [arnOf('policy', 'held')],
    ...(asRole ? { trusts: ['ec2.amazonaws.com'] } : { groups: ['team'] }),
    ...boundary,
    ...more,
  }
  return {
    who: asRole ? 'role/self' : 'user/self',
    account: {
      users: {
        ...(asRole ? {} : { self }),
        chief: {
          may: [ADMIN],
          ...(technique.userHas === undefined ? {} : { attributes: { consolePassword: technique.userHas.is } }),
        },
      },
      groups: { team: {}, chiefs: { may: [ADMIN] } },
      roles: {
        ...(asRole ? { self } : {}),
        chief: { may: [ADMIN], trusts: [...(technique.services ?? ['monitoring.rds.amazonaws.com'])] },
      },
      policies: { held: [{ Action: 'sts:GetCallerIdentity' }], 'held?version=v1': [ADMIN] },
    },
  }
}
/** Data everywhere, so that taking the boundary off is worth something. */
const ADMIN_BUT_IAM: StatementInTest = { Action: ['s3:*', 'secretsmanager:*'] }

const grant = (technique: Technique): StatementInTest[] => [{ Action: technique.steps.map(([action]) => action) }]
const TESTABLE = TECHNIQUES.filter(({ target }) => target !== 'saml-role' && !target.startsWith('rewritable-'))

test('each technique is found where its actions are allowed and a target is there', () => {
  for (const technique of TESTABLE) {
    const { account, who } = accountFor(technique, grant(technique))
    assert.ok(techniquesOf(account, who).includes(technique.id.slice(4)), technique.id)
  }
})

test('without any one of its actions a technique is not found', () => {
  for (const technique of TESTABLE) {
    for (const [left] of technique.steps) {
      const actions = technique.steps.map(([action]) => action).filter((action) => action !== left)
      const { account, who } = accountFor(
        technique,
        actions.length === 0 ? [{ Action: 's3:ListBucket' }] : [{ Action: actions }],
      )
      assert.ok(!techniquesOf(account, who).includes(technique.id.slice(4)), `${technique.id} without ${left}`)
    }
  }
})

test('an explicit deny of a step takes exactly the paths away that need it', () => {
  for (const technique of TESTABLE) {
    const [first] = technique.steps[0] ?? ['']
    const before = accountFor(technique, grant(technique))
    const after = accountFor(technique, [...grant(technique), { Effect: 'Deny', Action: first.toUpperCase() }])
    const needs = new Set(
      TECHNIQUES.filter(({ steps }) => steps.some(([action]) => action === first)).map(({ id }) => id.slice(4)),
    )
    const left = techniquesOf(before.account, before.who).filter((id) => !needs.has(id))
    assert.deepEqual(techniquesOf(after.account, after.who), left, technique.id)
  }
})

test('a boundary without a step, or that the input does not hold, takes the path away', () => {
  for (const technique of TESTABLE.filter(({ target }) => target !== 'own-boundary')) {
    const [first] = technique.steps[0] ?? ['']
    for (const boundary of [[{ NotAction: [first] }], 'unread'] as const) {
      const { account, who } = accountFor(technique, grant(technique), { boundary })
      assert.ok(
        !techniquesOf(account, who).includes(technique.id.slice(4)),
        `${technique.id} ${JSON.stringify(boundary)}`,
      )
    }
  }
})

test('a condition that files do not decide makes the path conditional: told, and not reported', () => {
  for (const Condition of [
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { StringEquals: { 'aws:PrincipalOrgID': 'o-larkfield' } },
    { MadeUpOperator: { 'made:Up': 'x' } },
  ]) {
    for (const technique of TESTABLE) {
      const { account, who } = accountFor(technique, [{ Action: technique.steps.map(([action]) => action), Condition }])
      const id = technique.id.slice(4)
      assert.ok(!techniquesOf(account, who).includes(id), id)
      const told = accessIn(account)
        .get(who)
        ?.powers.some(({ power, detail }) => power === 'conditional-escalation' && detail.startsWith(technique.id))
      assert.ok(told, id)
    }
  }
})

test('a deny under a condition that files do not decide is no deny, but noted', () => {
  const technique = TECHNIQUES.find(({ id }) => id === 'aws:iam:CreatePolicyVersion') ?? assert.fail()
  const deny: StatementInTest = {
    Effect: 'Deny',
    Action: '*',
    Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
  }
  const { account, who } = accountFor(technique, [...grant(technique), deny])
  assert.deepEqual(techniquesOf(account, who), [])
  assert.match(
    JSON.stringify(accessIn(account).get(who)?.powers),
    /conditional-escalation.*deny by BoolIfExists aws:MultiFactorAuthPresent/,
  )
})

test('passing a role to another service than the one that is called is no path', () => {
  const pass = (Condition: StatementInTest['Condition']): AccountInTest => ({
    users: {
      self: {
        may: [
          { Action: 'iam:PassRole', ...(Condition === undefined ? {} : { Condition }) },
          { Action: 'ec2:RunInstances' },
        ],
      },
    },
    roles: { chief: { may: [ADMIN], trusts: ['ec2.amazonaws.com'] } },
  })
  assert.deepEqual(techniquesOf(pass(undefined), 'user/self'), ['iam:PassRole+ec2:RunInstances'])
  assert.deepEqual(techniquesOf(pass({ StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }), 'user/self'), [
    'iam:PassRole+ec2:RunInstances',
  ])
  for (const wrong of [
    { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    { StringLike: { 'iam:PassedToService': 'ecs*.amazonaws.com' } },
    { StringNotEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  ])
    assert.deepEqual(techniquesOf(pass(wrong), 'user/self'), [])
})

test('passing a role is a path only where some role that the grant means may do more and trusts the service', () => {
  const account = (resource: string, chief: PrincipalInTest): AccountInTest => ({
    users: {
      self: {
        may: [
          { Action: 'iam:PassRole', Resource: resource },
          { Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'] },
        ],
      },
    },
    roles: { chief, worker: { may: [{ Action: 'sqs:SendMessage' }], trusts: ['lambda.amazonaws.com'] } },
  })
  const strong: PrincipalInTest = { may: [ADMIN], trusts: ['lambda.amazonaws.com'] }
  const found = ['iam:PassRole+lambda:CreateFunction+InvokeFunction']
  assert.deepEqual(techniquesOf(account(arnOf('role', 'chief'), strong), 'user/self'), found)
  assert.deepEqual(techniquesOf(account(arnOf('role', 'ch*'), strong), 'user/self'), found)
  assert.deepEqual(techniquesOf(account(arnOf('role', 'worker'), strong), 'user/self'), [])
  assert.deepEqual(techniquesOf(account('arn:aws:iam::999999999999:role/*', strong), 'user/self'), [])
  assert.deepEqual(techniquesOf(account('*', { may: [ADMIN], trusts: ['ec2.amazonaws.com'] }), 'user/self'), [])
  assert.deepEqual(
    techniquesOf(account('*', { may: [{ Action: 'sqs:*' }], trusts: ['lambda.amazonaws.com'] }), 'user/self'),
    [],
  )
  assert.deepEqual(techniquesOf(account('*', { ...strong, serviceLinked: true }), 'user/self'), [])
})

test('the steps on one resource are on one and the same resource', () => {
  const account = (create: string, invoke: string): AccountInTest => ({
    users: {
      self: {
        may: [
          { Action: 'iam:PassRole' },
          { Action: 'lambda:CreateFunction', Resource: create },
          { Action: 'lambda:InvokeFunction', Resource: invoke },
        ],
      },
    },
    roles: { chief: { may: [ADMIN], trusts: ['lambda.amazonaws.com'] } },
  })
  const fn = (name: string): string => `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:${name}`
  assert.equal(techniquesOf(account(fn('a-*'), fn('a-*')), 'user/self').length, 1)
  assert.equal(techniquesOf(account('*', fn('a')), 'user/self').length, 1)
  assert.deepEqual(techniquesOf(account(fn('a-*'), fn('b-*')), 'user/self'), [])
})

test('an access key for itself is no escalation, for another who may do more it is', () => {
  const account = (resource: string): AccountInTest => ({
    users: {
      self: { may: [{ Action: 'iam:CreateAccessKey', Resource: resource }] },
      chief: { may: [ADMIN] },
      peer: {},
    },
  })
  assert.deepEqual(techniquesOf(account('arn:aws:iam::*:user/${aws:username}'), 'user/self'), [])
  assert.deepEqual(techniquesOf(account(arnOf('user', 'self')), 'user/self'), [])
  assert.deepEqual(techniquesOf(account(arnOf('user', 'peer')), 'user/self'), [])
  assert.deepEqual(techniquesOf(account('*'), 'user/self'), ['iam:CreateAccessKey'])
  assert.deepEqual(techniquesOf(account(arnOf('user', 'c???f')), 'user/self'), ['iam:CreateAccessKey'])
})

test('a policy or group that it does not hold is not its own', () => {
  const account = (resource: string): AccountInTest => ({
    users: {
      self: {
        groups: ['team'],
        attached: [arnOf('policy', 'held')],
        may: [{ Action: ['iam:CreatePolicyVersion', 'iam:PutGroupPolicy'], Resource: resource }],
      },
    },
    groups: { team: { attached: [arnOf('policy', 'of-team')] }, others: {} },
    policies: { held: [], 'of-team': [], other: [] },
  })
  assert.deepEqual(techniquesOf(account(arnOf('policy', 'held')), 'user/self'), ['iam:CreatePolicyVersion'])
  assert.deepEqual(techniquesOf(account(arnOf('policy', 'of-team')), 'user/self'), ['iam:CreatePolicyVersion'])
  assert.deepEqual(techniquesOf(account(arnOf('group', 'team')), 'user/self'), ['iam:PutGroupPolicy'])
  for (const other of [arnOf('policy', 'other'), arnOf('group', 'others')])
    assert.deepEqual(techniquesOf(account(other), 'user/self'), [])
})

test('under a boundary, rewriting its own policies reaches what the boundary leaves', () => {
  const may: StatementInTest[] = [{ Action: 'iam:PutUserPolicy' }]
  const reach = (boundary: readonly StatementInTest[]): (string | undefined)[] =>
    (accessIn({ users: { self: { may, boundary } } }).get('user/self')?.escalations ?? []).map(
      ({ reachesTier }) => reachesTier,
    )
  assert.deepEqual(reach([{ Action: ['iam:PutUserPolicy', 's3:GetObject'] }]), [], 'no more than it has')
  assert.deepEqual(reach([{ Action: ['iam:PutUserPolicy', 's3:*'] }]), ['high'])
  assert.deepEqual(reach([{ Action: '*' }]), ['admin'])
})

test('a target behind tags counts only when its tags match', () => {
  const account = (tags: Readonly<Record<string, string>> | undefined): AccountInTest => ({
    users: {
      self: {
        may: [{ Action: 'iam:CreateAccessKey', Condition: { StringEquals: { 'aws:ResourceTag/team': 'blue' } } }],
      },
      chief: { may: [ADMIN], ...(tags === undefined ? {} : { tags }) },
    },
  })
  assert.deepEqual(techniquesOf(account({ team: 'blue' }), 'user/self'), ['iam:CreateAccessKey'])
  assert.deepEqual(techniquesOf(account({ team: 'red' }), 'user/self'), [])
  assert.deepEqual(techniquesOf(account(undefined), 'user/self'), [], 'tags that are not known decide nothing')
})

test('what a principal that administers the account can do is not called an escalation', () => {
  for (const may of [[ADMIN], [{ Action: 'iam:*' }], [{ NotAction: 's3:*' }]] as const)
    assert.deepEqual(techniquesOf({ users: { self: { may }, chief: { may: [ADMIN] } }, roles: {} }, 'user/self'), [])
})

test('the names of actions in a policy are no rights: in a deny, a NotAction, a boundary, a group of others', () => {
  const names = TECHNIQUES.flatMap(({ steps }) => steps.map(([action]) => action))
  const targets: AccountInTest = {
    roles: { chief: { may: [ADMIN], trusts: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] } },
  }
  for (const self of [
    { may: [{ Effect: 'Deny', Action: names }] },
    { may: [{ Effect: 'Deny', NotAction: names }, { Action: 's3:GetObject' }] },
    { may: [{ NotAction: ['*'] }] },
    { may: [{ Action: 's3:GetObject' }], boundary: [{ Action: names }] },
    { may: [{ Action: names, Resource: 'arn:aws:s3:::bucket/iam:PassRole' }] },
  ] satisfies PrincipalInTest[])
    assert.deepEqual(
      techniquesOf({ ...targets, users: { self }, groups: { others: { may: [{ Action: names }] } } }, 'user/self'),
      [],
    )
})

test('a chain of escalations is followed to its end, and each link is a path of its own', () => {
  const link = (next: string): PrincipalInTest => ({
    may: [{ Action: 'iam:CreateAccessKey', Resource: arnOf('user', next) }],
  })
  const access = accessIn({ users: { a: link('b'), b: link('c'), c: link('d'), d: { may: [ADMIN] }, e: link('a') } })
  for (const name of ['a', 'b', 'c', 'e']) assert.equal(access.get(`user/${name}`)?.tier, 'admin', name)
  assert.deepEqual(
    access.get('user/a')?.escalations.map(({ reaches }) => reaches),
    ['user `b`'],
  )
})

test('the policy that AWS writes to revoke old sessions takes no path away: the next session is new', () => {
  const revoke: StatementInTest = {
    Effect: 'Deny',
    Action: '*',
    Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-05-01T00:00:00.000Z' } },
  }
  const may: readonly StatementInTest[] = [{ Action: 'iam:CreateAccessKey' }, revoke]
  const account: AccountInTest = { users: { chief: { may: [ADMIN] } }, roles: { self: { may } } }
  assert.deepEqual(techniquesOf(account, 'role/self'), ['iam:CreateAccessKey'])
})

test('an account whose only roles are those that AWS keeps has no role to pass', () => {
  const may: readonly StatementInTest[] = [
    { Action: ['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction'] },
  ]
  const kept: PrincipalInTest = { may: [ADMIN], trusts: ['lambda.amazonaws.com'], serviceLinked: true }
  assert.deepEqual(techniquesOf({ users: { self: { may } }, roles: { kept } }, 'user/self'), [])
})

test('any identity that can be given more and then taken over is a way, each step on one and the same', () => {
  const cases: readonly (readonly [string, string, AccountInTest, string])[] = [
    ['AttachUserPolicy', 'CreateAccessKey', { users: { idle: {} } }, arnOf('user', 'idle')],
    ['PutUserPolicy', 'CreateLoginProfile', { users: { idle: {} } }, arnOf('user', 'idle')],
    ['PutRolePolicy', 'UpdateAssumeRolePolicy', { roles: { idle: {} } }, arnOf('role', 'idle')],
    ['AttachGroupPolicy', 'AddUserToGroup', { groups: { idle: {} } }, arnOf('group', 'idle')],
  ]
  for (const [rewrite, take, account, Resource] of cases) {
    const found = (...may: readonly StatementInTest[]): string[] =>
      techniquesOf({ ...account, users: { ...account.users, self: { may } } }, 'user/self')
    const both: StatementInTest = { Action: [`iam:${rewrite}`, `iam:${take}`], Resource }
    assert.deepEqual(found(both), [`iam:${rewrite}+${take}`])
    assert.deepEqual(found({ Action: `iam:${rewrite}`, Resource }), [], take)
    assert.deepEqual(found({ Action: `iam:${take}`, Resource }), [], rewrite)
    assert.deepEqual(found(both, { Effect: 'Deny', Action: `iam:${take}` }), [], `${take} denied`)
    assert.deepEqual(found(both, { Effect: 'Deny', Action: `iam:${rewrite}`, Resource }), [], `${rewrite} denied`)
    const apart = { Action: `iam:${take}`, Resource: `${Resource}-too` }
    assert.deepEqual(found({ Action: `iam:${rewrite}`, Resource }, apart), [], 'on two different ones')
  }
})

test('the way over another is not told where one of its steps is enough, nor where a boundary holds the other', () => {
  const both: StatementInTest = { Action: ['iam:PutUserPolicy', 'iam:CreateAccessKey'] }
  assert.deepEqual(techniquesOf({ users: { self: { may: [both] }, idle: {} } }, 'user/self'), ['iam:PutUserPolicy'])
  const onIdle = [{ ...both, Resource: arnOf('user', 'idle') }]
  const held: PrincipalInTest = { boundary: [{ Action: 's3:GetObject', Resource: 'arn:aws:s3:::larkfield-logs/*' }] }
  assert.deepEqual(techniquesOf({ users: { self: { may: onIdle }, idle: held } }, 'user/self'), [])
})

test('a role that a service may take on only for things of its own account can be passed for a new one', () => {
  const may: readonly StatementInTest[] = [
    { Action: ['iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction'] },
  ]
  const when = (arn: string): string[] => {
    const trusts = [{ who: 'lambda.amazonaws.com', when: { ArnLike: { 'aws:SourceArn': arn } } }]
    return techniquesOf({ users: { self: { may } }, roles: { chief: { may: [ADMIN], trusts } } }, 'user/self')
  }
  const way = ['iam:PassRole+lambda:CreateFunction+InvokeFunction']
  assert.deepEqual(when(`arn:aws:lambda:*:${ACCOUNT}:function:*`), way)
  assert.deepEqual(when(`arn:aws:lambda:eu-central-1:${ACCOUNT}:function:ledger`), [], 'one function, which is there')
  assert.deepEqual(when('arn:aws:lambda:*:777788889999:function:*'), [], 'of another account')
})
