import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  account,
  bind,
  bindCluster,
  clusterRole,
  deployment,
  inShort,
  judgeManifests,
  manifest,
  role,
  rule,
} from '../../../test/kubernetes/judge-manifests.ts'

const findings = (...objects: object[]): string[] => inShort(judgeManifests([manifest(...objects)]).findings)
const everything = [rule('*', '*', '*')]
const bootstrap = { labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }

describe('full power', () => {
  test('of an account is critical, of people medium, and nothing that follows from it is said again', () => {
    const judged = judgeManifests([
      manifest(bindCluster('a', 'cluster-admin', 'shop/robot', 'user:jane@larkfield.example', 'group:operators')),
    ])
    assert.deepEqual(
      judged.findings.map(({ detector, severity, subject }) => `${severity} ${detector} ${subject.externalId}`),
      [
        'critical k8s-cluster-admin system:serviceaccount:shop:robot',
        'medium k8s-cluster-admin jane@larkfield.example',
        'medium k8s-cluster-admin operators',
      ],
    )
  })
  test('through a role of another name is the same', () => {
    assert.deepEqual(findings(clusterRole('ops', everything), bindCluster('a', 'ops', 'shop/robot')), [
      'k8s-cluster-admin system:serviceaccount:shop:robot',
    ])
  })
  test('in one namespace is not full power', () => {
    assert.deepEqual(findings(bind('shop', 'a', 'ClusterRole', 'cluster-admin', 'shop/robot')), [
      'k8s-wildcard-rights system:serviceaccount:shop:robot',
    ])
  })
  test('of a group that everybody is in is reported with the group only', () => {
    const judged = judgeManifests([
      manifest(account('a', 'x'), account('b', 'y'), bindCluster('a', 'cluster-admin', 'group:system:serviceaccounts')),
    ])
    assert.deepEqual(inShort(judged.findings), ['k8s-cluster-admin system:serviceaccounts'])
    assert.equal(judged.findings[0]?.severity, 'critical')
    assert.equal(judged.accessOf('system:serviceaccount:a:x').tier, 'admin')
  })
})

describe('what a cluster binds for itself', () => {
  test('is not reported', () => {
    assert.deepEqual(
      findings(
        clusterRole('cluster-admin', everything, bootstrap),
        bindCluster('cluster-admin', 'cluster-admin', 'group:system:masters'),
        bindCluster('kubeadm:cluster-admins', 'cluster-admin', 'group:kubeadm:cluster-admins'),
        clusterRole('system:controller:job-controller', [rule('create', 'pods')], bootstrap),
        bindCluster(
          'system:controller:job-controller',
          'system:controller:job-controller',
          'kube-system/job-controller',
        ),
      ),
      [],
    )
  })
  test('does not hide what somebody else bound to the same subject, or under such a name', () => {
    assert.deepEqual(
      findings(
        bindCluster('mine', 'cluster-admin', 'kube-system/job-controller'),
        clusterRole('system:mine', everything),
        bindCluster('system:mine', 'system:mine', 'shop/robot'),
      ),
      [
        'k8s-cluster-admin system:serviceaccount:kube-system:job-controller',
        'k8s-cluster-admin system:serviceaccount:shop:robot',
      ],
    )
  })
})

describe('wildcards and secrets', () => {
  const cases: readonly (readonly [string, string[], string[]])[] = [
    [
      'writing everything',
      findings(clusterRole('r', [rule('list,delete', '*', '*')]), bindCluster('b', 'r', 'a/x')),
      ['k8s-wildcard-rights system:serviceaccount:a:x'],
    ],
    [
      'reading everything is reading secrets',
      findings(clusterRole('r', [rule('get', '*', '*')]), bindCluster('b', 'r', 'a/x')),
      [
        'k8s-escalation-path system:serviceaccount:a:x k8s:nodes-proxy',
        'k8s-escalation-path system:serviceaccount:a:x k8s:pods-exec',
        'k8s-secrets-readable system:serviceaccount:a:x',
      ],
    ],
    [
      "an operator's own group",
      findings(clusterRole('r', [rule('*', '*', 'cert-manager.io')]), bindCluster('b', 'r', 'a/x')),
      [],
    ],
    [
      'every verb on config maps',
      findings(clusterRole('r', [rule('*', 'configmaps')]), bindCluster('b', 'r', 'a/x')),
      [],
    ],
    [
      'secrets everywhere',
      findings(clusterRole('r', [rule('list', 'secrets')]), bindCluster('b', 'r', 'a/x')),
      ['k8s-secrets-readable system:serviceaccount:a:x'],
    ],
    [
      'named secrets',
      findings(clusterRole('r', [rule('get', 'secrets', '', 'tls')]), bindCluster('b', 'r', 'a/x')),
      [],
    ],
    [
      'secrets of a namespace',
      findings(role('a', 'r', [rule('get', 'secrets')]), bind('a', 'b', 'Role', 'r', 'a/x')),
      [],
    ],
    ['secrets written only', findings(clusterRole('r', [rule('create', 'secrets')]), bindCluster('b', 'r', 'a/x')), []],
  ]
  for (const [name, got, expected] of cases) test(name, () => assert.deepEqual(got, expected))
})

