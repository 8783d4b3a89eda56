// Kubernetes, as its RBAC authoriser reads rules: a verb or all; a kind with its API group and subresource; a name or any.
import type { Rule } from './covers.ts'

export const kubernetesActionCovered: Rule = (pattern, action) =>
  pattern === action || pattern === 'k8s:*' || pattern === '*' ? 'yes' : 'no'

export const kubernetesResourceCovered: Rule = (pattern, resource, { level }) => {
  if (pattern === '*') return 'yes'
  const given = partsOf(pattern)
  const asked = partsOf(resource)
  if (given === undefined || asked === undefined || given.cluster !== asked.cluster) return 'no'
  if (given.namespace !== '*' && given.namespace !== asked.namespace) return 'no'
  if (asked.kind === URL_KIND || given.kind === URL_KIND) {
    return given.kind === asked.kind && urlCovered(given.name, asked.name) ? 'yes' : 'no'
  }
  if (given.name !== '*' && given.name !== asked.name) return 'no'
  return kindCovered(given.kind, asked.kind, level === 'admin')
}

const URL_KIND = 'nonResourceURL'

interface Parts {
  readonly cluster: string
  readonly namespace: string
  readonly kind: string
  readonly name: string
}

/** The name keeps its slashes. */
function partsOf(text: string): Parts | undefined {
  const found = /^k8s:\/\/([^/]*)\/([^/]*)\/([^/]*)\/(.*)$/s.exec(text)
  if (found === null) return undefined
  const [, cluster = '', namespace = '', kind = '', name = ''] = found
  return { cluster, namespace, kind, name }
}

const urlCovered = (given: string, asked: string): boolean =>
  given === '*' || given === asked || (given.endsWith('*') && asked.startsWith(given.replace(/\*+$/, '')))

/**
 * `resource[:subresource][.group]`. A lone `*` is written for every kind, and for every kind of the core group: beyond that
 * group it is only decided for who may do everything.
 */
function kindCovered(given: string, asked: string, everything: boolean): ReturnType<Rule> {
  if (given === '*') return everything || !asked.includes('.') ? 'yes' : 'unknown'
  const [resource, group] = splitKind(given)
  const [askedResource, askedGroup] = splitKind(asked)
  if (group !== '*' && group !== askedGroup) return 'no'
  const colon = askedResource.indexOf(':')
  const anySubresource = colon === -1 ? undefined : `*${askedResource.slice(colon)}`
  return resource === '*' || resource === askedResource || resource === anySubresource ? 'yes' : 'no'
}

/** A resource has no dot in its name; a group has. */
function splitKind(kind: string): readonly [resource: string, group: string] {
  const dot = kind.indexOf('.')
  return dot === -1 ? [kind, ''] : [kind.slice(0, dot), kind.slice(dot + 1)]
}
