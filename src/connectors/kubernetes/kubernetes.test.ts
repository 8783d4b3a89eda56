import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Observation } from '#kernel'
import { fingerprintOf, observe } from '../../../test/kubernetes/judge-manifests.ts'
import { kindOfUser } from './subject.ts'

const of = <T extends Observation['type']>(
  seen: readonly Observation[],
  type: T,
): Extract<Observation, { type: T }>[] =>
  seen.filter((one): one is Extract<Observation, { type: T }> => one.type === type)
const ids = (seen: readonly Observation[]): string[] => of(seen, 'principal').map((one) => one.externalId)

const ACCOUNT = 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ledger\n  namespace: payments\n'

test('an account is found in every wrapping, with its line', () => {
  const item = ACCOUNT.trimEnd().replaceAll('\n', '\n  ')
  const wrappings: readonly (readonly [string, string, number])[] = [
    ['a document', ACCOUNT, 1],
    ['the second document', `# nothing\n---\n${ACCOUNT}`, 3],
    ['with CRLF and a BOM', `\uFEFF${ACCOUNT.replaceAll('\n', '\r\n')}`, 1],
    ['a List', `apiVersion: v1\nkind: List\nitems:\n- ${item}\n`, 4],
    [
      'a typed list whose items say nothing',
      'apiVersion: v1\nkind: ServiceAccountList\nitems:\n- metadata: {name: ledger, namespace: payments}\n',
      4,
    ],
    ['a bare array', `- ${item}\n`, 1],
    [
      'JSON',
      '{"apiVersion":"v1","kind":"List","items":[\n{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"ledger","namespace":"payments"}}]}',
      2,
    ],
  ]
  for (const [name, text, line] of wrappings) {
    const [found] = of(observe(text, name === 'JSON' ? 'a.json' : 'a.yaml'), 'principal')
    assert.equal(found?.externalId, 'system:serviceaccount:payments:ledger', name)
    assert.equal(found.mentioned, undefined, name)
    assert.equal(found.provenance.startLine, line, name)
  }
})

test('standard input is read whatever it is called', () => {
  assert.deepEqual(ids(observe(ACCOUNT, '-', 'stdin')), ['system:serviceaccount:payments:ledger'])
  assert.deepEqual(ids(observe(ACCOUNT, 'notes.md')), [])
})

test('an account without a namespace is where kubectl would put it, and says so', () => {
  const [found] = of(observe('apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\n'), 'principal')
  assert.equal(found?.externalId, 'system:serviceaccount:default:x')
  assert.equal(found.attributes?.['namespaceDefaulted'], true)
})

test('every subject of a binding is listed, also where its role is not readable', () => {
  const seen = observe(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role}
subjects:
- {kind: ServiceAccount, name: own}
- {kind: ServiceAccount, name: other, namespace: far}
- {kind: User, name: 'system:kube-scheduler'}
- {kind: User, name: jane@larkfield.example}
- {kind: User, name: 'system:serviceaccount:far:third'}
- {kind: Group, name: 'system:masters'}
- {kind: Robot, name: r2}
- just text
`)
  assert.deepEqual(ids(seen), [
    'system:serviceaccount:shop:own',
    'system:serviceaccount:far:other',
    'system:kube-scheduler',
    'jane@larkfield.example',
    'system:serviceaccount:far:third',
    'system:masters',
  ])
  assert.ok(of(seen, 'principal').every((one) => one.mentioned === true))
  assert.deepEqual(of(seen, 'attachment'), [])
  assert.equal(of(seen, 'problem').length, 2)
})

test('a role binding to a cluster role holds in its own namespace only', () => {
  const [attachment] = of(
    observe(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: ServiceAccount, name: own}]
`),
    'attachment',
  )
  assert.equal(attachment?.namespace, 'shop')
  assert.equal(attachment.policy, 'kubernetes:clusterrole/edit')
})

