// Identities that an organisation's exports list: app installations, apps, webhooks, runners and people.
import { githubAction, githubResource, ref } from '#kernel'
import type { EntitlementFact, Json, Observation } from '#kernel'
import { instantIn, isRecord, listOf, member, optional, textIn, wordMap, words } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { at, inScope, loginOf, scopedRef, scopeMention, scopeRef, userMention, userRef } from './export-item.ts'
import type { ExportItem } from './export-item.ts'
import { permissionFacts, reachOf } from './permission-facts.ts'

export const isInstallation = (record: UntrustedRecord): boolean =>
  member(record, 'app_id') !== undefined &&
  isRecord(member(record, 'permissions')) &&
  isRecord(member(record, 'account'))

/** One installation of an app in an account; the same app elsewhere is another identity with other rights. */
export function* readInstallation(item: ExportItem): Generator<Observation> {
  const { record } = item
  const account = loginOf(member(record, 'account')) ?? item.scope
  const slug = textIn(record, 'app_slug') ?? `app ${textIn(record, 'app_id') ?? ''}`
  const externalId = inScope(account, `app/${slug}`)
  const installation = ref('github', externalId)
  const provenance = at(item, `installation ${externalId}`)
  const permissions = wordMap(member(record, 'permissions'))
  const selection = textIn(record, 'repository_selection')
  const suspended = instantIn(record, 'suspended_at') !== undefined
  yield {
    type: 'principal',
    ref: installation,
    kind: 'oauth_app',
    nativeType: 'app-installation',
    system: 'github',
    externalId,
    name: slug,
    enabled: !suspended,
    ...optional('createdAt', instantIn(record, 'created_at')),
    attributes: {
      appId: textIn(record, 'app_id') ?? '',
      account,
      permissions,
      events: [...words(member(record, 'events'))],
      ...optional('repositorySelection', selection),
      suspended,
    },
    provenance,
  }
  yield* permissionFacts(installation, permissions, reachOf(account, selection), 'installation', provenance)
}

export const isApp = (record: UntrustedRecord): boolean =>
  textIn(record, 'slug') !== undefined &&
  isRecord(member(record, 'permissions')) &&
  Array.isArray(member(record, 'events')) &&
  isRecord(member(record, 'owner'))

/** The app itself. What it may do is decided by each installation, so its own wishes are an attribute only. */
export function* readApp(item: ExportItem): Generator<Observation> {
  const { record } = item
  const slug = textIn(record, 'slug') ?? ''
  const owner = loginOf(member(record, 'owner'))
  const purpose = textIn(record, 'description')
  yield {
    type: 'principal',
    ref: ref('github', `app/${slug}`),
    kind: 'oauth_app',
    nativeType: 'github-app',
    system: 'github',
    externalId: `app/${slug}`,
    name: textIn(record, 'name') ?? slug,
    ...optional('createdAt', instantIn(record, 'created_at')),
    ...optional('vendor', owner),
    ...(purpose === undefined ? {} : { purpose: { text: purpose.slice(0, 300), reason: "the app's description" } }),
    attributes: {
      requests: wordMap(member(record, 'permissions')),
      ...optional('clientId', textIn(record, 'client_id')),
    },
    provenance: at(item, `app ${slug}`),
  }
}

export function isHook(record: UntrustedRecord): boolean {
  const config = member(record, 'config')
  return (
    isRecord(config) &&
    textIn(config, 'url') !== undefined &&
    Array.isArray(member(record, 'events')) &&
    typeof member(record, 'active') === 'boolean'
  )
}

/** The receiver of a webhook. SECURITY: of its address only scheme and host are kept, since paths often are a token. */
export function* readHook(item: ExportItem): Generator<Observation> {
  const { record } = item
  const config = member(record, 'config')
  if (!isRecord(config)) return
  const id = textIn(record, 'id') ?? ''
  const externalId = inScope(item.scope, `hook/${id}`)
  const hook = scopedRef(item, `hook/${id}`)
  const provenance = at(item, `hook ${id}`)
  const address = URL.parse(textIn(config, 'url') ?? '')
  const host = address?.host ?? 'unknown host'
  const hasSecret = textIn(config, 'secret') !== undefined
  yield {
    type: 'principal',
    ref: hook,
    kind: 'api_client',
    nativeType: 'webhook',
    system: 'github',
    externalId,
    name: `webhook to ${host}`,
    enabled: member(record, 'active') === true,
    ...optional('createdAt', instantIn(record, 'created_at')),
    vendor: host,
    attributes: {
      host,
      scheme: address?.protocol.replace(':', '') ?? 'unknown',
      insecureSsl: ['1', 'true'].includes(textIn(config, 'insecure_ssl') ?? ''),
      hasSecret,
      events: [...words(member(record, 'events'))],
    },
    provenance,
  }
  if (!hasSecret) return
  yield {
    type: 'credential',
    ref: scopedRef(item, `hook-secret/${id}`),
    credentialType: 'webhook_secret',
    exposure: 'record',
    principal: hook,
    name: `secret of hook ${id}`,
    provenance,
  }
}

