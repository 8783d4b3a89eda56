import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '#kernel'
import type { Json } from '#kernel'
import * as fc from 'fast-check'
import { accessIn } from './account-in-test.ts'
import { contextOf, keysOf, noKeys } from './context.ts'
import type { KnownKeys } from './context.ts'
import { evaluate } from './evaluate.ts'
import type { PermissionSet } from './evaluate.ts'
import { encodeWildcards, globOf, matchesGlob, witness } from './glob.ts'
import { compilePolicy } from './policy.ts'
import { matchesResource, resourcePattern, resourceWitness } from './resource-pattern.ts'
import { variablesOf } from './variables.ts'

const CALLER = {
  arn: 'arn:aws:iam::111122223333:user/anna',
  type: 'user',
  account: '111122223333',
  name: 'anna',
  tags: { team: 'blue' },
} as const
type Statement = Readonly<Record<string, Json>>

const policy = (statements: readonly Statement[], version = '2012-10-17') =>
  compilePolicy(
    { ref: ref('aws', 'p'), name: 'p', document: { Version: version, Statement: statements } },
    variablesOf(contextOf(CALLER, noKeys)),
  )
const setOf = (statements: readonly Statement[], boundary?: readonly Statement[]): PermissionSet => ({
  holdings: [{ policy: policy(statements), path: [] }],
  boundary: boundary === undefined ? undefined : policy(boundary),
})
const ask = (set: PermissionSet, action: string, resource = '*', keys: KnownKeys = {}): string =>
  evaluate(set, action.toLowerCase(), resource, contextOf(CALLER, keysOf(keys), resource)).answer

const allow = (Action: Json, Resource: Json = '*', Condition?: Json): Statement =>
  Condition === undefined ? { Effect: 'Allow', Action, Resource } : { Effect: 'Allow', Action, Resource, Condition }
const deny = (Action: Json, Resource: Json = '*', Condition?: Json): Statement => ({
  ...allow(Action, Resource, Condition),
  Effect: 'Deny',
})

test('nothing is allowed that no statement allows', () => {
  assert.equal(ask(setOf([]), 's3:GetObject', 'arn:aws:s3:::b/k'), 'no')
  assert.equal(ask(setOf([allow('s3:PutObject')]), 's3:GetObject', 'arn:aws:s3:::b/k'), 'no')
})

test('actions compare without case, with wildcards in service and name', () => {
  for (const pattern of ['s3:getobject', 'S3:GETOBJECT', 's3:Get*', 's3:G?tObject', '*', '*:*', 's*:*Object', 's3:*'])
    assert.equal(ask(setOf([allow(pattern)]), 's3:GetObject'), 'yes', pattern)
  for (const pattern of ['s3:GetObject?', 's3:Get', 'ec2:*', 's3', '', '?'])
    assert.equal(ask(setOf([allow(pattern)]), 's3:GetObject'), 'no', pattern)
})

test('resources compare with case, and a wildcard before the name does not cross a colon', () => {
  const on = (pattern: string, resource: string): string => ask(setOf([allow('*', pattern)]), 'x:Y', resource)
  assert.equal(on('arn:aws:s3:::b/*', 'arn:aws:s3:::b/a/c'), 'yes')
  assert.equal(on('arn:aws:s3:::B/*', 'arn:aws:s3:::b/a'), 'no')
  assert.equal(
    on('arn:aws:lambda:*:111122223333:function:f', 'arn:aws:lambda:eu-west-1:111122223333:function:f'),
    'yes',
  )
  assert.equal(on('arn:aws:lambda:*:function:f', 'arn:aws:lambda:eu-west-1:111122223333:function:f'), 'no')
  assert.equal(on('arn:aws:sqs', 'arn:aws:sqs:eu-west-1:111122223333:q'), 'yes', 'missing parts stand for anything')
  assert.equal(on('arn:aws:iam::*:role/*', 'arn:aws:iam::111122223333:role/path/r'), 'yes')
})

test('an explicit deny beats every allow, wherever it stands', () => {
  assert.equal(ask(setOf([allow('*'), deny('s3:*')]), 's3:GetObject'), 'no')
  assert.equal(
    ask(setOf([deny('S3:GetObject', 'arn:aws:s3:::b/*'), allow('*')]), 's3:GetObject', 'arn:aws:s3:::b/k'),
    'no',
  )
  assert.equal(
    ask(setOf([deny('s3:GetObject', 'arn:aws:s3:::b/*'), allow('*')]), 's3:GetObject', 'arn:aws:s3:::c/k'),
    'yes',
  )
  assert.equal(ask(setOf([allow('*')], [allow('*'), deny('s3:*')]), 's3:GetObject'), 'no', 'in the boundary')
  assert.equal(ask(setOf([allow('*'), { Effect: 'Deny', NotAction: 'iam:*', Resource: '*' }]), 's3:GetObject'), 'no')
})

