import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { correlate } from '#identity'
import {
  account,
  bind,
  bindCluster,
  clusterRole,
  deployment,
  factsOf,
  judgeManifests,
  manifest,
  role,
  rule,
} from '../../../../test/kubernetes/judge-manifests.ts'
import type { TestRule } from '../../../../test/kubernetes/judge-manifests.ts'
import { kubernetes } from './kubernetes.ts'

const RBAC = 'rbac.authorization.k8s.io'
/** A namespace `shop` with a full administrator in it, and one in `quiet` with nobody strong. */
const ESTATE = [
  account('shop', 'boss'),
  bindCluster('boss', 'cluster-admin', 'shop/boss'),
  deployment('shop', 'boss-app', 'boss'),
  account('quiet', 'mouse'),
  deployment('quiet', 'mouse-app', 'mouse'),
]
const me = 'system:serviceaccount:work:me'

/** Paths of `work/me` when it has these rules everywhere. */
const everywhere = (...rules: TestRule[]): readonly string[] =>
  judgeManifests([manifest(...ESTATE, clusterRole('mine', rules), bindCluster('mine', 'mine', 'work/me'))]).paths(me)
/** Paths of `work/me` when it has these rules in one namespace. */
const inside = (namespace: string, ...rules: TestRule[]): readonly string[] =>
  judgeManifests([
    manifest(...ESTATE, role(namespace, 'mine', rules), bind(namespace, 'mine', 'Role', 'mine', 'work/me')),
  ]).paths(me)

