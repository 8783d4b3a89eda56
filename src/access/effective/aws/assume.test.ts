import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, Json } from '#kernel'
import { correlate } from '#identity'
import { effectiveAccess } from '../effective.ts'
import { accessIn, ACCOUNT, arnOf, factsOf } from './account-in-test.ts'
import type { AccountInTest, PrincipalInTest } from './account-in-test.ts'

const MAY_ASSUME: PrincipalInTest = { may: [{ Action: 'sts:AssumeRole', Resource: arnOf('role', 'r') }] }
const rolesOf = (account: AccountInTest, who = 'user/u'): string[] =>
  (accessIn(account).get(who)?.actsAs ?? []).map(({ how }) => how)
const acts = (u: PrincipalInTest, r: PrincipalInTest): boolean => {
  const how = rolesOf({ users: { u }, roles: { r } })
  return how.length > 0 && !how.join().includes(', if ')
}

test('a trust in the account needs the permission of the principal too', () => {
  assert.ok(acts(MAY_ASSUME, { trusts: ['account'] }))
  assert.ok(!acts({}, { trusts: ['account'] }))
  assert.ok(!acts({ may: [{ Action: 'sts:AssumeRole', Resource: arnOf('role', 'other') }] }, { trusts: ['account'] }))
  assert.ok(!acts(MAY_ASSUME, { trusts: ['ec2.amazonaws.com'] }), 'a permission without a trust is worth nothing')
  assert.ok(!acts(MAY_ASSUME, {}))
})

test('a trust that names a principal of the account is enough, unless something denies', () => {
  const trusts = [arnOf('user', 'u')]
  assert.ok(acts({}, { trusts }))
  assert.ok(
    acts({ boundary: [{ Action: 's3:*' }] }, { trusts }),
    'what a resource gives a user is not held by its boundary',
  )
  assert.ok(!acts({ may: [{ Effect: 'Deny', Action: 'sts:*' }] }, { trusts }))
  assert.ok(!acts({ boundary: [{ Effect: 'Deny', Action: 'sts:*' }] }, { trusts }))
  assert.ok(!acts({}, { trusts: [arnOf('user', 'v')] }))
})

test('a role that is trusted by name is held by its boundary', () => {
  const through = (boundary: PrincipalInTest['boundary']): string[] =>
    rolesOf({ roles: { u: boundary === undefined ? {} : { boundary }, r: { trusts: [arnOf('role', 'u')] } } }, 'role/u')
  assert.equal(through(undefined).length, 1)
  assert.equal(through([{ Action: 'sts:AssumeRole' }]).length, 1)
  assert.equal(through([{ Action: 's3:*' }]).length, 0)
})

test('conditions of the trust are read for the caller; what they leave open makes the way conditional', () => {
  const when = (condition: Json): PrincipalInTest => ({ trusts: [{ who: 'account', when: condition }] })
  assert.ok(acts(MAY_ASSUME, when({ ArnLike: { 'aws:PrincipalArn': arnOf('user', '*') } })))
  assert.ok(!acts(MAY_ASSUME, when({ ArnLike: { 'aws:PrincipalArn': arnOf('role', '*') } })))
  assert.ok(acts(MAY_ASSUME, when({ StringEquals: { 'sts:RoleSessionName': 'anything' } })))
  for (const open of [
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    { StringEquals: { 'sts:ExternalId': 'x' } },
  ]) {
    assert.ok(!acts(MAY_ASSUME, when(open)))
    assert.match(rolesOf({ users: { u: MAY_ASSUME }, roles: { r: when(open) } }).join(), /, if /)
  }
})

test('chains are followed, and the tier at their end is reached', () => {
  const step = (next: string): PrincipalInTest => ({
    may: [{ Action: 'sts:AssumeRole', Resource: arnOf('role', next) }],
    trusts: ['account'],
  })
  const access = accessIn({
    users: { u: step('a') },
    roles: { a: step('b'), b: step('c'), c: { may: [{ Action: '*' }], trusts: ['account'] } },
  })
  assert.equal(access.get('user/u')?.actsAs.length, 3)
  assert.equal(access.get('user/u')?.tier, 'admin')
  assert.deepEqual(
    access.get('user/u')?.escalations,
    [],
    'what was granted on both sides is a chain, not an escalation',
  )
})