test('what a user is can be told from the name, with the reason', () => {
  const kinds = [
    ['system:kube-controller-manager', 'workload'],
    ['system:node:ip-10-0-0-1', 'machine'],
    ['system:anonymous', 'api_client'],
    ['maren.oduya@larkfield.example', 'human'],
    ['deploy@larkfield.iam.gserviceaccount.com', 'service_account'],
    ['arn:aws:iam::111122223333:role/deploy', 'service_account'],
    ['gitlab-ci', 'service_account'],
    ['moduya', 'human'],
  ] as const
  for (const [name, kind] of kinds) assert.equal(kindOfUser(name).kind, kind, name)
})

test('an account is in its implicit groups, which are in the roll only where a binding names them', () => {
  const seen = observe(ACCOUNT)
  assert.deepEqual(
    of(seen, 'membership').map(({ group }) => group),
    [
      'kubernetes:group:system:serviceaccounts',
      'kubernetes:group:system:serviceaccounts:payments',
      'kubernetes:group:system:authenticated',
    ],
  )
  assert.deepEqual(ids(seen), ['system:serviceaccount:payments:ledger'])
})

test('cloud identities of an account are mentioned and related, and nonsense in the annotation is not', () => {
  const seen = observe(`
apiVersion: v1
kind: ServiceAccount
metadata:
  name: x
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/payments-ledger
    iam.gke.io/gcp-service-account: ledger@larkfield.iam.gserviceaccount.com
    azure.workload.identity/client-id: 11111111-2222-4333-8444-555555555555
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: y, annotations: {eks.amazonaws.com/role-arn: "\${ROLE_ARN}"}}
`)
  assert.deepEqual(
    of(seen, 'relation').map(({ relation, to }) => `${relation} ${to}`),
    [
      'federates_to aws:arn:aws:iam::111122223333:role/payments-ledger',
      'federates_to gcp:ledger@larkfield.iam.gserviceaccount.com',
      'federates_to entra:sp-app/11111111-2222-4333-8444-555555555555',
    ],
  )
})

test('owner, purpose and environment come from explicit labels of the object or its namespace, never from names', () => {
  const seen = observe(`
apiVersion: v1
kind: Namespace
metadata: {name: payments-staging, labels: {environment: staging, team: payments}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: prod-ledger
  namespace: payments-staging
  labels: {app.kubernetes.io/managed-by: Helm}
  annotations: {larkfield.example/owner: sunniva.brandt@larkfield.example, description: posts to the ledger}
`)
  const [found] = of(seen, 'principal')
  assert.deepEqual(
    found?.ownerHints?.map(({ who, how }) => `${how} ${who}`),
    ['annotation sunniva.brandt@larkfield.example', 'tag payments'],
  )
  assert.equal(found.environment?.value, 'staging')
  assert.equal(found.purpose?.text, 'posts to the ledger')
})

