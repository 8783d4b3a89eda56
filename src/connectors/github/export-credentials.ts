// Credentials that an organisation's exports list: deploy keys, CI secrets, fine-grained tokens, secret-scanning alerts,
// and tokens that stand in a response themselves.
import { createHash } from 'node:crypto'
import { credentialRef, ref } from '#kernel'
import type { CredentialFact, Json, Observation, Ref } from '#kernel'
import { isPlaceholder } from '../placeholder.ts'
import type { ParsedDocument, ReadContext, UntrustedFile } from '../port.ts'
import { instantIn, isRecord, member, optional, placeOf, textIn, wordMap } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { stringsBelow } from './expressions.ts'
import { at, loginOf, userMention, userRef } from './export-item.ts'
import type { ExportItem } from './export-item.ts'
import { permissionFacts, reachOf } from './permission-facts.ts'

export const isDeployKey = (record: UntrustedRecord): boolean =>
  typeof member(record, 'read_only') === 'boolean' && /^(?:ssh-|ecdsa-|sk-)/.test(textIn(record, 'key') ?? '')

/** OpenSSH's fingerprint of the key; `undefined` for a shortened or damaged one. */
function sshFingerprint(key: string): string | undefined {
  const body = /^\S{1,60}\s+([A-Za-z0-9+/]{40,20000}={0,2})(?:\s|$)/.exec(key)?.[1]
  if (body === undefined) return undefined
  const digest = createHash('sha256').update(Buffer.from(body, 'base64')).digest('base64')
  return `SHA256:${digest.replace(/=+$/, '')}`
}

export function* readDeployKey(item: ExportItem): Generator<Observation> {
  const { record, scope } = item
  const title = textIn(record, 'title') ?? `deploy key ${textIn(record, 'id') ?? ''}`.trim()
  const provenance = at(item, `deploy key ${title}`)
  const fingerprint = sshFingerprint(textIn(record, 'key') ?? '')
  const aliases: Ref[] = fingerprint === undefined ? [] : [credentialRef.sshKey(fingerprint)]
  const id = textIn(record, 'id')
  const addedBy = textIn(record, 'added_by')
  yield {
    type: 'credential',
    ...optional('ref', scope === '' || id === undefined ? undefined : ref('github', `deploy-key/${id}`, scope)),
    aliases,
    credentialType: 'deploy_key',
    exposure: 'record',
    name: title,
    ...optional('enabled', booleanIn(record, 'enabled')),
    ...optional('createdAt', instantIn(record, 'created_at')),
    ...optional('lastUsedAt', instantIn(record, 'last_used')),
    attributes: {
      readOnly: member(record, 'read_only') === true,
      ...optional('repository', scope === '' ? undefined : scope),
      ...optional('addedBy', addedBy),
      ...optional('verified', booleanIn(record, 'verified')),
    },
    provenance,
  }
}

const booleanIn = (record: UntrustedRecord, key: string): boolean | undefined => {
  const value = member(record, key)
  return typeof value === 'boolean' ? value : undefined
}

const SECRET_KEYS = new Set(['name', 'created_at', 'updated_at', 'visibility', 'selected_repositories_url'])

/** A secret's record has a name and two dates and little else; the endpoint may say that it is one. */
export function isSecretRecord(record: UntrustedRecord, endpoint: string): boolean {
  const name = textIn(record, 'name')
  if (name === undefined || instantIn(record, 'updated_at') === undefined) return false
  if (!Object.keys(record).every((key) => SECRET_KEYS.has(key))) return false
  return /secret/.test(endpoint) || /^[A-Z_][A-Z0-9_]*$/.test(name)
}

function storeOf(endpoint: string, record: UntrustedRecord): string {
  const said = `${endpoint} ${textIn(record, 'selected_repositories_url') ?? ''}`.slice(0, 2000)
  const environment = /\/environments\/([^/\s]{1,200})\/secrets/.exec(said)?.[1]
  if (environment !== undefined) return `environment/${environment}`
  if (/dependabot/.test(said)) return 'dependabot'
  return /codespaces/.test(said) ? 'codespaces' : 'actions'
}

export function* readSecret(item: ExportItem): Generator<Observation> {
  const { record, scope } = item
  const name = (textIn(record, 'name') ?? '').toUpperCase()
  const store = storeOf(item.endpoint, record)
  const known =
    scope === ''
      ? undefined
      : store === 'actions'
        ? credentialRef.githubSecret(name, scope)
        : ref('github', `${store}-secret/${name}`, scope)
  const environment = store.startsWith('environment/') ? store.slice('environment/'.length) : undefined
  yield {
    type: 'credential',
    ...optional('ref', known),
    credentialType: 'ci_secret',
    exposure: 'record',
    name,
    ...optional('createdAt', instantIn(record, 'created_at')),
    ...optional('lastRotatedAt', instantIn(record, 'updated_at')),
    ...(environment === undefined
      ? {}
      : { environment: { value: environment, reason: 'a secret of this deployment environment' } }),
    attributes: { store, ...optional('visibility', textIn(record, 'visibility')), scope },
    provenance: at(item, `${store} secret ${name}`),
  }
}

export const isTokenGrant = (record: UntrustedRecord): boolean =>
  member(record, 'token_id') !== undefined && loginOf(member(record, 'owner')) !== undefined