test('NotAction and NotResource mean all others', () => {
  const set = setOf([{ Effect: 'Allow', NotAction: ['iam:*', 'sts:AssumeRole'], NotResource: 'arn:aws:s3:::secret/*' }])
  assert.equal(ask(set, 's3:GetObject', 'arn:aws:s3:::open/k'), 'yes')
  assert.equal(ask(set, 's3:GetObject', 'arn:aws:s3:::secret/k'), 'no')
  assert.equal(ask(set, 'IAM:ListUsers'), 'no')
})

test('a boundary gives nothing by itself and takes away what it does not allow', () => {
  assert.equal(ask(setOf([], [allow('*')]), 's3:GetObject'), 'no')
  assert.equal(ask(setOf([allow('*')], [allow('s3:*')]), 's3:GetObject'), 'yes')
  assert.equal(ask(setOf([allow('*')], [allow('s3:*')]), 'iam:ListUsers'), 'no')
  assert.equal(ask({ ...setOf([allow('*')]), boundary: 'unread' }, 's3:GetObject'), 'conditional')
})

test('policy variables are those of the holder; what is not known is conditional; an old version has none', () => {
  const own = 'arn:aws:iam::111122223333:user/${aws:username}'
  assert.equal(ask(setOf([allow('iam:CreateAccessKey', own)]), 'iam:CreateAccessKey', CALLER.arn), 'yes')
  assert.equal(
    ask(setOf([allow('iam:CreateAccessKey', own)]), 'iam:CreateAccessKey', 'arn:aws:iam::111122223333:user/ben'),
    'no',
  )
  assert.equal(
    ask(
      setOf([allow('s3:GetObject', 'arn:aws:s3:::${aws:PrincipalTag/team}/*')]),
      's3:GetObject',
      'arn:aws:s3:::blue/k',
    ),
    'yes',
  )
  assert.equal(
    ask(setOf([allow('s3:GetObject', 'arn:aws:s3:::${saml:sub}/*')]), 's3:GetObject', 'arn:aws:s3:::x/k'),
    'conditional',
  )
  assert.equal(
    ask(setOf([allow('*'), deny('*', 'arn:aws:s3:::${saml:sub}/*')]), 's3:GetObject', 'arn:aws:s3:::x/k'),
    'conditional',
  )
  assert.equal(ask(setOf([allow('*', 'arn:aws:s3:::a${*}c')]), 's3:GetObject', 'arn:aws:s3:::abc'), 'no')
  assert.equal(ask(setOf([allow('*', 'arn:aws:s3:::a${*}c')]), 's3:GetObject', 'arn:aws:s3:::a*c'), 'yes')
  const old = {
    holdings: [{ policy: policy([allow('iam:CreateAccessKey', own)], '2008-10-17'), path: [] }],
    boundary: undefined,
  }
  assert.equal(ask(old, 'iam:CreateAccessKey', CALLER.arn), 'no')
})

