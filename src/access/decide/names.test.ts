import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decide } from './decide.ts'
import type { Party } from './question.ts'
import { resourceName, resourceOf } from './resource-name.ts'
import { SortedNames } from './sorted-names.ts'
import { facts, grant, NOON, principalId, question, stateWith } from './state-in-test.ts'

void suite('names', () => {
  void test('an identity is known under its system, its kind, `principal` and its id, and under nothing else', async () => {
    const state = await stateWith(
      [facts('app'), facts('ada', { kind: 'human', system: 'people' })],
      [grant('grt_1', 'app'), grant('grt_2', 'ada')],
    )
    const reason = (subject: Party): string => decide(state, question('', { subject }), NOON).reason
    for (const type of ['kubernetes', 'workload', 'principal'])
      assert.equal(reason({ type, id: 'app' }), 'granted', type)
    assert.equal(reason({ type: 'anything', id: principalId('app') }), 'granted')
    for (const type of ['user', 'aws', 'spaceship', 'constructor']) {
      assert.equal(reason({ type, id: 'app' }), 'unknown_principal', type)
    }
    assert.equal(reason({ type: 'user', id: 'ada' }), 'granted')
  })

  void test('a name that was given up is nobody’s, and one that two had is the other’s again', async () => {
    const state = await stateWith([facts('app'), facts('other', { externalId: 'app' })], [grant('grt_1', 'app')])
    const named = (id: string): string => {
      const found = state.resolve({ type: 'kubernetes', id })
      return typeof found === 'string' ? found : found.id
    }
    assert.equal(named('app'), 'ambiguous')
    state.putPrincipal(facts('other', { version: 2, externalId: 'renamed' }))
    assert.deepEqual([named('app'), named('renamed')], [principalId('app'), principalId('other')])
    state.putPrincipal(facts('app', { version: 2, externalId: 'moved' }))
    assert.deepEqual([named('app'), named('moved')], ['unknown', principalId('app')])
  })

  void test('a resource has one name, and what it is asked for by gives the name back', () => {
    const names = [
      [{ type: 'record', id: '1' }, 'record://1'],
      [{ type: 'table', id: 'pg://main/shop/public.orders' }, 'pg://main/shop/public.orders'],
      [{ type: 'bucket', id: 'arn:aws:s3:::ledger' }, 'arn:aws:s3:::ledger'],
      [{ type: 'a b', id: 'c/d' }, 'a b://c/d'],
    ] as const
    for (const [resource, name] of names) {
      assert.equal(resourceName(resource), name)
      assert.equal(resourceName(resourceOf(name)), name)
    }
  })

  void test('a grant covers a resource by the name that type and id make', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app', { resources: ['record://a/*'] })])
    const reason = (resource: Party): string => decide(state, question('app', { resource }), NOON).reason
    assert.equal(reason({ type: 'record', id: 'a/1' }), 'granted')
    assert.equal(reason({ type: 'anything', id: 'record://a/1' }), 'granted')
    for (const id of ['a', 'ab/1', 'b/a/1']) assert.equal(reason({ type: 'record', id }), 'nothing_permits', id)
    assert.equal(reason({ type: 'records', id: 'a/1' }), 'nothing_permits')
  })

  void test('labels are tags and never attributes, and one that is no Unicode leaves the others', async () => {
    const state = await stateWith(
      [facts('app', { labels: { tier: 'admin', team: 'shop', bad: '\ud800', ['__proto__']: 'x' } })],
      [],
      `permit (principal, action, resource) when {
         principal.tier == "low" && principal.hasTag("team") && principal.getTag("team") == "shop" && !principal.hasTag("bad")
       };`,
    )
    assert.equal(decide(state, question('app'), NOON).reason, 'policy_permits')
  })

  void test('what is known of a resource is not what somebody says of it', async () => {
    const state = await stateWith(
      [facts('app')],
      [],
      'permit (principal, action, resource) when { resource has public && resource.public };',
    )
    const resource = { type: 'record', id: '1', properties: { public: true } }
    const reason = (): string => decide(state, question('app', { resource }), NOON).reason
    assert.equal(reason(), 'nothing_permits')
    assert.equal(state.putResource({ type: 'record', id: '1', properties: { public: true } }), undefined)
    assert.equal(reason(), 'policy_permits')
    state.putResource({ type: 'record', id: '1', properties: { public: false } })
    assert.equal(reason(), 'nothing_permits')
    assert.throws(() => state.putResource({ type: 'record', id: '1', properties: { share: 0.123456 } }), /share/)
  })

  void test('names come in their order from any of them on, each once', () => {
    const names = new SortedNames()
    for (const name of ['d', 'a', 'c', 'a', 'e', 'd', 'b']) names.add(name)
    assert.deepEqual([...names.after('')], ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual([...names.after('b')], ['c', 'd', 'e'])
    assert.deepEqual([...names.after('bb')], ['c', 'd', 'e'])
    assert.deepEqual([...names.after('e')], [])
  })
})