test('a workload runs as the account that it names, else as the default one', () => {
  const seen = observe(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: data}
spec: {jobTemplate: {spec: {template: {spec: {serviceAccountName: loader, containers: [{name: c}]}}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: data}
spec: {automountServiceAccountToken: false, containers: [{name: c}]}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: k8s, namespace: data}
spec: {serviceAccountName: prometheus}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: no-pods, namespace: data}
spec: {project: default}
`)
  assert.deepEqual(
    of(seen, 'relation').map(({ from, to }) => `${'ref' in from ? from.ref : ''} ${to}`),
    [
      'kubernetes:workload/data/CronJob/night kubernetes:system:serviceaccount:data:loader',
      'kubernetes:workload/data/Pod/bare kubernetes:system:serviceaccount:data:default',
      'kubernetes:workload/data/Prometheus/k8s kubernetes:system:serviceaccount:data:prometheus',
    ],
  )
  assert.equal(of(seen, 'relation')[1]?.attributes?.['automountServiceAccountToken'], false)
})

test('pods and replica sets of a Deployment are the Deployment', () => {
  const owned = (kind: string, ownerKind: string, owner: string, hash: string): string => `
apiVersion: ${kind === 'Pod' ? 'v1' : 'apps/v1'}
kind: ${kind}
metadata:
  name: web-abc12-x
  namespace: shop
  labels: {pod-template-hash: '${hash}'}
  ownerReferences: [{apiVersion: apps/v1, kind: ${ownerKind}, name: ${owner}, controller: true}]
spec: {containers: [{name: c}], template: {spec: {containers: [{name: c}]}}}
`
  const pod = of(observe(owned('Pod', 'ReplicaSet', 'web-abc12', 'abc12')), 'principal')[0]
  const set = of(observe(owned('ReplicaSet', 'Deployment', 'web', 'abc12')), 'principal')[0]
  assert.equal(pod?.ref, 'kubernetes:workload/shop/Deployment/web')
  assert.equal(set?.ref, 'kubernetes:workload/shop/Deployment/web')
})

test('secrets are found by every way in which a pod is given one', () => {
  const seen = observe(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      imagePullSecrets: [{name: pull}]
      initContainers: [{name: i, envFrom: [{secretRef: {name: all}}]}]
      containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: one, key: k}}}]}]
      volumes:
      - {name: v1, secret: {secretName: mounted}}
      - {name: v2, projected: {sources: [{secret: {name: projected}}]}}
      - {name: v3, csi: {driver: d, nodePublishSecretRef: {name: csi}}}
`)
  const given = ['pull', 'mounted', 'projected', 'csi', 'all', 'one']
  assert.deepEqual(
    of(seen, 'consumer').map(({ credential }) => ('ref' in credential ? credential.ref : '')),
    given.map((name) => `kubernetes:secret/shop/${name}`),
  )
  assert.deepEqual(
    of(seen, 'credential').map(({ name, exposure }) => `${exposure} ${name}`),
    given.map((name) => `reference ${name}`),
  )
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('values of a Secret leave only as fingerprints, and only where they are secret', () => {
  const password = 'tangerine-Walrus-41-quiet'
  const text = `
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data:
  password: ${base64(password)}
  username: ${base64('ledger')}
  api-token: ${base64('changeme')}
  empty: ""
  broken-token: "%%%"
stringData:
  DATABASE_URL: postgres://ledger:kestrel-Marmot-77-brisk@db/ledger
`
  const seen = observe(text)
  const embedded = of(seen, 'credential').filter(({ exposure }) => exposure === 'embedded')
  assert.deepEqual(
    embedded.map(({ name, rule, provenance }) => `${name} ${rule} ${provenance.startLine}`),
    ['password kubernetes-secret-data 6', 'DATABASE_URL kubernetes-secret-url-credentials 12'],
  )
  assert.equal(embedded[0]?.fingerprint, fingerprintOf(password))
  for (const value of [password, base64(password), 'kestrel-Marmot-77-brisk']) {
    assert.ok(!JSON.stringify(seen).includes(value))
  }
  assert.deepEqual(
    of(observe(text, '-', 'stdin'), 'credential').filter(({ exposure }) => exposure === 'embedded'),
    [],
  )
})

test('a token secret is a credential of its account; a registry secret yields its password; a sealed one nothing', () => {
  const seen = observe(`
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: t
  namespace: shop
  creationTimestamp: '2024-02-03T04:05:06Z'
  annotations: {kubernetes.io/service-account.name: web}
---
apiVersion: v1
kind: Secret
type: kubernetes.io/dockerconfigjson
metadata: {name: pull, namespace: shop}
data: {.dockerconfigjson: ${base64(JSON.stringify({ auths: { 'registry.example': { auth: base64('bot:granite-Heron-52') } } }))}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed}
spec: {encryptedData: {password: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq}}
---
apiVersion: v1
kind: Secret
metadata: {name: sops}
data: {password: 'ENC[AES256_GCM,data:abc,iv:def,tag:ghi,type:str]'}
sops: {version: 3.8.1}
`)
  const credentials = of(seen, 'credential')
  const token = credentials.find(({ credentialType }) => credentialType === 'service_account_token')
  assert.equal(token?.principal, 'kubernetes:system:serviceaccount:shop:web')
  assert.equal(token.createdAt, '2024-02-03T04:05:06.000Z')
  const [registry, ...others] = credentials.filter(({ exposure }) => exposure === 'embedded')
  assert.equal(registry?.fingerprint, fingerprintOf('granite-Heron-52'))
  assert.deepEqual(others, [])
})

test('a secret written into the environment of a container is found, a reference and a number are not', () => {
  const seen = observe(`
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec:
  containers:
  - name: c
    env:
    - {name: DB_PASSWORD, value: otter-Lantern-93-vivid}
    - {name: API_TOKEN, value: $(DB_PASSWORD)}
    - {name: MAX_TOKENS, value: "4096"}
    - {name: SECRET_NAME, value: db-credentials}
`)
  const embedded = of(seen, 'credential').filter(({ exposure }) => exposure === 'embedded')
  assert.deepEqual(
    embedded.map(({ name }) => name),
    ['DB_PASSWORD'],
  )
  assert.ok(!JSON.stringify(seen).includes('otter-Lantern'))
})

test('a template is one problem, not a flood, and yields no names of its own', () => {
  const seen = observe(`
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "chart.name" . }}
{{- if .Values.rbac }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Values.other }}
{{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: "{{ .Values.third }}"}
`)
  assert.equal(of(seen, 'problem').length, 1)
  assert.match(of(seen, 'problem')[0]?.message ?? '', /helm template/)
  assert.deepEqual(ids(seen), [])
})

test('files that are not of accounts, rights, workloads or secrets are not parsed at all', () => {
  const crd = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {properties: {serviceAccountName: {}, containers: {}}}\n`
  assert.deepEqual(observe(crd), [])
  assert.deepEqual(observe('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n'), [])
  assert.deepEqual(observe('on: push\njobs: {}\n'), [])
})

test('one bad object costs itself, whatever its types', () => {
  const seen = observe(`
apiVersion: v1
kind: ServiceAccount
metadata: nothing
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: odd, labels: [1]}
rules: {verbs: '*'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: odd, labels: {__proto__: x}}
roleRef: admin
subjects: {}
---
${ACCOUNT}`)
  assert.deepEqual(ids(seen), ['system:serviceaccount:payments:ledger'])
  assert.equal(of(seen, 'problem').length, 3)
})

test('nothing that is fed to it makes it throw', () => {
  const keys =
    'apiVersion kind metadata name namespace labels annotations rules roleRef subjects spec template containers'
  const more = 'env volumes data items secrets __proto__ ownerReferences imagePullSecrets managedFields type'
  const key = fc.constantFrom(...`${keys} ${more}`.split(' '))
  const word = fc.constantFrom(
    'v1',
    'List',
    'Role',
    'Secret',
    'Pod',
    'ServiceAccount',
    'RoleBinding',
    'apps/v1',
    '*',
    '',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, word, fc.anything(), fc.dictionary(key, tie('tree')), fc.array(tie('tree'))),
  }))
  const object = fc.record({
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'rbac.authorization.k8s.io/v1', 'x/v1'),
    kind: fc.constantFrom('List', 'Role', 'ClusterRoleBinding', 'Secret', 'Pod', 'Deployment', 'ServiceAccount', 'X'),
    metadata: fc.oneof(fc.constant({ name: 'n' }), tree),
    rules: tree,
    roleRef: tree,
    subjects: tree,
    spec: tree,
    data: tree,
    items: tree,
  })
  fc.assert(
    fc.property(object, (value) => {
      let text: string | undefined
      try {
        text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
      } catch {
        return
      }
      observe(text, 'x.json')
    }),
    { numRuns: 500 },
  )
})

test('a line of a megabyte is looked at in linear time', () => {
  const started = process.cpuUsage().user / 1000
  for (const filler of [' ', 'kind', 'kind: ', '- ', '"kind" ']) {
    observe(`apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\n# ${filler.repeat(1_000_000 / filler.length)}`)
  }
  assert.ok(process.cpuUsage().user / 1000 - started < 5000)
})
