// The evaluator against a slow, literal reading of the RBAC documentation that shares nothing with it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { kubernetesRef } from '#kernel'
import {
  account,
  bind,
  bindCluster,
  clusterRole,
  factsOf,
  manifest,
  role,
} from '../../../../test/kubernetes/judge-manifests.ts'
import type { TestRule } from '../../../../test/kubernetes/judge-manifests.ts'
import { CAPABILITIES } from './capability.ts'
import type { Capability } from './capability.ts'
import { clustersOf } from './cluster.ts'
import { Holders } from './holder.ts'
import { allowsResource, allowsUrl } from './rule.ts'

interface Binding {
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string
  readonly kind: 'Role' | 'ClusterRole'
  readonly role: string
  readonly subjects: readonly string[]
}
interface Estate {
  readonly clusterRoles: readonly {
    name: string
    labels: Record<string, string>
    rules: TestRule[]
    selectors: Selector[]
  }[]
  readonly roles: readonly { namespace: string; name: string; rules: TestRule[] }[]
  readonly bindings: readonly Binding[]
}
interface Request {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly name: string
  readonly namespace: string
}

// --- the literal reading

const equalOrStar = (words: readonly string[], word: string): boolean =>
  words.some((one) => one === '*' || one === word)

function ruleAllows(rule: TestRule, request: Request): boolean {
  const [, subresource] = request.resource.split('/')
  return (
    equalOrStar(rule.verbs, request.verb) &&
    equalOrStar(rule.apiGroups ?? [], request.group) &&
    (rule.resources ?? []).some(
      (one) => one === '*' || one === request.resource || (subresource !== undefined && one === `*/${subresource}`),
    ) &&
    (rule.resourceNames === undefined || rule.resourceNames.length === 0
      ? true
      : rule.resourceNames.some((name) => name === request.name))
  )
}

interface Selector {
  readonly matchLabels?: Record<string, string>
  readonly matchExpressions?: readonly { key: string; operator: string; values?: string[] }[]
}
function selects(selector: Selector, labels: Record<string, string>): boolean {
  for (const key of Object.keys(selector.matchLabels ?? {}))
    if (labels[key] !== selector.matchLabels?.[key]) return false
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const has = key in labels
    const isOne = has && values.includes(labels[key] ?? '')
    const holds = { In: isOne, NotIn: !isOne, Exists: has, DoesNotExist: !has }[operator]
    if (holds !== true) return false
  }
  return true
}

/** The controller runs until nothing changes: each aggregated role takes the rules of what it selects. */
function filledIn(estate: Estate): Map<string, TestRule[]> {
  const rules = new Map(estate.clusterRoles.map((one) => [one.name, [...one.rules]]))
  for (let changed = true; changed;) {
    changed = false
    for (const into of estate.clusterRoles) {
      for (const from of estate.clusterRoles) {
        if (from === into || !into.selectors.some((one) => selects(one, from.labels))) continue
        const mine = rules.get(into.name) ?? []
        for (const one of rules.get(from.name) ?? []) {
          if (mine.includes(one)) continue
          mine.push(one)
          changed = true
        }
      }
    }
  }
  return rules
}

function isBound(binding: Binding, subject: string): boolean {
  const [namespace] = subject.split('/')
  const groups = subject.startsWith('user:')
    ? ['system:authenticated']
    : ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return binding.subjects.some((one) => one === subject || groups.some((group) => one === `group:${group}`))
}

function literallyAllows(estate: Estate, filled: Map<string, TestRule[]>, subject: string, request: Request): boolean {
  return estate.bindings.some((binding) => {
    if (!isBound(binding, subject)) return false
    if (binding.namespace !== '' && binding.namespace !== request.namespace) return false
    const rules =
      binding.kind === 'ClusterRole'
        ? filled.get(binding.role)
        : estate.roles.find((one) => one.namespace === binding.namespace && one.name === binding.role)?.rules
    return (rules ?? []).some((rule) => ruleAllows(rule, request))
  })
}