describe('a path is shown only where every right that it needs is held, in one place, on names that reach', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['pods created beside a stronger account', inside('shop', rule('create', 'pods')), ['k8s:create-workload → admin']],
    ['pods created where nobody is stronger', inside('quiet', rule('create', 'pods')), []],
    ['pods created with names: a new object has none', inside('shop', rule('create', 'pods', '', 'web')), []],
    ['cron jobs are pods too', inside('shop', rule('create', 'cronjobs', 'batch')), ['k8s:create-workload → admin']],
    ['a deployment of a wrong group is none', inside('shop', rule('create', 'deployments', 'example.com')), []],
    ['pods only read', inside('shop', rule('get,list,watch,delete', 'pods')), []],
    ['pods created anywhere', everywhere(rule('create', 'pods')), ['k8s:create-workload → admin']],
    ['a deployment changed', inside('shop', rule('patch', 'deployments', 'apps')), ['k8s:change-workload → admin']],
    [
      'the named deployment changed',
      inside('shop', rule('update', 'deployments', 'apps', 'boss-app')),
      ['k8s:change-workload → admin'],
    ],
    ['a deployment changed that is not there', inside('shop', rule('update', 'deployments', 'apps', 'other')), []],
    ['a kind changed of which there is none', inside('shop', rule('patch', 'statefulsets', 'apps')), []],
    ['scaling is not changing', inside('shop', rule('patch', 'deployments/scale', 'apps')), []],
    ['exec into a pod of the strong one', inside('shop', rule('create', 'pods/exec')), ['k8s:pods-exec → admin']],
    ['exec by GET', inside('shop', rule('get', 'pods/exec')), ['k8s:pods-exec → admin']],
    ['attach', inside('shop', rule('create', 'pods/attach')), ['k8s:pods-exec → admin']],
    ['ephemeral containers', inside('shop', rule('patch', 'pods/ephemeralcontainers')), ['k8s:pods-exec → admin']],
    ['exec where only the weak run', inside('quiet', rule('create', 'pods/exec')), []],
    ['exec into a pod whose name nobody knows', inside('shop', rule('create', 'pods/exec', '', 'x')), []],
    ['logs are not exec', inside('shop', rule('get', 'pods/log')), []],
    ['port forwarding is not the account', inside('shop', rule('create', 'pods/portforward')), []],
    ['a token of any account', inside('shop', rule('create', 'serviceaccounts/token')), ['k8s:token-request → admin']],
    [
      'a token of the strong account by name',
      inside('shop', rule('create', 'serviceaccounts/token', '', 'boss')),
      ['k8s:token-request → admin'],
    ],
    ['a token of another account only', inside('shop', rule('create', 'serviceaccounts/token', '', 'clerk')), []],
    ['accounts created, not tokens', inside('shop', rule('create', 'serviceaccounts')), []],
    ['impersonating accounts', inside('shop', rule('impersonate', 'serviceaccounts')), ['k8s:impersonate → admin']],
    ['impersonating accounts elsewhere', inside('quiet', rule('impersonate', 'serviceaccounts')), []],
    ['impersonating users from a namespace', inside('shop', rule('impersonate', 'users')), []],
    ['impersonating users', everywhere(rule('impersonate', 'users')), ['k8s:impersonate → admin']],
    ['impersonating one harmless user', everywhere(rule('impersonate', 'users', '', 'jane')), []],
    ['impersonating groups without a user', everywhere(rule('impersonate', 'groups')), []],
    [
      'impersonating masters with a user',
      everywhere(rule('impersonate', 'users', '', 'jane'), rule('impersonate', 'groups', '', 'system:masters')),
      ['k8s:impersonate → admin'],
    ],
    ['escalate without writing', everywhere(rule('escalate', 'clusterroles', RBAC)), []],
    ['writing without escalate', everywhere(rule('create,update,patch', 'clusterroles', RBAC)), []],
    ['escalate', everywhere(rule('escalate,patch', 'clusterroles', RBAC)), ['k8s:escalate → admin']],
    [
      'escalate on its own role',
      everywhere(rule('escalate,update', 'clusterroles', RBAC, 'mine')),
      ['k8s:escalate → admin'],
    ],
    ['escalate on a role of others', everywhere(rule('escalate,update', 'clusterroles', RBAC, 'theirs')), []],
    [
      'escalate and write on different roles',
      everywhere(rule('escalate', 'clusterroles', RBAC, 'mine'), rule('update', 'clusterroles', RBAC, 'theirs')),
      [],
    ],
    ['cluster roles from a namespace', inside('shop', rule('escalate,update', 'clusterroles', RBAC)), []],
    ['escalate in a namespace', inside('quiet', rule('escalate,update', 'roles', RBAC)), ['k8s:escalate → high']],
    [
      'escalate beside a stronger account',
      inside('shop', rule('escalate,update', 'roles', RBAC)),
      ['k8s:escalate → admin'],
    ],
    ['bind without bindings', everywhere(rule('bind', 'clusterroles', RBAC)), []],
    ['bindings without bind', everywhere(rule('create,patch', 'clusterrolebindings', RBAC)), []],
    [
      'bind',
      everywhere(rule('bind', 'clusterroles', RBAC), rule('create', 'clusterrolebindings', RBAC)),
      ['k8s:bind → admin'],
    ],
    [
      'bind one harmless role',
      everywhere(rule('bind', 'clusterroles', RBAC, 'mine'), rule('create', 'clusterrolebindings', RBAC)),
      [],
    ],
    [
      'bind cluster-admin by name',
      everywhere(rule('bind', 'clusterroles', RBAC, 'cluster-admin'), rule('create', 'clusterrolebindings', RBAC)),
      ['k8s:bind → admin'],
    ],
    [
      'bind a role that nobody knows',
      everywhere(rule('bind', 'clusterroles', RBAC, 'mystery'), rule('create', 'clusterrolebindings', RBAC)),
      [],
    ],
    [
      'joining the strong binding by name',
      everywhere(rule('bind', 'clusterroles', RBAC), rule('patch', 'clusterrolebindings', RBAC, 'boss')),
      ['k8s:bind → admin'],
    ],
    [
      'joining a weak binding',
      everywhere(rule('bind', 'clusterroles', RBAC), rule('patch', 'clusterrolebindings', RBAC, 'mine')),
      [],
    ],
    [
      'bind in a quiet namespace',
      inside('quiet', rule('bind', 'clusterroles', RBAC), rule('create', 'rolebindings', RBAC)),
      ['k8s:bind → high'],
    ],
    ['secrets read where no token lies', inside('shop', rule('get', 'secrets')), []],
    ['secrets read in kube-system', inside('kube-system', rule('get', 'secrets')), ['k8s:secrets-read → high']],
    ['secrets created', inside('shop', rule('create', 'secrets')), []],
    ['token secrets made and read', inside('shop', rule('create,get', 'secrets')), ['k8s:token-secret-create → admin']],
    ['made in one place', everywhere(rule('get', 'nodes')), []],
    ['nodes/proxy', everywhere(rule('get', 'nodes/proxy')), ['k8s:nodes-proxy → admin']],
    ['nodes/proxy from a namespace', inside('shop', rule('get', 'nodes/proxy')), []],
    ['nodes/metrics', everywhere(rule('get', 'nodes/metrics,nodes/stats')), []],
    ['nodes changed', everywhere(rule('patch', 'nodes')), ['k8s:nodes-change → high']],
    ['node status changed', everywhere(rule('patch', 'nodes/status')), []],
    [
      'certificates',
      everywhere(
        rule('create', 'certificatesigningrequests', 'certificates.k8s.io'),
        rule('update', 'certificatesigningrequests/approval', 'certificates.k8s.io'),
        rule('approve', 'signers', 'certificates.k8s.io', 'kubernetes.io/kube-apiserver-client'),
      ),
      ['k8s:certificates → admin'],
    ],
    [
      'certificates of a harmless signer',
      everywhere(
        rule('create', 'certificatesigningrequests', 'certificates.k8s.io'),
        rule('update', 'certificatesigningrequests/approval', 'certificates.k8s.io'),
        rule('approve', 'signers', 'certificates.k8s.io', 'example.com/web'),
      ),
      [],
    ],
    [
      'certificates without the signer',
      everywhere(
        rule('create', 'certificatesigningrequests', 'certificates.k8s.io'),
        rule('update', 'certificatesigningrequests/approval', 'certificates.k8s.io'),
      ),
      [],
    ],
    [
      'mutating webhooks',
      everywhere(rule('patch', 'mutatingwebhookconfigurations', 'admissionregistration.k8s.io')),
      ['k8s:mutating-webhook → admin'],
    ],
    [
      'validating webhooks',
      everywhere(rule('*', 'validatingwebhookconfigurations', 'admissionregistration.k8s.io')),
      [],
    ],
    ['volumes alone', everywhere(rule('create', 'persistentvolumes')), []],
    ['no right at all', everywhere(rule('get', 'configmaps')), []],
  ]
  for (const [name, got, expected] of cases) test(name, () => assert.deepEqual(got, expected))
})