/** A fine-grained token that may reach the organisation, or asks to. It acts as its owner. */
export function* readTokenGrant(item: ExportItem): Generator<Observation> {
  const { record, scope } = item
  const login = loginOf(member(record, 'owner')) ?? ''
  const id = textIn(record, 'token_id') ?? ''
  const name = textIn(record, 'token_name') ?? `token ${id}`
  const provenance = at(item, `token grant ${name}`)
  const granted = instantIn(record, 'access_granted_at')
  const permissions = member(record, 'permissions')
  const scopes = isRecord(permissions)
    ? Object.assign({}, ...['organization', 'repository', 'other'].map((kind) => wordMap(member(permissions, kind))))
    : {}
  yield userMention(login, provenance)
  yield {
    type: 'credential',
    ref: ref('github', `token/${id}`),
    credentialType: 'api_token',
    exposure: 'record',
    principal: userRef(login),
    name,
    enabled: member(record, 'token_expired') !== true,
    // the token itself is at least as old as the grant
    ...optional('createdAt', granted ?? instantIn(record, 'created_at')),
    ...optional('lastUsedAt', instantIn(record, 'token_last_used_at')),
    ...optional('expiresAt', instantIn(record, 'token_expires_at')),
    attributes: {
      fineGrained: true,
      granted: granted !== undefined,
      permissions: scopes as Record<string, string>,
      ...optional('repositorySelection', textIn(record, 'repository_selection')),
      ...optional('organization', scope === '' ? undefined : scope),
    },
    provenance,
  }
  if (granted === undefined) return
  const reach = reachOf(scope, textIn(record, 'repository_selection'))
  yield* permissionFacts(userRef(login), scopes as Record<string, string>, reach, `token ${name}`, provenance)
}

export const isAlert = (record: UntrustedRecord): boolean =>
  textIn(record, 'secret_type') !== undefined &&
  member(record, 'number') !== undefined &&
  textIn(record, 'state') !== undefined

/** SECURITY: `secret` is the leaked value itself; only its fingerprint leaves. */
export function* readAlert(item: ExportItem, context: ReadContext): Generator<Observation> {
  const { record, scope } = item
  const number = textIn(record, 'number') ?? ''
  const type = textIn(record, 'secret_type') ?? ''
  const open = textIn(record, 'state') === 'open'
  const value = textIn(record, 'secret')
  const real = value !== undefined && !isPlaceholder(value) && !/x{8,}|\*{4,}/i.test(value)
  const resolution = textIn(record, 'resolution')
  const dead = textIn(record, 'validity') === 'inactive' || resolution === 'revoked'
  yield {
    type: 'credential',
    ...optional('ref', scope === '' ? undefined : ref('github', `secret-scanning/${number}`, scope)),
    credentialType: /private_key/.test(type) ? 'private_key' : 'api_token',
    exposure: real && open ? 'embedded' : 'record',
    ...(real ? { fingerprint: context.fingerprint(value), ...optional('hint', context.hint(value)) } : {}),
    name: type,
    rule: `secret-scanning:${type}`,
    confidence: open ? (textIn(record, 'validity') === 'active' ? 1 : 0.9) : 0.2,
    ...(dead ? { enabled: false } : {}),
    ...optional('createdAt', instantIn(record, 'created_at')),
    attributes: {
      alert: Number(number),
      alertState: open ? 'open' : 'resolved',
      ...optional('resolution', resolution),
      ...optional('validity', textIn(record, 'validity')),
      ...optional('publiclyLeaked', booleanIn(record, 'publicly_leaked')),
      ...optional('pushProtectionBypassed', booleanIn(record, 'push_protection_bypassed')),
      ...optional('repository', scope === '' ? undefined : scope),
    },
    provenance: at(item, `secret-scanning alert ${number}`, 'secret'),
  }
}

export const isTokenResponse = (record: UntrustedRecord): boolean =>
  textIn(record, 'token') !== undefined &&
  (instantIn(record, 'expires_at') !== undefined || textIn(record, 'hashed_token') !== undefined)

/** Members of API responses that hold a secret in the clear. */
const VALUE_KEYS: Readonly<Record<string, CredentialFact['credentialType']>> = {
  token: 'api_token',
  temp_clone_token: 'api_token',
  client_secret: 'oauth_client_secret',
  webhook_secret: 'webhook_secret',
  pem: 'private_key',
  encoded_jit_config: 'api_token',
}
const PREFIX = /^(?:gh[pousr]_|github_pat_)/

/** Tokens and keys that a saved response itself carries: whoever reads the file has them. */
export function* embeddedInResponse(
  file: UntrustedFile,
  document: ParsedDocument,
  context: ReadContext,
): Generator<Observation> {
  for (const { text, node, key } of stringsBelow(document.value)) {
    const type = typeof key === 'string' && Object.hasOwn(VALUE_KEYS, key) ? VALUE_KEYS[key] : undefined
    if (type === undefined || text.length < 12 || isPlaceholder(text) || /\s/.test(text.slice(0, 20).trim())) continue
    const prefix = PREFIX.exec(text)?.[0] ?? ''
    const record = node as UntrustedRecord
    const attributes: Record<string, Json> = { permissions: wordMap(member(record, 'permissions')) }
    yield {
      type: 'credential',
      credentialType: type,
      exposure: 'embedded',
      fingerprint: context.fingerprint(text),
      ...optional('hint', context.hint(text, prefix)),
      name: String(key),
      rule: 'github-api-response',
      confidence: prefix === '' ? 0.8 : 0.95,
      ...optional('createdAt', instantIn(record, 'created_at')),
      ...optional('expiresAt', instantIn(record, 'expires_at')),
      attributes,
      provenance: placeOf('github', file, document, node, `response ${key}`, key),
    }
  }
}