export const isRunner = (record: UntrustedRecord): boolean =>
  textIn(record, 'name') !== undefined &&
  ((textIn(record, 'os') !== undefined && Array.isArray(member(record, 'labels'))) ||
    isRecord(member(record, 'machine_size_details')))

export function* readRunner(item: ExportItem): Generator<Observation> {
  const { record } = item
  const name = textIn(record, 'name') ?? ''
  const hosted = isRecord(member(record, 'machine_size_details'))
  const group = textIn(record, 'runner_group_id') ?? /\/runner-groups\/(\d{1,12})\/runners/.exec(item.endpoint)?.[1]
  const labels = listOf(member(record, 'labels')).flatMap((label) =>
    isRecord(label) ? (textIn(label, 'name') ?? []) : [],
  )
  const runner = scopedRef(item, `runner/${name}`)
  const provenance = at(item, `runner ${name}`)
  const attributes: Record<string, Json> = {
    selfHosted: !hosted,
    labels,
    ...optional('os', textIn(record, 'os') ?? textIn(record, 'platform')),
    ...optional('status', textIn(record, 'status')),
    ...optional('ephemeral', hosted ? true : booleanOf(member(record, 'ephemeral'))),
  }
  yield {
    type: 'principal',
    ref: runner,
    kind: 'machine',
    nativeType: hosted ? 'github-hosted-runner' : 'self-hosted-runner',
    system: 'github',
    externalId: inScope(item.scope, `runner/${name}`),
    name,
    ...optional('lastUsedAt', instantIn(record, 'last_active_on')),
    attributes,
    provenance,
  }
  if (group === undefined) return
  yield { type: 'membership', member: runner, group: scopedRef(item, `runner-group/${group}`), provenance }
}

const booleanOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

export const isRunnerGroup = (record: UntrustedRecord): boolean =>
  textIn(record, 'name') !== undefined && typeof member(record, 'allows_public_repositories') === 'boolean'

export function* readRunnerGroup(item: ExportItem): Generator<Observation> {
  const { record } = item
  const id = textIn(record, 'id') ?? ''
  const name = textIn(record, 'name') ?? ''
  yield {
    type: 'principal',
    ref: scopedRef(item, `runner-group/${id}`),
    kind: 'group',
    nativeType: 'runner-group',
    system: 'github',
    externalId: inScope(item.scope, `runner-group/${name}`),
    name,
    attributes: {
      allowsPublicRepositories: member(record, 'allows_public_repositories') === true,
      restrictedToWorkflows: member(record, 'restricted_to_workflows') === true,
      ...optional('visibility', textIn(record, 'visibility')),
    },
    provenance: at(item, `runner group ${name}`),
  }
}

export function isMembership(record: UntrustedRecord): boolean {
  return (
    ['admin', 'member', 'billing_manager'].includes(textIn(record, 'role') ?? '') &&
    textIn(record, 'state') !== undefined &&
    loginOf(member(record, 'user')) !== undefined
  )
}

/** Somebody's place in the organisation; an owner of it may do everything there. */
export function* readMembership(item: ExportItem): Generator<Observation> {
  const { record } = item
  const login = loginOf(member(record, 'user')) ?? ''
  const provenance = at(item, `membership ${login}`)
  yield userMention(login, provenance)
  if (textIn(record, 'state') !== 'active') return
  yield scopeMention(item, provenance)
  yield { type: 'membership', member: userRef(login), group: scopeRef(item), provenance }
  if (textIn(record, 'role') === 'admin') yield roleFact(item, login, 'admin', reachOf(item.scope, 'all'))
}

export function isCollaborator(record: UntrustedRecord): boolean {
  const login = loginOf(record) ?? loginOf(member(record, 'user'))
  return login !== undefined && textIn(record, 'role_name') !== undefined
}

export function* readCollaborator(item: ExportItem): Generator<Observation> {
  const login = loginOf(item.record) ?? loginOf(member(item.record, 'user')) ?? ''
  yield userMention(login, at(item, `collaborator ${login}`))
  yield roleFact(item, login, textIn(item.record, 'role_name') ?? '', reachOf(item.scope, undefined))
}

const LEVEL: Readonly<Record<string, EntitlementFact['level']>> = {
  read: 'read',
  pull: 'read',
  triage: 'read',
  write: 'write',
  push: 'write',
  maintain: 'write',
  admin: 'admin',
}

function roleFact(item: ExportItem, login: string, role: string, reach: string): EntitlementFact {
  return {
    type: 'entitlement',
    principal: userRef(login),
    system: 'github',
    permission: `role: ${role}`,
    actions: [githubAction('*', role === 'admin' ? 'admin' : role)],
    resources: [githubResource(reach)],
    level: LEVEL[role] ?? 'unknown',
    reason: `has the role \`${role}\``,
    provenance: at(item, `role of ${login}`),
  }
}