test('a volume of a node needs the claim and the pod as well', () => {
  const paths = everywhere(rule('create', 'persistentvolumes,persistentvolumeclaims,pods'))
  assert.ok(paths.includes('k8s:host-path-volume → admin'))
})

test('a token secret of a stronger account is reached by name or by place, and by no other name', () => {
  const token = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: { namespace: 'shop', name: 'boss-token', annotations: { 'kubernetes.io/service-account.name': 'boss' } },
  }
  const paths = (held: TestRule): readonly string[] =>
    judgeManifests([
      manifest(...ESTATE, token, role('shop', 'mine', [held]), bind('shop', 'mine', 'Role', 'mine', 'work/me')),
    ]).paths(me)
  assert.deepEqual(paths(rule('list', 'secrets')), ['k8s:secrets-read → admin'])
  assert.deepEqual(paths(rule('get', 'secrets', '', 'boss-token')), ['k8s:secrets-read → admin'])
  assert.deepEqual(paths(rule('get', 'secrets', '', 'other')), [])
})

test('exec by the name of a pod reaches a bare pod and a pod of a StatefulSet', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'solo' }, spec: podOf('boss') }
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'shop', name: 'db' },
    spec: { template: { spec: podOf('boss') } },
  }
  for (const name of ['solo', 'db-0', 'db-12']) {
    const held = rule('create', 'pods/exec', '', name)
    const judged = judgeManifests([
      manifest(...ESTATE, pod, set, role('shop', 'mine', [held]), bind('shop', 'mine', 'Role', 'mine', 'work/me')),
    ])
    assert.deepEqual(judged.paths(me), ['k8s:pods-exec → admin'], name)
  }
})
const podOf = (serviceAccountName: string): object => ({ serviceAccountName, containers: [{ name: 'c' }] })

test('a pod that does not mount the token cannot be used for it', () => {
  const quietBoss = deployment('vault', 'app', 'boss', { automountServiceAccountToken: false })
  const judged = (more: object, boss = account('vault', 'boss')): readonly string[] =>
    judgeManifests([
      manifest(
        boss,
        bindCluster('boss', 'cluster-admin', 'vault/boss'),
        more,
        role('vault', 'mine', [rule('create', 'pods/exec')]),
        bind('vault', 'mine', 'Role', 'mine', 'work/me'),
      ),
    ]).paths(me)
  assert.deepEqual(judged(quietBoss), [])
  assert.deepEqual(judged(deployment('vault', 'app', 'boss')), ['k8s:pods-exec → admin'])
  const quietAccount = { ...account('vault', 'boss'), automountServiceAccountToken: false }
  assert.deepEqual(judged(deployment('vault', 'app', 'boss'), quietAccount), [], 'the account says so for its pods')
  const loud = deployment('vault', 'app', 'boss', { automountServiceAccountToken: true })
  assert.deepEqual(judged(loud, quietAccount), ['k8s:pods-exec → admin'], 'the pod has the last word')
})

