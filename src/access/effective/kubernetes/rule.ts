// RBAC rules as the API server's authoriser reads them. The one rule: what it would refuse, this refuses.
import type { Json } from '#kernel'

export interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  /** Empty: any name, and no name at all. */
  readonly resourceNames: readonly string[]
  readonly nonResourceUrls: readonly string[]
}

/** `name` is '' for requests on a collection: list, watch, deletecollection and, by its nature, create. */
export interface ResourceRequest {
  readonly verb: string
  readonly group: string
  /** With its subresource: `pods`, `pods/exec`. */
  readonly resource: string
  readonly name: string
}

/** The rules of a role's document; an entry that is not a rule gives nothing. Never throws. */
export function rulesOf(document: Json): readonly Rule[] {
  const entries = membersOf(document)?.['rules']
  if (!Array.isArray(entries)) return []
  return (entries as readonly Json[]).flatMap((entry) => {
    const members = membersOf(entry)
    if (members === undefined) return []
    return [
      {
        verbs: wordsOf(members['verbs']),
        apiGroups: wordsOf(members['apiGroups']),
        resources: wordsOf(members['resources']),
        resourceNames: wordsOf(members['resourceNames']),
        nonResourceUrls: wordsOf(members['nonResourceURLs']),
      },
    ]
  })
}

export function membersOf(value: Json | undefined): { readonly [key: string]: Json | undefined } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as { readonly [key: string]: Json | undefined }
}

export const wordsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((word) => typeof word === 'string') : []

/** Whether the rule allows the request, in the place where its binding holds. */
export function allowsResource(rule: Rule, request: ResourceRequest): boolean {
  return (
    includesOrAll(rule.verbs, request.verb) &&
    includesOrAll(rule.apiGroups, request.group) &&
    namesResource(rule, request.resource) &&
    (rule.resourceNames.length === 0 || (request.name !== '' && rule.resourceNames.includes(request.name)))
  )
}

/** A non-resource URL, allowed by the same URL, a prefix that ends in `*`, or `*`. */
export function allowsUrl(rule: Rule, verb: string, url: string): boolean {
  return (
    includesOrAll(rule.verbs, verb) &&
    rule.nonResourceUrls.some(
      (allowed) =>
        allowed === '*' || allowed === url || (allowed.endsWith('*') && url.startsWith(allowed.replace(/\*+$/, ''))),
    )
  )
}

/** `*` is every resource and subresource, `*` before a slash is that subresource of every resource. */
export function namesResource(rule: Pick<Rule, 'resources'>, resource: string): boolean {
  const slash = resource.indexOf('/')
  const anySubresource = slash === -1 ? undefined : `*${resource.slice(slash)}`
  return rule.resources.some((named) => named === '*' || named === resource || named === anySubresource)
}

export const includesOrAll = (words: readonly string[], word: string): boolean =>
  words.includes('*') || words.includes(word)
