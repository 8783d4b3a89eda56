import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { kubernetesAction, kubernetesKind, kubernetesResource } from '#kernel'
import { accessIn } from '../effective/aws/account-in-test.ts'
import type { StatementInTest } from '../effective/aws/account-in-test.ts'
import { allowsResource } from '../effective/kubernetes/rule.ts'
import { covers, together } from './covers.ts'
import type { Covered, Right } from './covers.ts'

const SEED = Number(process.env['REEVE_SEED'] ?? Date.now() % 1_000_000)
let state = SEED
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return (state >>> 8) % below
}
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T

const right = (actions: readonly string[], resources: readonly string[], more: Partial<Right> = {}): Right => ({
  actions,
  resources,
  level: 'write',
  ...more,
})

void suite('what a right covers', () => {
  void test('of AWS: what a reading of the statements by plain expressions says, denials and exclusions among them', () => {
    const actions = ['s3:GetObject', 's3:PutObject', 'iam:PassRole', 'ec2:RunInstances']
    const resources = ['arn:aws:s3:::a/x', 'arn:aws:s3:::a/y/z', 'arn:aws:iam::111122223333:role/r']
    const statement = (): StatementInTest => ({
      Effect: random(4) === 0 ? 'Deny' : 'Allow',
      [random(5) === 0 ? 'NotAction' : 'Action']: [pick(['s3:*', '*', 'S3:get*', 'iam:*', 's3:?etObject', ...actions])],
      [random(5) === 0 ? 'NotResource' : 'Resource']: [
        pick(['*', 'arn:aws:s3:::a/*', 'arn:aws:s3:::?/x', 'arn:aws:iam::*:role/*', ...resources]),
      ],
    })
    const plain = (text: string): RegExp =>
      new RegExp(
        `^${text
          .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
        'i',
      )
    let allowed = 0
    for (let round = 0; round < 300; round++) {
      const statements = Array.from({ length: 1 + random(3) }, statement)
      const [action, resource] = [pick(actions), pick(resources)]
      const matching = statements.filter((one) => {
        const hit = (texts: unknown, name: string): boolean => plain(String((texts as string[])[0])).test(name)
        const byAction = one.Action === undefined ? !hit(one.NotAction, action) : hit(one.Action, action)
        const byResource = one.Resource === undefined ? !hit(one.NotResource, resource) : hit(one.Resource, resource)
        return byAction && byResource
      })
      const expected = matching.some(({ Effect }) => Effect === 'Deny') ? 'no' : matching.length > 0 ? 'yes' : 'no'
      const entitlements = accessIn({ users: { app: { may: statements } } }).get('user/app')?.entitlements ?? []
      const found = together(
        entitlements.map((one) => ({ effect: one.effect, covered: covers(one, `aws:${action}`, resource) })),
      )
      assert.equal(found, expected, `seed ${SEED}, round ${round}: ${JSON.stringify(statements)} ${action} ${resource}`)
      if (found === 'yes') allowed++
    }
    assert.ok(allowed > 20, `seed ${SEED}: ${allowed} allowed says nothing`)
  })

  void test('of AWS: conditions, boundaries and variables leave it open, and never what does not match at all', () => {
    const open = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }
    const ask = (one: Right, action = 'aws:s3:GetObject', resource = 'arn:aws:s3:::a/x'): Covered =>
      covers(one, action, resource)
    assert.equal(ask(right(['aws:s3:*'], ['*'], { conditions: open })), 'unknown')
    assert.equal(ask(right(['aws:ec2:*'], ['*'], { conditions: open })), 'no')
    assert.equal(ask(right(['aws:*'], ['*'], { conditions: { PermissionsBoundary: 'arn:b' } })), 'unknown')
    assert.equal(ask(right(['aws:*'], ['arn:aws:s3:::a/${aws:username}'])), 'unknown')
    assert.equal(ask(right(['aws:*'], ['arn:aws:s3:::b/${aws:username}'])), 'no')
    assert.equal(ask(right(['aws:*'], ['arn:aws:s3:::a/very-long…'])), 'unknown')
  })

  void test('of Kubernetes: what the rule allows in the place where it is bound', () => {
    const [verbs, groups, kinds, names] = [
      ['get', 'list', '*'],
      ['', 'apps', '*'],
      ['pods', 'pods/exec', '*/scale', 'deployments', '*'],
      ['a', 'b'],
    ]
    let allowed = 0
    for (let round = 0; round < 4000; round++) {
      const rule = {
        verbs: [pick(verbs)],
        apiGroups: [pick(groups)],
        resources: [pick(kinds)],
        resourceNames: random(2) === 0 ? [pick(names)] : [],
        nonResourceUrls: [],
      }
      const asked = {
        verb: pick(['get', 'list']),
        group: pick(['', 'apps']),
        resource: pick(['pods', 'pods/exec', 'deployments', 'deployments/scale']),
        name: pick(names),
      }
      const bound = pick(['*', 'ns'])
      const place = pick(['ns', 'other', ''])
      const stated = right(
        rule.verbs.map(kubernetesAction),
        [
          kubernetesResource(
            'c',
            bound,
            kubernetesKind(rule.resources[0] ?? '', rule.apiGroups[0] ?? ''),
            rule.resourceNames[0] ?? '*',
          ),
        ],
        { level: rule.verbs[0] === '*' && rule.apiGroups[0] === '*' && rule.resources[0] === '*' ? 'admin' : 'write' },
      )
      const resource = kubernetesResource('c', place, kubernetesKind(asked.resource, asked.group), asked.name)
      const found = covers(stated, kubernetesAction(asked.verb), resource)
      const expected = allowsResource(rule, asked) && (bound === '*' || bound === place) ? 'yes' : 'no'
      // `*` of the core group and of every group are written alike
      if (found === 'unknown') assert.ok(rule.resources[0] === '*' && asked.group !== '')
      else assert.equal(found, expected, `seed ${SEED}, round ${round}: ${JSON.stringify([rule, bound, asked, place])}`)
      if (found === 'yes') allowed++
    }
    assert.ok(allowed > 200, `seed ${SEED}: ${allowed} allowed says nothing`)
    const url = right(['k8s:get'], ['k8s://c//nonResourceURL//healthz/*'])
    assert.equal(covers(url, 'k8s:get', 'k8s://c//nonResourceURL//healthz/ready'), 'yes')
    assert.equal(covers(url, 'k8s:get', 'k8s://c//nonResourceURL//metrics'), 'no')
    const cut = right(['k8s:get'], ['k8s://c/ns/pods/a'], { conditions: { resourcesShown: 1, resourcesAll: 2 } })
    assert.deepEqual(
      ['a', 'b'].map((name) => covers(cut, 'k8s:get', `k8s://c/ns/pods/${name}`)),
      ['yes', 'unknown'],
    )
    assert.equal(covers(right([], [], { level: 'unknown' }), 'k8s:get', 'k8s://c/ns/pods/a'), 'unknown')
  })

  void test('of other systems: parts, ends, case and levels as their names have them', () => {
    const cases: [pattern: string, place: string, action: string, resource: string, covered: Covered][] = [
      ['pg:SELECT', 'pg://m/shop/*', 'pg:SELECT', 'pg://m/shop/public.orders', 'yes'],
      ['pg:SELECT', 'pg://m/shop/*', 'pg:DELETE', 'pg://m/shop/public.orders', 'no'],
      ['pg:*', 'pg://*/shop/public.*', 'pg:DELETE', 'pg://m/shop/public.orders', 'yes'],
      ['pg:*', 'pg://*/shop/x', 'pg:DELETE', 'pg://m/n/shop/x', 'no'],
      ['github:contents:write', 'github://Owner/*', 'github:contents:read', 'github://owner/Repo', 'yes'],
      ['github:contents:read', 'github://owner/repo', 'github:contents:write', 'github://owner/repo', 'no'],
      ['github:contents:write', 'github://owner/repo', 'github:actions:read', 'github://owner/repo', 'no'],
      ['host:sudo', 'host://*//bin/ls', 'host:sudo', 'host://web//bin/ls', 'yes'],
      ['host:sudo', 'host://db*1//bin/ls', 'host:sudo', 'host://db-a-1//bin/ls', 'yes'],
      ['host:sudo', 'host://db*1//bin/ls', 'host:sudo', 'host://db//bin/ls', 'no'],
      ['*', '*', 'mcp:call', 'mcp://server/tool', 'yes'],
    ]
    for (const [pattern, place, action, resource, covered] of cases) {
      assert.equal(covers(right([pattern], [place]), action, resource), covered, `${pattern} ${place} ${resource}`)
    }
  })

  void test('a denial that may hold leaves open what is allowed, and allows nothing by itself', () => {
    const of = (...words: [effect: 'allow' | 'deny', covered: Covered][]): Covered =>
      together(words.map(([effect, covered]) => ({ effect, covered })))
    assert.equal(of(['allow', 'yes'], ['deny', 'yes']), 'no')
    assert.equal(of(['allow', 'yes'], ['deny', 'unknown']), 'unknown')
    assert.equal(of(['allow', 'unknown'], ['deny', 'no']), 'unknown')
    assert.equal(of(['deny', 'unknown']), 'no')
    assert.equal(of(), 'no')
  })
})
