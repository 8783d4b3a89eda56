// Cluster roles that are put together from others by label selectors, as the controller manager does it.
import { canonicalJson } from '#kernel'
import type { Json, Provenance, Ref } from '#kernel'
import type { Rule } from './rule.ts'
import { membersOf, rulesOf, wordsOf } from './rule.ts'

export interface Role {
  readonly ref: Ref
  readonly kind: 'Role' | 'ClusterRole'
  readonly name: string
  /** '' for a ClusterRole. */
  readonly namespace: string
  /** Its own and, for an aggregated one, those of every role that it selects. */
  readonly rules: readonly Rule[]
  /** True for the roles that the API server makes for itself at its start, by the label that it puts on them. */
  readonly bootstrap: boolean
  /** Absent for a well-known role that the input does not hold. */
  readonly provenance?: Provenance
}

/** A role before aggregation. Several documents of one role (overlays, two exports) are read as one. */
export interface RoleSource extends Omit<Role, 'rules' | 'bootstrap'> {
  readonly documents: readonly Json[]
}

interface Labelled {
  readonly source: RoleSource
  readonly labels: ReadonlyMap<string, string>
  readonly own: readonly Rule[]
  readonly selectors: readonly Json[]
}

/**
 * Rules of every role of one cluster. The controller replaces the rules of an aggregated role by what it selects; here
 * its own are kept beside them, because an export may hold the result and not the parts.
 */
export function resolveRoles(sources: readonly RoleSource[]): Map<Ref, Role> {
  const labelled = sources.map(labelledOf)
  const ofCluster = labelled.filter(({ source }) => source.kind === 'ClusterRole')
  const byLabel = new Map<string, Labelled[]>()
  for (const role of ofCluster) {
    for (const [key, value] of role.labels) {
      for (const index of [`${key}=${value}`, key]) {
        const list = byLabel.get(index)
        if (list === undefined) byLabel.set(index, [role])
        else list.push(role)
      }
    }
  }
  const selected = new Map<string, readonly Labelled[]>()
  const select = (selector: Json): readonly Labelled[] => {
    const key = canonicalJson(selector)
    const known = selected.get(key)
    if (known !== undefined) return known
    const found = candidates(selector, byLabel, ofCluster).filter((role) => matches(selector, role.labels))
    selected.set(key, found)
    return found
  }
  return new Map(
    labelled.map((role) => {
      const { documents: _, ...source } = role.source
      const bootstrap = role.labels.get('kubernetes.io/bootstrapping') === 'rbac-defaults'
      return [source.ref, { ...source, bootstrap, rules: allRules(role, select) }]
    }),
  )
}

function labelledOf(source: RoleSource): Labelled {
  const labels = new Map<string, string>()
  const selectors: Json[] = []
  for (const document of source.documents) {
    const root = membersOf(document)
    for (const [key, value] of Object.entries(membersOf(membersOf(root?.['metadata'])?.['labels']) ?? {})) {
      if (typeof value === 'string') labels.set(key, value)
    }
    const entries = membersOf(root?.['aggregationRule'])?.['clusterRoleSelectors']
    if (source.kind === 'ClusterRole' && Array.isArray(entries)) selectors.push(...(entries as readonly Json[]))
  }
  return { source, labels, selectors, own: source.documents.flatMap((document) => rulesOf(document)) }
}

/** Follows aggregation of aggregated roles; a circle ends where it began. */
function allRules(role: Labelled, select: (selector: Json) => readonly Labelled[]): readonly Rule[] {
  if (role.selectors.length === 0) return role.own
  const seen = new Set<Labelled>([role])
  const queue = [role]
  for (const next of queue) {
    for (const other of next.selectors.flatMap((selector) => select(selector))) {
      if (seen.has(other)) continue
      seen.add(other)
      queue.push(other)
    }
  }
  const rules = new Map<string, Rule>()
  for (const part of seen) for (const rule of part.own) rules.set(JSON.stringify(rule), rule)
  return [...rules.values()]
}

/** Few roles that may match, by the most exact label that the selector asks for; all where it asks for none. */
function candidates(
  selector: Json,
  byLabel: ReadonlyMap<string, readonly Labelled[]>,
  all: readonly Labelled[],
): readonly Labelled[] {
  const exact = Object.entries(membersOf(membersOf(selector)?.['matchLabels']) ?? {})[0]
  if (exact !== undefined) return typeof exact[1] === 'string' ? (byLabel.get(`${exact[0]}=${exact[1]}`) ?? []) : []
  for (const expression of expressionsOf(selector)) {
    if (expression.operator === 'In' || expression.operator === 'Exists') return byLabel.get(expression.key) ?? []
  }
  return all
}

interface Expression {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

function expressionsOf(selector: Json): readonly Expression[] {
  const entries = membersOf(selector)?.['matchExpressions']
  if (!Array.isArray(entries)) return []
  return (entries as readonly Json[]).map((entry) => {
    const { key, operator, values } = membersOf(entry) ?? {}
    return {
      key: typeof key === 'string' ? key : '',
      operator: typeof operator === 'string' ? operator : '',
      values: wordsOf(values),
    }
  })
}

/** A Kubernetes label selector. An empty one matches everything; one that is no object, or not understood, nothing. */
function matches(selector: Json, labels: ReadonlyMap<string, string>): boolean {
  const root = membersOf(selector)
  if (root === undefined) return false
  const exact = Object.entries(membersOf(root['matchLabels']) ?? {})
  return (
    exact.every(([key, value]) => labels.get(key) === value) &&
    expressionsOf(selector).every(({ key, operator, values }) => {
      const value = labels.get(key)
      if (operator === 'In') return value !== undefined && values.includes(value)
      if (operator === 'NotIn') return value === undefined || !values.includes(value)
      if (operator === 'Exists') return value !== undefined
      return operator === 'DoesNotExist' && value === undefined
    })
  )
}