test('conditions that files decide are decided', () => {
  const held = (Condition: Json, keys: KnownKeys = {}): string =>
    ask(setOf([allow('*', '*', Condition)]), 'x:Y', '*', keys)
  assert.equal(held({ StringEquals: { 'aws:username': 'anna' } }), 'yes')
  assert.equal(held({ StringEquals: { 'aws:username': ['ben', 'anna'] } }), 'yes')
  assert.equal(held({ StringEquals: { 'AWS:UserName': 'Anna' } }), 'no')
  assert.equal(held({ StringEqualsIgnoreCase: { 'aws:username': 'Anna' } }), 'yes')
  assert.equal(held({ StringNotEquals: { 'aws:username': ['ben', 'anna'] } }), 'no')
  assert.equal(held({ StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/a*' } }), 'yes')
  assert.equal(
    held({ StringEquals: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/a*' } }),
    'no',
    'no wildcards in StringEquals',
  )
  assert.equal(held({ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/a*' } }), 'no')
  assert.equal(held({ StringEquals: { 'aws:PrincipalTag/Team': 'blue' } }), 'yes')
  assert.equal(held({ StringEquals: { 'aws:PrincipalTag/other': 'blue' } }), 'no')
  assert.equal(held({ StringEqualsIfExists: { 'aws:PrincipalTag/other': 'blue' } }), 'yes')
  assert.equal(held({ Null: { 'aws:PrincipalTag/team': 'true' } }), 'no')
  assert.equal(held({ Null: { 'aws:PrincipalTag/other': 'true' } }), 'yes')
  assert.equal(held({ Bool: { 'aws:SecureTransport': true } }), 'yes')
  assert.equal(held({ Bool: { 'aws:ViaAWSService': 'true' } }), 'no')
  assert.equal(held({ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }), 'yes', 'the caller chooses the region')
  assert.equal(held({ NumericLessThan: { n: '5' } }, { n: ['4'] }), 'yes')
  assert.equal(held({ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a'] }), 'yes')
  assert.equal(held({ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }), 'no')
  assert.equal(held({ 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }), 'yes')
  assert.equal(held({ 'ForAnyValue:StringEquals': { k: 'a' } }, { k: 'absent' }), 'no')
})

test('what is not understood is never a silent yes', () => {
  for (const condition of [
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
    { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
    { Whatever: { 'aws:username': 'anna' } },
    { StringEquals: 'not an object' },
    ['not', 'an', 'object'],
    { 'ForAllValues:StringEquals': { 'aws:unheard': 'x' } },
  ] satisfies Json[]) {
    assert.equal(ask(setOf([allow('*', '*', condition)]), 'x:Y'), 'conditional', JSON.stringify(condition))
    assert.equal(
      ask(setOf([allow('*'), deny('*', '*', condition)]), 'x:Y'),
      'conditional',
      `deny ${JSON.stringify(condition)}`,
    )
  }
})

test('all conditions of a statement must hold, and one that fails decides', () => {
  const both = { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, StringEquals: { 'aws:username': 'ben' } }
  assert.equal(ask(setOf([allow('*', '*', both)]), 'x:Y'), 'no')
  assert.equal(ask(setOf([allow('*'), deny('*', '*', both)]), 'x:Y'), 'yes')
})

test('documents of any shape are compiled without a throw and give nothing they should not', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (document) => {
      const compiled = compilePolicy({ ref: ref('aws', 'p'), name: 'p', document })
      const set = { holdings: [{ policy: compiled, path: [] }], boundary: undefined }
      evaluate(set, 's3:getobject', 'arn:aws:s3:::b/k', contextOf(CALLER, noKeys))
    }),
  )
  for (const statement of [
    { Effect: 'allow', Action: '*', Resource: '*' },
    { Effect: 'Allow', Action: '*' },
    { Effect: 'Allow', Resource: '*' },
    { Effect: 'Allow', Action: [7, null], Resource: '*' },
    null,
    'x',
  ])
    assert.equal(ask(setOf([statement as Statement]), 's3:GetObject'), 'no')
})

// ── against a naive evaluator: regular expressions over every statement, no index, no cache ──

const escape = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
const naiveGlob = (pattern: string, text: string, flags = ''): boolean =>
  new RegExp(`^${escape(pattern).replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`, flags).test(text)

interface Plain {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
}
function naive(
  statements: readonly Plain[],
  boundary: readonly Plain[] | undefined,
  action: string,
  resource: string,
): string {
  const hits = (list: readonly Plain[], effect: string): boolean =>
    list.some((one) => {
      if (one.Effect !== effect) return false
      const inAction = (one.Action ?? one.NotAction ?? []).some((pattern) => naiveGlob(pattern, action, 'i'))
      const inResource = (one.Resource ?? one.NotResource ?? []).some((pattern) => naiveGlob(pattern, resource))
      return inAction === (one.Action !== undefined) && inResource === (one.Resource !== undefined)
    })
  if (hits(statements, 'Deny') || (boundary !== undefined && hits(boundary, 'Deny'))) return 'no'
  return hits(statements, 'Allow') && (boundary === undefined || hits(boundary, 'Allow')) ? 'yes' : 'no'
}

const services = fc.constantFrom('s3', 'iam', 'ec2')
const names = fc.constantFrom('GetObject', 'PutObject', 'ListUsers', 'CreateUser', 'RunInstances')
const glob = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.nat(12), fc.constantFrom('', '*', '?'))
    .map(([whole, at, wild]) =>
      wild === '' ? whole : whole.slice(0, at) + wild + (wild === '?' ? whole.slice(at + 1) : ''),
    )
const actions = fc.oneof(
  fc.constant('*'),
  fc.tuple(services, glob(names)).map(([service, name]) => `${service}:${name}`),
  fc.tuple(glob(services), names).map(([service, name]) => `${service}:${name}`),
)
const keys = fc.stringMatching(/^[ab/]{1,4}$/)
const resources = fc.oneof(
  fc.constant('*'),
  glob(keys).map((key) => `arn:aws:s3:::${key}`),
  keys.map((key) => `arn:aws:s3:::*${key}*`),
)
const some = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { minLength: 1, maxLength: 3 })
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    actions: some(actions),
    resources: some(resources),
    not: fc.boolean(),
    notResource: fc.boolean(),
  })
  .map((one): Plain =>
    Object.assign(
      { Effect: one.Effect },
      one.not ? { NotAction: one.actions } : { Action: one.actions },
      one.notResource ? { NotResource: one.resources } : { Resource: one.resources },
    ),
  )

test('the compiled matcher agrees with a naive one on any policy', () => {
  fc.assert(
    fc.property(
      fc.array(statement, { maxLength: 5 }),
      fc.option(fc.array(statement, { maxLength: 3 }), { nil: undefined }),
      fc.tuple(services, names).map(([service, name]) => `${service}:${name}`),
      keys.map((key) => `arn:aws:s3:::${key}`),
      (statements, boundary, action, resource) => {
        const set = setOf(statements as unknown as Statement[], boundary as unknown as Statement[] | undefined)
        assert.equal(ask(set, action, resource), naive(statements, boundary, action, resource))
      },
    ),
    { numRuns: 3000 },
  )
})

const patternText = fc.stringMatching(/^[ab*?]{0,7}$/)

test('globs match as regular expressions do', () => {
  fc.assert(
    fc.property(patternText, fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
      assert.equal(matchesGlob(globOf(encodeWildcards(pattern)), text), naiveGlob(pattern, text))
    }),
    { numRuns: 5000 },
  )
})

test('a witness of two globs is matched by both, and there is one whenever some text is', () => {
  fc.assert(
    fc.property(patternText, patternText, fc.stringMatching(/^[ab]{0,5}$/), (a, b, text) => {
      const [globA, globB] = [globOf(encodeWildcards(a)), globOf(encodeWildcards(b))]
      const found = witness(globA, globB)
      if (found === undefined) assert.ok(!naiveGlob(a, text) || !naiveGlob(b, text), `${a} ${b} ${text}`)
      else assert.ok(matchesGlob(globA, found) && matchesGlob(globB, found), `${a} ${b} ${found}`)
    }),
    { numRuns: 5000 },
  )
})

test('a resource that a grant and a template share is matched by both', () => {
  const pattern = (text: string) => resourcePattern(text, encodeWildcards(text), false)
  const template = pattern('arn:aws:lambda:*:111122223333:function:*')
  for (const text of [
    '*',
    'arn:aws:lambda:*:*:function:app-*',
    'arn:aws:lambda:eu-west-1:111122223333:*',
    'arn:aws:lambda',
    'arn:*:lambda:*:*:*',
  ]) {
    const found = resourceWitness(pattern(text), template) ?? assert.fail(text)
    assert.ok(matchesResource(pattern(text), found) && matchesResource(template, found), `${text} ${found}`)
  }
  for (const text of [
    'arn:aws:s3:::b',
    'arn:aws:lambda:eu-west-1:999999999999:function:*',
    'arn:aws:lambda:eu-west-1:111122223333:layer:*',
  ])
    assert.equal(resourceWitness(pattern(text), template), undefined, text)
})

test('a pattern made to be slow is answered at once', () => {
  const hostile = globOf(encodeWildcards(`${'*a'.repeat(400)}b`))
  const started = process.cpuUsage().user / 1000
  assert.equal(matchesGlob(hostile, 'a'.repeat(20_000)), false)
  witness(hostile, globOf(encodeWildcards(`${'a*'.repeat(400)}c`)))
  assert.ok(process.cpuUsage().user / 1000 - started < 5000)
})

test('a statement that cannot be read leaves the tier open, and the others count', () => {
  const documents: Json[] = [
    { Statement: [{ Effect: 'Allow', Action: [null], Resource: '*' }] },
    { Statement: [null] },
    { Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', null], Resource: '*' }] },
    { Statement: [{ Effect: 'allow', Action: '*', Resource: '*' }] },
  ]
  for (const document of documents)
    assert.equal(compilePolicy({ ref: ref('aws', 'p'), name: 'p', document }).unreadable, 1, JSON.stringify(document))
  const access = accessIn({ users: { u: { may: [{ Action: 's3:GetObject' }, { Action: [] }] } } }).get('user/u')
  assert.equal(access?.tier, 'unknown')
  assert.equal(access.entitlements.length, 1)
  assert.equal(access.unresolved.length, 1)
})
