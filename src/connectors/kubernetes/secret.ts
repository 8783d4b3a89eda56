// Secret objects: the record that one exists, and what its data holds. No value is yielded.
import { credentialRef, kubernetesRef, parseInstant } from '#kernel'
import type { Instant, Observation, Ref } from '#kernel'
import { isRecord, listOf, member, optional, textIn } from '../untrusted-value.ts'
import { environmentOf } from './describe.ts'
import { accessKeyAmong, credentialOf, sightedInSecret } from './embedded-value.ts'
import type { Sighted } from './embedded-value.ts'
import { isUsable } from './manifest.ts'
import type { Manifest } from './manifest.ts'
import { mentionServiceAccount, objectName, place } from './reading.ts'
import type { Reading } from './reading.ts'

const TOKEN_TYPE = 'kubernetes.io/service-account-token'
const KEY_NAME = /^[A-Za-z0-9._-]{1,253}$/

interface Entry {
  readonly key: string
  readonly value: string
  readonly node: object
}

export function* readSecret(reading: Reading, manifest: Manifest): Generator<Observation> {
  const { namespace, name } = manifest
  const provenance = place(reading, manifest, objectName(manifest))
  const credential = credentialRef.kubernetesSecret(namespace, name, reading.cluster)
  const secretType = textIn(manifest.value, 'type') ?? 'Opaque'
  const account = secretType === TOKEN_TYPE ? accountOf(manifest) : undefined
  const principal =
    account === undefined ? undefined : kubernetesRef.serviceAccount(namespace, account, reading.cluster)
  const entries = [...entriesOf(manifest)]
  if (account !== undefined) yield* mentionServiceAccount(reading, namespace, account, provenance)
  yield {
    type: 'credential',
    ref: credential,
    credentialType: secretType === TOKEN_TYPE ? 'service_account_token' : 'kubernetes_secret',
    exposure: 'record',
    ...optional('principal', principal),
    name,
    ...optional('createdAt', parseInstant(member(manifest.metadata, 'creationTimestamp'))),
    ...optional('lastRotatedAt', dataChangedAt(manifest)),
    ...optional('environment', environmentOf(manifest, '')),
    attributes: {
      namespace,
      ...(manifest.namespaceDefaulted ? { namespaceDefaulted: true } : {}),
      secretType: isUsable(secretType) ? secretType : 'unknown',
      keys: entries.map((entry) => entry.key),
    },
    provenance,
  }
  if (!isSopsEncrypted(manifest)) yield* values(reading, manifest, { credential, secretType, principal }, entries)
}

function* values(
  reading: Reading,
  manifest: Manifest,
  of: { readonly credential: Ref; readonly secretType: string; readonly principal: Ref | undefined },
  entries: readonly Entry[],
): Generator<Observation> {
  const accessKey = accessKeyAmong(entries.map((entry) => entry.value))
  for (const { key, value, node } of entries) {
    const at = place(reading, manifest, `${objectName(manifest)}/${key}`, node, key)
    const attributes = { secret: `${manifest.namespace}/${manifest.name}` }
    if (of.secretType === TOKEN_TYPE) {
      const token: Sighted = {
        secret: value.trim(),
        credentialType: 'service_account_token',
        rule: 'kubernetes-service-account-token',
        confidence: 0.95,
      }
      if (key !== 'token' || value.trim().length < 40) continue
      yield credentialOf(reading, manifest.name, token, at, {
        ref: of.credential,
        ...optional('principal', of.principal),
        attributes,
      })
      continue
    }
    for (const { name, sighted } of sightedIn(key, value)) {
      const isKey = accessKey !== undefined && sighted.credentialType === 'aws_access_key'
      yield credentialOf(reading, name, sighted, at, { attributes, ...(isKey ? { ref: accessKey } : {}) })
    }
  }
}

function sightedIn(key: string, value: string): readonly { readonly name: string; readonly sighted: Sighted }[] {
  if (key === '.dockerconfigjson' || key === '.dockercfg') return registryPasswords(value)
  const sighted = sightedInSecret(key, value)
  return sighted === undefined ? [] : [{ name: key, sighted }]
}

/** Passwords of a container registry configuration: each registry with its `auth` (`user:password`) or `password`. */
function registryPasswords(text: string): readonly { readonly name: string; readonly sighted: Sighted }[] {
  const found: { name: string; sighted: Sighted }[] = []
  const parsed = parsedOr(text)
  const auths = isRecord(parsed) ? (member(parsed, 'auths') ?? parsed) : undefined
  if (!isRecord(auths)) return found
  for (const [registry, entry] of Object.entries(auths).slice(0, 100)) {
    if (!isRecord(entry)) continue
    const pair = textIn(entry, 'auth')
    const decoded = pair === undefined ? undefined : Buffer.from(pair, 'base64').toString('utf8')
    const password = textIn(entry, 'password') ?? decoded?.slice(decoded.indexOf(':') + 1)
    if (password === undefined || password.length < 4 || password.length > 10_000) continue
    const sighted: Sighted = {
      secret: password,
      credentialType: 'password',
      rule: 'kubernetes-registry-password',
      confidence: 0.9,
    }
    found.push({ name: /^[\w.:/-]{1,200}$/.test(registry) ? registry : 'registry', sighted })
  }
  return found
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `stringData` as written, `data` decoded from base64. What does not decode, or is not text, is left out. */
function* entriesOf(manifest: Manifest): Generator<Entry> {
  for (const [field, encoded] of [
    ['data', true],
    ['stringData', false],
  ] as const) {
    const node = member(manifest.value, field)
    if (!isRecord(node)) continue
    for (const [key, raw] of Object.entries(node)) {
      if (!KEY_NAME.test(key) || key === '__proto__') continue
      const value = typeof raw === 'string' ? (encoded ? fromBase64(raw) : raw) : ''
      yield { key, value, node }
    }
  }
}

function fromBase64(text: string): string {
  const bare = text.replaceAll(/\s/g, '')
  if (bare.length > 2_000_000 || bare.length % 4 === 1 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return ''
  const bytes = Buffer.from(bare, 'base64')
  return bytes.includes(0) ? '' : bytes.toString('utf8')
}

/** The account of a token secret: its annotation says. */
function accountOf(manifest: Manifest): string | undefined {
  const name = manifest.annotations['kubernetes.io/service-account.name']
  return name !== undefined && name !== '' && isUsable(name) ? name : undefined
}

const isSopsEncrypted = (manifest: Manifest): boolean => isRecord(member(manifest.value, 'sops'))

/** The last time that a manager wrote the data, by the API server's own record of who wrote which field. */
function dataChangedAt(manifest: Manifest): Instant | undefined {
  let last: Instant | undefined
  for (const entry of listOf(member(manifest.metadata, 'managedFields'))) {
    if (!isRecord(entry)) continue
    const fields = member(entry, 'fieldsV1')
    if (!isRecord(fields) || !isRecord(member(fields, 'f:data'))) continue
    const at = parseInstant(member(entry, 'time'))
    if (at !== undefined && (last === undefined || at > last)) last = at
  }
  return last
}