test('the rights of a default account are reported, an account of its own is not', () => {
  const reader = clusterRole('r', [rule('get', 'configmaps')])
  assert.deepEqual(findings(reader, bindCluster('b', 'r', 'a/default', 'a/own')), [
    'k8s-default-service-account-bound system:serviceaccount:a:default',
  ])
  assert.deepEqual(findings(account('a', 'default'), reader, bindCluster('b', 'r', 'group:system:serviceaccounts')), [])
  const arn = 'arn:aws:iam::111122223333:role/x'
  assert.deepEqual(findings(account('a', 'default', { annotations: { 'eks.amazonaws.com/role-arn': arn } })), [
    'k8s-default-service-account-bound system:serviceaccount:a:default',
  ])
})

test('a token secret is reported with its account, a plain secret is not', () => {
  const secret = (type: string): object => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name: 't', namespace: 'a', annotations: { 'kubernetes.io/service-account.name': 'x' } },
  })
  assert.deepEqual(findings(secret('kubernetes.io/service-account-token')), [
    'k8s-token-secret system:serviceaccount:a:x kubernetes:secret/a/t',
  ])
  assert.deepEqual(findings(secret('Opaque')), [])
})

test('an account is shared when two workloads use it and it has rights', () => {
  const reader = [clusterRole('r', [rule('get', 'configmaps')]), bindCluster('b', 'r', 'a/x')]
  const two = [deployment('a', 'web', 'x'), deployment('a', 'worker', 'x')]
  assert.deepEqual(findings(...reader, ...two), ['k8s-service-account-shared system:serviceaccount:a:x'])
  assert.deepEqual(findings(...two), [], 'without rights')
  assert.deepEqual(findings(...reader, ...two.slice(1)), [], 'one workload')
  assert.deepEqual(findings(...reader, deployment('a', 'web', 'x'), deployment('a', 'web', 'x')), [], 'the same twice')
})

test('anonymous requests may discover, and no more', () => {
  const info = clusterRole(
    'system:public-info-viewer',
    [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/version'] }],
    bootstrap,
  )
  const usual = [
    info,
    bindCluster('system:public-info-viewer', 'system:public-info-viewer', 'group:system:unauthenticated'),
  ]
  assert.deepEqual(findings(...usual), [])
  const judged = judgeManifests([
    manifest(...usual, clusterRole('r', [rule('get', 'pods')]), bindCluster('b', 'r', 'user:system:anonymous')),
  ])
  assert.deepEqual(inShort(judged.findings), ['k8s-anonymous-bound system:anonymous'])
  assert.equal(judged.findings[0]?.severity, 'high')
  const worst = judgeManifests([manifest(bindCluster('b', 'cluster-admin', 'group:system:unauthenticated'))])
  assert.deepEqual(inShort(worst.findings), ['k8s-anonymous-bound system:unauthenticated'])
  assert.equal(worst.findings[0]?.severity, 'critical')
})

test('a binding dangles only where a listing shows that the account is gone', () => {
  const bound = bind('a', 'b', 'ClusterRole', 'view', 'a/gone')
  const listed = account('a', 'default', { uid: '1' })
  assert.deepEqual(findings(bound, listed), ['k8s-binding-dangling system:serviceaccount:a:gone'])
  assert.deepEqual(findings(bound, account('a', 'default')), [], 'written by hand')
  assert.deepEqual(findings(bound, account('b', 'default', { uid: '1' })), [], 'another namespace')
  assert.deepEqual(findings(bound, listed, account('a', 'gone', { uid: '2' })), [], 'it is there')
})

test('a path points at the role and the binding, and is the same finding on another line', () => {
  const objects = [
    bindCluster('boss', 'cluster-admin', 'shop/boss'),
    role('shop', 'deploy', [rule('create', 'pods')]),
    bind('shop', 'deploy', 'Role', 'deploy', 'shop/deployer'),
  ]
  const path = (text: string): { fingerprint: string; lines: readonly (number | undefined)[] } | undefined =>
    judgeManifests([text])
      .findings.filter(({ detector }) => detector === 'k8s-escalation-path')
      .map(({ fingerprint, locations }) => ({ fingerprint, lines: locations.map(({ startLine }) => startLine) }))[0]
  const [here, there] = [path(manifest(...objects)), path(`\n\n${manifest(...objects)}`)]
  assert.deepEqual(here?.lines, [3, 5])
  assert.deepEqual(there?.lines, [5, 7])
  assert.equal(here.fingerprint, there.fingerprint)
})