test('a ring of roles ends, and a conditional link is not followed', () => {
  const ring = accessIn({ roles: { a: { trusts: [arnOf('role', 'b')] }, b: { trusts: [arnOf('role', 'a')] } } })
  assert.equal(ring.get('role/a')?.actsAs.length, 1)
  const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
  const held = accessIn({
    users: { u: {} },
    roles: {
      a: { trusts: [{ who: arnOf('user', 'u'), when: mfa }] },
      b: { may: [{ Action: '*' }], trusts: [arnOf('role', 'a')] },
    },
  })
  assert.equal(held.get('user/u')?.actsAs.length, 1)
  assert.equal(held.get('user/u')?.tier, 'none')
})

test('a trust in anyone lets in every principal of the account', () => {
  assert.ok(acts({}, { trusts: ['anyone'] }))
})

test('a pod or workflow whose token the role trusts has what the role has, and one that it does not trust has not', () => {
  const role = arnOf('role', 'r')
  const at = { connector: 'aws', file: 'f' }
  const facts = (sub: string): Fact[] => [
    ...factsOf({ roles: { r: { may: [{ Action: '*' }] } } }),
    {
      type: 'relation',
      relation: 'may_assume',
      from: { pattern: sub, issuer: 'oidc.eks.eu-west-1.amazonaws.com/id/A1' },
      to: ref('aws', role),
      conditions: {
        StringEquals: {
          'oidc.eks.eu-west-1.amazonaws.com/id/A1:sub': sub,
          'oidc.eks.eu-west-1.amazonaws.com/id/A1:aud': 'sts.amazonaws.com',
        },
      },
      attributes: { trust: 'oidc' },
      provenance: at,
    },
    {
      type: 'principal',
      ref: ref('kubernetes', 'system:serviceaccount:pay:api'),
      kind: 'service_account',
      nativeType: 'ServiceAccount',
      system: 'kubernetes',
      externalId: 'system:serviceaccount:pay:api',
      name: 'api',
      provenance: at,
    },
    {
      type: 'relation',
      relation: 'may_assume',
      from: { ref: ref('kubernetes', 'system:serviceaccount:pay:api') },
      to: ref('aws', role),
      provenance: at,
    },
  ]
  const tier = (sub: string): string | undefined => {
    const all = facts(sub)
    const graph = correlate(all)
    const id = graph.principalOf(ref('kubernetes', 'system:serviceaccount:pay:api'))
    return id === undefined ? undefined : effectiveAccess(all, graph).get(id)?.tier
  }
  assert.equal(tier('system:serviceaccount:pay:api'), 'admin')
  assert.notEqual(tier('system:serviceaccount:pay:other'), 'admin')
})

test('an account with very many roles lists the most privileged and says that there are more', () => {
  const roles: Record<string, PrincipalInTest> = { strong: { may: [{ Action: '*' }], trusts: ['account'] } }
  for (let at = 0; at < 300; at += 1) roles[`r${String(at)}`] = { trusts: ['account'] }
  const found = accessIn({
    users: { u: { may: [{ Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${ACCOUNT}:role/*` }] } },
    roles,
  }).get('user/u')
  assert.equal(found?.tier, 'admin')
  assert.ok((found?.actsAs.length ?? 0) <= 50)
  assert.ok(found?.powers.some(({ power }) => power === 'assume-many-roles'))
})

test('what a policy says of the tags of the role to assume is read against them', () => {
  const Condition = { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } }
  const u: PrincipalInTest = { may: [{ Action: 'sts:AssumeRole', Condition }], tags: { team: 'claims' } }
  assert.ok(acts(u, { trusts: ['account'], tags: { team: 'claims' } }))
  assert.ok(!acts(u, { trusts: ['account'], tags: { team: 'ledger' } }))
  assert.ok(!acts(u, { trusts: ['account'], tags: {} }))
})
