// What proxies and Kubernetes are answered, by the contract of each. Real nginx and Caddy: test/interop/proxies.test.ts.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { routeTable } from '#access/decisions'
import type { DecisionState, RouteFile } from '#access/decisions'
import { facts, grant, HOUR, NOON, stateWith } from '../../access/decide/state-in-test.ts'
import { pointInTest } from './point-in-test.ts'
import type { PointInTest, Told } from './point-in-test.ts'
import type { DecisionsDoor } from './door.ts'

const ACCOUNT = 'system:serviceaccount:shop:app'
const FILE: RouteFile = {
  name: 'gate',
  subject: { header: 'x-client-id', type: 'kubernetes' },
  routes: [
    { method: 'GET', path: '/orders/{id}', action: 'shop:read', resource: 'order://shop/{id}' },
    { method: 'POST', path: '/orders/{id}', action: 'shop:write', resource: 'order://shop/{id}' },
  ],
  kubernetes: { cluster: 'prod' },
}
const WHO = { 'x-client-id': 'app' }

describe('enforcement over HTTP', () => {
  let state: DecisionState
  let point: PointInTest
  let now = NOON
  before(async () => {
    state = await stateWith(
      [facts('app'), facts('other'), facts(ACCOUNT), facts('held', { state: 'quarantined' })],
      [
        grant('grt_1', 'app', { actions: ['shop:*'], resources: ['order://shop/*'] }),
        grant('grt_2', ACCOUNT, { actions: ['k8s:get'], resources: ['k8s://prod/shop/*'] }),
        grant('grt_3', ACCOUNT, { actions: ['k8s:get'], resources: ['k8s://prod//url/metrics'] }),
      ],
    )
    point = await pointInTest(state, { door: { routes: routeTable(FILE), now: () => now } })
  })
  after(async () => await point.close())

  test('Envoy’s request is the client’s own, below the prefix: 200 passes it on, all else does not', async () => {
    const ask = async (method: string, path: string, headers: Record<string, string> = WHO): Promise<Told> =>
      await point.ask(method, `/enforce/v1/envoy${path}`, '', headers)
    const allowed = await ask('GET', '/orders/7?page=2')
    assert.equal(allowed.status, 200)
    assert.equal(allowed.headers['x-reeve-reason'], 'granted')
    assert.match(String(allowed.headers['x-reeve-decision']), /^dec_/)
    assert.equal((await ask('POST', '/orders/7')).status, 200)
    assert.equal((await ask('DELETE', '/orders/7')).status, 403)
    assert.equal((await ask('GET', '/orders/7', { 'x-client-id': 'other' })).status, 403)
    assert.equal((await ask('GET', '/orders/7', {})).status, 401)
    assert.equal((await ask('GET', '/x/../orders/7')).status, 403)
    const other = await ask('GET', '/admin', { ...WHO, 'x-original-uri': '/orders/7', 'x-forwarded-uri': '/orders/7' })
    assert.equal(other.headers['x-reeve-reason'], 'no_route')
  })

  test('each contract hears its own headers only', async () => {
    const nginx = { 'x-original-method': 'GET', 'x-original-uri': '/orders/7' }
    const caddy = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/orders/7' }
    const status = async (of: string, headers: object): Promise<number> =>
      (await point.ask('GET', `/enforce/v1/${of}`, '', { ...WHO, ...headers })).status
    assert.equal(await status('nginx', nginx), 200)
    assert.equal(await status('caddy', caddy), 200)
    assert.equal(await status('nginx', caddy), 403)
    assert.equal(await status('caddy', nginx), 403)
    assert.equal(await status('nginx', {}), 403)
  })

  test('who may not ask for decisions is told nothing', async () => {
    const headers = { ...WHO, 'x-original-method': 'GET', 'x-original-uri': '/orders/7' }
    const refused = await point.ask('GET', '/enforce/v1/nginx', '', { ...headers, authorization: 'Bearer wrong' })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers['x-reeve-reason'], undefined)
    const reader = point.tokenOf('reader', ['read'])
    assert.equal(
      (await point.ask('GET', '/enforce/v1/nginx', '', { ...headers, authorization: `Bearer ${reader}` })).status,
      403,
    )
  })

  test('what an observing point would refuse by itself is recorded as a would-be denial, once', async (t) => {
    const recorded: string[] = []
    const onDecided: DecisionsDoor['onDecided'] = ({ question, decision }) => {
      const { reason, allowed, chain } = decision
      assert.deepEqual([question.point, question.enforced, allowed], ['gate', false, false])
      recorded.push(`${reason} ${question.action.name} ${question.resource.id} ${chain.at(-1)?.principalId ?? '-'}`)
      return undefined
    }
    const door = { routes: routeTable({ ...FILE, mode: 'observe' }), now: () => now, onDecided }
    const observing = await pointInTest(state, { door })
    t.after(async () => observing.close())
    const ask = async (method: string, path: string, headers: object): Promise<void> => {
      const nginx = { 'x-original-method': method, 'x-original-uri': path, ...headers }
      assert.equal((await observing.ask('GET', '/enforce/v1/nginx', '', nginx)).status, 200)
    }
    await ask('GET', '/admin', WHO)
    await ask('PROPFIND', '/orders/7', WHO)
    await ask('GET', '/orders/7', {})
    await ask('GET', '/x/../orders/7', WHO)
    await ask('GET', '/orders/7', { 'x-client-id': 'other' })
    assert.deepEqual(recorded, [
      'no_route http:GET route://gate -',
      'no_route http:other route://gate -',
      'no_subject http:GET route://gate -',
      'ambiguous_path http:GET route://gate -',
      `nothing_permits shop:read order://shop/7 ${facts('other').id}`,
    ])
    assert.equal((await point.ask('GET', '/enforce/v1/envoy/admin', '', WHO)).status, 403)
    assert.equal(recorded.length, 5, 'what is refused at once is in the log of the proxy')
  })

  const review = (spec: object, more: object = {}): object => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { creationTimestamp: null },
    spec: {
      uid: 'u-1',
      groups: ['system:authenticated'],
      extra: { 'authentication.kubernetes.io/pod-name': ['app-1'] },
      ...spec,
    },
    status: { allowed: false },
    ...more,
  })
  const pods = (verb: string, namespace = 'shop'): object => ({
    namespace,
    verb,
    group: '',
    version: 'v1',
    resource: 'pods',
    name: 'app-1',
  })
  const status = async (spec: object): Promise<{ allowed: boolean; denied?: boolean; reason: string }> => {
    const { status: code, body } = await point.post('/enforce/v1/kubernetes', review(spec))
    assert.equal(code, 200)
    const said = body as {
      apiVersion: string
      kind: string
      status: { allowed: boolean; denied?: boolean; reason: string }
    }
    assert.deepEqual([said.apiVersion, said.kind], ['authorization.k8s.io/v1', 'SubjectAccessReview'])
    return said.status
  }

  test('Kubernetes is told yes, no, or nothing', async () => {
    const yes = await status({ user: ACCOUNT, resourceAttributes: pods('get') })
    assert.deepEqual(yes, { allowed: true, reason: 'reeve: granted' })
    const url = await status({ user: ACCOUNT, nonResourceAttributes: { path: '/metrics', verb: 'get' } })
    assert.equal(url.allowed, true)
    const nothing = [
      await status({ user: ACCOUNT, resourceAttributes: pods('delete') }),
      await status({ user: ACCOUNT, resourceAttributes: pods('get', 'other') }),
      await status({ user: 'system:kube-scheduler', resourceAttributes: pods('get') }),
      await status({ user: ACCOUNT, nonResourceAttributes: { path: '/logs', verb: 'get' } }),
    ]
    for (const said of nothing) assert.deepEqual([said.allowed, said.denied], [false, undefined], said.reason)
    const held = await status({ user: 'held', resourceAttributes: pods('get') })
    assert.deepEqual(held, { allowed: false, denied: true, reason: 'reeve: quarantined' })
  })

  test('an obligation that nobody fulfils is a no to Kubernetes, too', async () => {
    const text = '@obligation_mask("all") permit (principal, action == Action::"k8s:get", resource);'
    const obliged = await stateWith([facts(ACCOUNT)], [], text)
    const asked = async (file: RouteFile): Promise<unknown> => {
      const other = await pointInTest(obliged, { door: { routes: routeTable(file), now: () => now } })
      const body = review({ user: ACCOUNT, resourceAttributes: pods('get') })
      const told = await other.post('/enforce/v1/kubernetes', body)
      await other.close()
      return (told.body as { status: unknown }).status
    }
    assert.deepEqual(await asked(FILE), { allowed: false, denied: true, reason: 'reeve: obligation_unknown' })
    assert.deepEqual(await asked({ ...FILE, mode: 'observe' }), { allowed: false, reason: 'reeve: obligation_unknown' })
    const fulfilled = await asked({ ...FILE, obligations: ['mask'] })
    assert.deepEqual(fulfilled, { allowed: true, reason: 'reeve: policy_permits' })
  })

  test('a name that would pass for one in another place is a no', async () => {
    const tricks = [
      { resourceAttributes: { ...pods('get'), namespace: 'shop/pods', resource: 'x' } },
      { resourceAttributes: { ...pods('get'), name: 'a/b' } },
      { resourceAttributes: { ...pods('get'), subresource: 'exec/x' } },
      { nonResourceAttributes: { path: '/logs/../metrics', verb: 'get' } },
      { nonResourceAttributes: { path: '/metrics%2f', verb: 'get' } },
    ]
    for (const spec of tricks) {
      const said = await status({ user: ACCOUNT, ...spec })
      assert.deepEqual(said, { allowed: false, denied: true, reason: 'reeve: ambiguous_name' })
    }
  })

  test('what is no SubjectAccessReview is refused with the field', async () => {
    const bad: readonly (readonly [object, RegExp])[] = [
      [{}, /apiVersion/],
      [review({ user: ACCOUNT }, { kind: 'Pod' }), /apiVersion/],
      [review({ resourceAttributes: pods('get') }), /spec\.user/],
      [review({ user: ACCOUNT }), /`spec`/],
      [
        review({ user: ACCOUNT, resourceAttributes: pods('get'), nonResourceAttributes: { path: '/', verb: 'get' } }),
        /`spec`/,
      ],
      [review({ user: ACCOUNT, resourceAttributes: pods('') }), /spec\.verb/],
      [review({ user: ACCOUNT, resourceAttributes: { ...pods('get'), namespace: 7 } }), /spec\.namespace/],
      [review({ user: ACCOUNT, nonResourceAttributes: { path: 'metrics', verb: 'get' } }), /spec\.path/],
    ]
    for (const [body, field] of bad) {
      const told = await point.post('/enforce/v1/kubernetes', body)
      assert.equal(told.status, 400)
      assert.match(JSON.stringify(told.body), field)
    }
  })

  test('a decision point that knows too little leaves the cluster to the API server’s failurePolicy', async () => {
    now = NOON + HOUR / 2
    const { status: code } = await point.post(
      '/enforce/v1/kubernetes',
      review({ user: ACCOUNT, resourceAttributes: pods('get') }),
    )
    now = NOON
    assert.equal(code, 503)
  })
})
