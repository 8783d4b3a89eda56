// One record of a REST response with what surrounds it: whose it is, which endpoint it came from, where it stands.
import { ref } from '#kernel'
import type { PrincipalFact, Provenance, Ref } from '#kernel'
import type { ParsedDocument, UntrustedFile } from '../port.ts'
import { member, placeOf, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export interface ExportItem {
  readonly file: UntrustedFile
  readonly document: ParsedDocument
  readonly record: UntrustedRecord
  /** `owner/repo`, an organisation's login, or '' when nothing says it. */
  readonly scope: string
  /** The endpoint's path or the response's name in a map, lower case: `orgs/acme/dependabot/secrets`, `hook-items`. */
  readonly endpoint: string
}

const REPOSITORY = /(?:^|\/)repos\/([\w.-]{1,100})\/([\w.-]{1,100})(?=$|[/?])/
const ORGANISATION = /(?:^|\/)orgs\/([\w.-]{1,100})(?=$|[/?])/
const INSTALLATIONS = /(?:^|\/)organizations\/([\w.-]{1,100})(?=$|[/?])/

/** Reads `/repos/OWNER/REPO/…` and `/orgs/ORG/…` out of an endpoint's path, a file's path or a URL of the API. */
export function scopeIn(path: string): string {
  const text = path.slice(0, 2000)
  const repository = REPOSITORY.exec(text)
  if (repository !== null) return `${repository[1] ?? ''}/${repository[2] ?? ''}`
  return (ORGANISATION.exec(text) ?? INSTALLATIONS.exec(text))?.[1] ?? ''
}

/** The scope that surrounds the record, else the one that its own URLs name. */
export function scopeOf(record: UntrustedRecord, around: string): string {
  if (around !== '') return around
  for (const key of [
    'url',
    'selected_repositories_url',
    'repository_url',
    'organization_url',
    'deliveries_url',
    'runners_url',
  ]) {
    const found = scopeIn(textIn(record, key) ?? '')
    if (found !== '') return found
  }
  const repository = member(record, 'repository')
  return typeof repository === 'object' && repository !== null
    ? (textIn(repository as UntrustedRecord, 'full_name') ?? '')
    : ''
}

export const at = (item: ExportItem, object: string, key?: string): Provenance =>
  placeOf('github', item.file, item.document, item.record, object, key)

/** `acme:runner/build-1`, or `runner/build-1` when the scope is unknown. */
export const inScope = (scope: string, what: string): string => (scope === '' ? what : `${scope}:${what}`)

/** Keeps things of unknown scope apart by the file that holds them: equal names there prove nothing. */
export function scopedRef(item: ExportItem, what: string): Ref {
  return item.scope === '' ? ref('github', what, item.file.path) : ref('github', `${item.scope}:${what}`)
}

export function loginOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? textIn(value as UntrustedRecord, 'login') : undefined
}

export const userRef = (login: string): Ref => ref('github', `user/${login}`)

/** A login that the response mentions; a login that ends in `[bot]` is an app's. */
export function userMention(login: string, provenance: Provenance): PrincipalFact {
  const bot = login.endsWith('[bot]')
  return {
    type: 'principal',
    ref: userRef(login),
    kind: bot ? 'oauth_app' : 'human',
    nativeType: bot ? 'bot' : 'user',
    system: 'github',
    externalId: login,
    name: login,
    mentioned: true,
    provenance,
  }
}

/** The organisation or repository that settings and memberships belong to: the set through which its rights are given. */
export function scopeMention(item: ExportItem, provenance: Provenance): PrincipalFact {
  const { scope } = item
  const repository = scope.includes('/')
  return {
    type: 'principal',
    ref: scopeRef(item),
    kind: 'group',
    nativeType: repository ? 'repository' : 'organization',
    system: 'github',
    externalId: scope === '' ? item.file.path : scope,
    name: scope === '' ? 'organisation or repository of unknown name' : scope,
    provenance,
  }
}

export function scopeRef({ scope, file }: ExportItem): Ref {
  if (scope === '') return ref('github', 'scope', file.path)
  return ref('github', scope.includes('/') ? `repository/${scope}` : `org/${scope}`)
}