test('strength travels along a chain, and never in a circle', () => {
  const chain = [
    ...ESTATE,
    role('shop', 'pods', [rule('create', 'pods')]),
    bind('shop', 'b1', 'Role', 'pods', 'mid/b'),
    role('mid', 'pods', [rule('create', 'pods')]),
    bind('mid', 'b2', 'Role', 'pods', 'work/me'),
  ]
  assert.deepEqual(judgeManifests([manifest(...chain)]).paths(me), ['k8s:create-workload → admin'])
  const circle = [
    role('a', 'pods', [rule('create', 'pods')]),
    bind('a', 'b1', 'Role', 'pods', 'b/two'),
    role('b', 'pods', [rule('create', 'pods')]),
    bind('b', 'b2', 'Role', 'pods', 'a/one'),
  ]
  const judged = judgeManifests([manifest(...circle)])
  assert.deepEqual(judged.paths('system:serviceaccount:a:one'), [])
  assert.deepEqual(judged.paths('system:serviceaccount:b:two'), [])
})

test('who already has everything has no path to it', () => {
  const judged = judgeManifests([manifest(...ESTATE)])
  assert.deepEqual(judged.paths('system:serviceaccount:shop:boss'), [])
  assert.equal(judged.accessOf('system:serviceaccount:shop:boss').tier, 'admin')
})

test('each step names the right, the place and the binding', () => {
  const judged = judgeManifests([
    manifest(
      ...ESTATE,
      role('shop', 'mine', [rule('create', 'pods')]),
      bind('shop', 'mine', 'Role', 'mine', 'work/me'),
    ),
  ])
  const [path] = judged.accessOf(me).escalations
  assert.deepEqual(path?.steps, [
    { action: 'k8s:create', resource: 'k8s:///shop/pods/*', because: 'RoleBinding shop/mine gives Role shop/mine' },
  ])
  assert.match(path?.reaches ?? '', /system:serviceaccount:shop:boss/)
  const target =
    path?.reachesPrincipalId === undefined ? undefined : judged.graph.principals.get(path.reachesPrincipalId)
  assert.equal(target?.name, 'boss')
})

test('clusters do not mix: the same names in two clusters are two accounts', () => {
  const strong = `# clusters/prod/a.yaml\n${manifest(account('shop', 'robot'), bindCluster('b', 'cluster-admin', 'shop/robot'))}`
  const weak = `# clusters/dev/a.yaml\n${manifest(account('shop', 'robot'), role('shop', 'r', [rule('create', 'pods')]), bind('shop', 'b', 'Role', 'r', 'shop/robot'))}`
  const judged = judgeManifests([strong, weak])
  assert.deepEqual([...judged.graph.principals.values()].map(({ refs }) => refs[0] ?? '').sort(), [
    'kubernetes[dev]:system:serviceaccount:shop:robot',
    'kubernetes[prod]:system:serviceaccount:shop:robot',
  ])
  assert.deepEqual(
    judged.findings.map(({ detector }) => detector),
    ['k8s-cluster-admin'],
  )
})

test('the cost grows with the estate, not with its square', () => {
  const estate = (size: number): string =>
    manifest(
      ...Array.from({ length: size }, (_, index) => [
        role(`ns${index % 20}`, `r${index}`, [
          rule('create,get,patch', 'pods,secrets'),
          rule('patch', 'deployments', 'apps'),
        ]),
        bind(`ns${index % 20}`, `b${index}`, 'Role', `r${index}`, `ns${index % 20}/a${index}`),
        deployment(`ns${index % 20}`, `d${index}`, `a${index}`),
        ...(index % 50 === 0 ? [bindCluster(`c${index}`, 'cluster-admin', `ns${index % 20}/a${index}`)] : []),
      ]).flat(),
    )
  const cost = (size: number): number => {
    const facts = factsOf(estate(size))
    const graph = correlate(facts)
    const started = process.cpuUsage().user / 1000
    kubernetes.evaluate(facts, graph)
    return process.cpuUsage().user / 1000 - started
  }
  cost(200)
  const [small, large] = [cost(200), cost(2000)]
  assert.ok(large < Math.max(small, 5) * 30, `${Math.round(small)} ms for 200, ${Math.round(large)} ms for 2,000`)
})