// --- small worlds, so that things meet

const NAMESPACES = ['a', 'b']
const SUBJECTS = ['a/one', 'b/two', 'user:jane', 'group:system:authenticated', 'group:system:serviceaccounts:a']
const VERBS = ['*', 'get', 'create', 'patch', 'escalate', 'bind', 'impersonate']
const GROUPS = ['*', '', 'apps', 'rbac.authorization.k8s.io']
const RESOURCES = [
  '*',
  'pods',
  'pods/exec',
  '*/exec',
  'secrets',
  'deployments',
  'clusterroles',
  'serviceaccounts',
  'users',
]
const NAMES = ['x', 'y']
const some = <T>(items: readonly T[], maxLength = 3): fc.Arbitrary<T[]> =>
  fc.array(fc.constantFrom(...items), { minLength: 1, maxLength })

const ruleArbitrary: fc.Arbitrary<TestRule> = fc
  .record({ verbs: some(VERBS), apiGroups: some(GROUPS), resources: some(RESOURCES), names: fc.option(some(NAMES)) })
  .map(({ names, verbs, apiGroups, resources }) => {
    const rule = { verbs, apiGroups, resources }
    return names === null ? rule : Object.assign(rule, { resourceNames: names })
  })
const labelsArbitrary = fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('1', '2'))
const selectorArbitrary = fc.record(
  {
    matchLabels: labelsArbitrary,
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom('k', 'l'),
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: some(['1', '2'], 2),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
)
const ROLE_NAMES = ['r1', 'r2', 'r3']
const WELL_KNOWN = ['cluster-admin', 'admin', 'edit', 'view']
const estateArbitrary: fc.Arbitrary<Estate> = fc.record({
  clusterRoles: fc
    .tuple(
      ...ROLE_NAMES.map((name) =>
        fc.record({
          name: fc.constant(name),
          labels: labelsArbitrary,
          rules: fc.array(ruleArbitrary, { maxLength: 2 }),
          selectors: fc.array(selectorArbitrary, { maxLength: 1 }),
        }),
      ),
    )
    // the well-known four are empty here, so that the literal reading need not know what a cluster puts into them
    .map((all) => all.concat(WELL_KNOWN.map((name) => ({ name, labels: {}, rules: [], selectors: [] })))),
  roles: fc.uniqueArray(
    fc.record({
      namespace: fc.constantFrom(...NAMESPACES),
      name: fc.constantFrom(...ROLE_NAMES),
      rules: fc.array(ruleArbitrary, { maxLength: 2 }),
    }),
    { maxLength: 3, selector: ({ namespace, name }) => `${namespace}/${name}` },
  ),
  bindings: fc.array(
    fc
      .record({
        namespace: fc.constantFrom('', ...NAMESPACES),
        kind: fc.constantFrom('Role' as const, 'ClusterRole' as const),
        role: fc.constantFrom(...ROLE_NAMES, 'missing'),
        subjects: some(SUBJECTS),
      })
      .map((one): Binding => (one.namespace === '' ? Object.assign(one, { kind: 'ClusterRole' as const }) : one)),
    { maxLength: 4 },
  ),
})

function manifestsOf(estate: Estate): string {
  return manifest(
    // known to exist, so that what everybody has is theirs
    account('a', 'one'),
    account('b', 'two'),
    bindCluster('known', 'missing', 'user:jane'),
    ...estate.clusterRoles.map(({ name, labels, rules, selectors }) => ({
      ...clusterRole(name, rules, { labels }),
      ...(selectors.length === 0 ? {} : { aggregationRule: { clusterRoleSelectors: selectors } }),
    })),
    ...estate.roles.map(({ namespace, name, rules }) => role(namespace, name, rules)),
    ...estate.bindings.map((one, index) =>
      one.namespace === ''
        ? bindCluster(`b${index}`, one.role, ...one.subjects)
        : bind(one.namespace, `b${index}`, one.kind, one.role, ...one.subjects),
    ),
  )
}

const refOf = (subject: string): ReturnType<typeof kubernetesRef.user> => {
  if (subject.startsWith('user:')) return kubernetesRef.user(subject.slice('user:'.length))
  const [namespace = '', name = ''] = subject.split('/')
  return kubernetesRef.serviceAccount(namespace, name)
}
const PEOPLE = ['a/one', 'b/two', 'user:jane']

test('every request is allowed exactly where the literal reading allows it', () => {
  const requestArbitrary = fc.record({
    verb: fc.constantFrom(...VERBS.slice(1), 'delete'),
    group: fc.constantFrom(...GROUPS.slice(1), 'other'),
    resource: fc.constantFrom('pods', 'pods/exec', 'deployments/exec', 'secrets', 'deployments', 'users', 'nodes'),
    name: fc.constantFrom('', 'x', 'y', 'z'),
    namespace: fc.constantFrom('', ...NAMESPACES, 'c'),
  })
  fc.assert(
    fc.property(estateArbitrary, fc.array(requestArbitrary, { minLength: 20, maxLength: 40 }), (estate, requests) => {
      const cluster = clustersOf(factsOf(manifestsOf(estate))).get('')
      const filled = filledIn(estate)
      for (const subject of PEOPLE) {
        const grants = cluster?.grantsOf(refOf(subject)) ?? []
        for (const request of requests) {
          const allowed = grants.some(
            ({ namespace, role: held }) =>
              (namespace === '' || namespace === request.namespace) &&
              held?.rules.some((one) => allowsResource(one, request)) === true,
          )
          assert.equal(allowed, literallyAllows(estate, filled, subject, request), JSON.stringify({ subject, request }))
        }
      }
    }),
    { numRuns: 150 },
  )
})

test('a capability is held exactly where one of its requests is allowed', () => {
  fc.assert(
    fc.property(estateArbitrary, (estate) => {
      const cluster = clustersOf(factsOf(manifestsOf(estate))).get('')
      if (cluster === undefined) return
      const filled = filledIn(estate)
      const holders = new Holders(cluster)
      for (const subject of PEOPLE) {
        const holder = holders.holder(refOf(subject))
        for (const capability of Object.keys(CAPABILITIES) as Capability[]) {
          const { any, scope } = CAPABILITIES[capability]
          for (const namespace of scope === 'cluster' ? [''] : ['', ...NAMESPACES, 'c']) {
            for (const name of ['x', 'y', 'z']) {
              const literal = any.some(({ verbs, group, resources }) =>
                verbs.some((verb) =>
                  resources.some((resource) => {
                    // a request that creates an object has no name, one that creates a subresource has
                    const asked = verb === 'create' && !resource.includes('/') ? '' : name
                    return literallyAllows(estate, filled, subject, { verb, group, resource, name: asked, namespace })
                  }),
                ),
              )
              const places = holder.held(capability)
              const held = ['', namespace].some((place) => {
                const one = places.get(place)
                return one !== undefined && (one.names === undefined || one.names.has(name))
              })
              assert.equal(held, literal, JSON.stringify({ subject, capability, namespace, name }))
            }
          }
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('non-resource URLs match exactly, by a prefix with a star, or all', () => {
  const rule = (...nonResourceUrls: string[]): Parameters<typeof allowsUrl>[0] => ({
    verbs: ['get'],
    apiGroups: [],
    resources: [],
    resourceNames: [],
    nonResourceUrls,
  })
  assert.ok(allowsUrl(rule('/metrics'), 'get', '/metrics'))
  assert.ok(allowsUrl(rule('/apis/*'), 'get', '/apis/apps/v1'))
  assert.ok(allowsUrl(rule('*'), 'get', '/anything'))
  assert.ok(!allowsUrl(rule('/metrics'), 'get', '/metrics/slis'))
  assert.ok(!allowsUrl(rule('/apis/*'), 'post', '/apis/apps'))
  assert.ok(!allowsUrl(rule('/a*b'), 'get', '/axb'))
})
