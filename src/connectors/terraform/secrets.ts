// Every secret value that stands in a state file in plain: by what the state marks as sensitive, by what a type is known
// to hold, and by names that call for a secret.
import type { Observation, Provenance } from '#kernel'
import { embeddedSecret } from '../embedded-secret.ts'
import { isPlaceholder, isSecretEntry, passwordInUrl } from '../placeholder.ts'
import { isRecord, member, textIn } from '../untrusted-value.ts'
import { placeIn } from './reading.ts'
import type { Reading } from './reading.ts'
import type { StateOutput, StateResource } from './state.ts'

/** Attributes that hold a secret under a name that does not say so. `*` is every value of the map. */
const HOLDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    random_password: ['result'],
    tls_private_key: ['private_key_pem', 'private_key_openssh', 'private_key_pem_pkcs8'],
    aws_secretsmanager_secret_version: ['secret_string', 'secret_binary'],
    google_secret_manager_secret_version: ['secret_data'],
    azurerm_key_vault_secret: ['value'],
    vault_approle_auth_backend_role_secret_id: ['secret_id'],
    vault_token: ['client_token'],
    vault_generic_secret: ['data_json', 'data.*'],
    kubernetes_secret: ['data.*', 'binary_data.*'],
    kubernetes_secret_v1: ['data.*', 'binary_data.*'],
    cloudflare_api_token: ['value'],
    datadog_api_key: ['key'],
    datadog_application_key: ['key'],
    github_actions_secret: ['plaintext_value'],
    github_actions_organization_secret: ['plaintext_value'],
    github_actions_environment_secret: ['plaintext_value'],
    mysql_user: ['plaintext_password'],
    heroku_app: ['all_config_vars.*'],
  }),
)

/** Read with their identity by a reader of their own. */
const READ_ELSEWHERE: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    aws_iam_access_key: ['secret', 'ses_smtp_password_v4'],
    aws_iam_user_login_profile: ['password'],
    google_service_account_key: ['private_key'],
    azuread_application_password: ['value'],
    azuread_service_principal_password: ['value'],
  }),
)

/** Secret-like by name, and not a secret. */
const NEVER =
  /(?:^|\.)(?:encrypted_|public_|id$|arn$|tags(?:_all)?\.|labels\.|.*(?:fingerprint|hash|checksum|thumbprint)$)/

interface Leaf {
  /** Dotted, from the attribute down. */
  readonly path: string
  /** The name that says what it is: the last key, or `name` beside a `value`. */
  readonly name: string
  readonly value: string
  readonly node: object
  readonly key: string | number
}

const DEPTH_MAX = 12
const LEAVES_MAX = 50_000
const JSON_TEXT_MAX = 500_000

/** Every string below `value`, also inside of JSON text. */
function* leavesOf(
  node: object,
  path: string,
  depth: number,
  at?: { node: object; key: string | number },
): Generator<Leaf> {
  if (depth > DEPTH_MAX) return
  const entries: Iterable<readonly [string | number, unknown]> = Array.isArray(node)
    ? node.entries()
    : Object.keys(node).map((key) => [key, member(node as Record<string, unknown>, key)] as const)
  for (const [key, value] of entries) {
    const below = path === '' ? String(key) : `${path}.${key}`
    const place = at ?? { node, key }
    if (typeof value === 'object' && value !== null) yield* leavesOf(value, below, depth + 1, at)
    else if (typeof value === 'string' && value !== '') {
      const named =
        !Array.isArray(node) && key === 'value' ? (textIn(node as Record<string, unknown>, 'name') ?? '') : ''
      yield { path: below, name: named === '' ? String(key) : named, value, ...place }
      const inner = jsonIn(value)
      if (inner !== undefined) yield* leavesOf(inner, below, depth + 1, place)
    }
  }
}

function jsonIn(value: string): object | undefined {
  if (!/^\s*[[{]/.test(value) || value.length > JSON_TEXT_MAX) return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

export function* resourceSecrets(resource: StateResource, reading: Reading): Generator<Observation> {
  const skip = READ_ELSEWHERE.get(resource.type) ?? []
  let count = 0
  for (const leaf of leavesOf(resource.attributes, '', 0)) {
    count += 1
    if (count > LEAVES_MAX) return
    const top = leaf.path.split('.')[0] ?? ''
    if (skip.includes(top) || NEVER.test(leaf.path)) continue
    const confidence = confidenceOf(resource, leaf, top)
    if (confidence === undefined) continue
    const provenance = { ...placeIn(reading, resource), ...lineOf(reading, leaf) }
    const name = `${resource.address}.${leaf.path}`
    yield embeddedSecret({ name, value: leaf.value, rule: 'terraform-state', confidence }, provenance, reading.context)
  }
}

function confidenceOf(resource: StateResource, leaf: Leaf, top: string): number | undefined {
  if (isPlaceholder(leaf.value)) return undefined
  const known = HOLDS.get(resource.type)
  if (
    known?.some((held) => held === leaf.path || (held.endsWith('.*') && leaf.path.startsWith(held.slice(0, -1)))) ===
    true
  )
    return 0.97
  if (isSecretEntry(leaf.name, leaf.value) && looksLikeValue(leaf.value)) return 0.9
  if (passwordInUrl(leaf.value) !== undefined) return 0.9
  return resource.sensitive.has(top) && looksLikeValue(leaf.value) && leaf.value.length >= 8 ? 0.75 : undefined
}

/** What stands under a secret's name and only points at it, or is a text of another kind. */
const looksLikeValue = (value: string): boolean =>
  !/^(?:arn:|https?:\/\/|projects\/|\/subscriptions\/|\{|\[|-----BEGIN (?:CERTIFICATE|PUBLIC|RSA PUBLIC))/.test(
    value,
  ) &&
  !/^\d{4}-\d{2}-\d{2}T/.test(value) &&
  !/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value)

const lineOf = (reading: Reading, leaf: Leaf): Pick<Provenance, 'startLine' | 'endLine'> => {
  const line = reading.document.line(leaf.node, leaf.key)
  return line === undefined ? {} : { startLine: line, endLine: line }
}

/** Outputs that are marked as sensitive stand in the file in plain all the same. */
export function* outputSecrets(output: StateOutput, reading: Reading): Generator<Observation> {
  const holder = { value: output.value }
  const leaves =
    isRecord(output.value) || Array.isArray(output.value) ? leavesOf(output.value, '', 0) : leavesOf(holder, '', 0)
  for (const leaf of leaves) {
    if (isPlaceholder(leaf.value) || !looksLikeValue(leaf.value)) continue
    const whole = leaf.node === holder
    const called = isSecretEntry(whole ? output.name : leaf.name, leaf.value)
    if (!called && !(output.sensitive && leaf.value.length >= 8) && passwordInUrl(leaf.value) === undefined) continue
    const line = whole ? reading.document.line(output.node, 'value') : reading.document.line(leaf.node, leaf.key)
    const provenance: Provenance = {
      connector: 'terraform',
      file: reading.file.path,
      object: `output.${output.name}`,
      ...(line === undefined ? {} : { startLine: line, endLine: line }),
    }
    const name = `output.${output.name}${whole ? '' : `.${leaf.path}`}`
    const confidence = called ? 0.9 : 0.75
    yield embeddedSecret({ name, value: leaf.value, rule: 'terraform-state', confidence }, provenance, reading.context)
  }
}
