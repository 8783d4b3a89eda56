// Secrets that a server is given: real values become fingerprints, names and placeholders become references.
import { credentialRef, ref } from '#kernel'
import type { ConsumerFact, CredentialFact, CredentialType, Provenance, Ref } from '#kernel'
import { isPlaceholder, isSecretName, passwordInUrl } from '../placeholder.ts'
import type { ReadContext } from '../port.ts'
import { optional } from '../untrusted-value.ts'
import type { Launch } from './launch.ts'
import { splitAssignment } from './server-entry.ts'
import type { Entry, ServerEntry } from './server-entry.ts'

/** Shapes that only real tokens have, whatever the variable is called; the group is the public part. */
const TOKEN =
  /^(ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|sk-ant-|sk-proj-|sk-or-|sk-|sk_live_|rk_live_|xox[abprs]-|xapp-|hf_|npm_|pypi-|dop_v1_|ntn_|secret_|lin_api_|tvly-|fc-|pplx-|gsk_|AIza|ya29\.|SG\.|ATATT3|figd_|apify_api_|BSA|eyJ)[\w.=+/-]{16,4000}$/

const PLAIN_KEY = /(?:^|[^a-z])(?:key|pat|jwt|cookie|auth|authorization|bearer)$/i
const PUBLIC_KEY = /(?:public|anon|publishable|primary|foreign|sort|partition|cache|config|idempotency)[_.-]?key$/i

/** A name that calls for a secret, also by the looser names that MCP clients use: `MCP_KEY`, `--key`, `Authorization`. */
function callsForSecret(name: string): boolean {
  return isSecretName(name) || (PLAIN_KEY.test(name) && !PUBLIC_KEY.test(name))
}

const EXAMPLE =
  /x{5,}|\.{3}|…|\*{3,}|_here$|^(?:my|test|demo|fake|dev|local|some|the|super)[-_ ]?(?:api|auth|access)?[-_ ]?(?:secret|key|token|password|pass)/i

/** A value that can be a live secret of that name. */
function isReal(name: string, value: string): boolean {
  const text = value.trim()
  if (isPlaceholder(text) || EXAMPLE.test(text.slice(0, 200)) || text.includes('${')) return false
  if (/^(?:https?|wss?|file):\/\//i.test(text) || /^-?\d{1,9}$/.test(text)) return false
  if (new Set(text.slice(0, 200)).size < 5) return false
  if (isSecretName(name)) return text.length >= (/pass|pwd/i.test(name) ? 4 : 8)
  return text.length >= 16 && !/\s/.test(text) && /\d/.test(text)
}

export interface ServerPlace {
  readonly server: Ref
  readonly externalId: string
  /** The line of an entry, or of the server itself. */
  at(node: object, key: string | number): Provenance
}

interface Sighting extends Entry {
  readonly rule: 'mcp-environment' | 'mcp-argument' | 'mcp-header' | 'mcp-url'
}

/** Credential and consumer facts, in the order of the entry. Each value once. */
export function* secretFacts(
  entry: ServerEntry,
  launch: Launch | undefined,
  place: ServerPlace,
  context: ReadContext,
): Generator<CredentialFact | ConsumerFact> {
  const seen = new Set<string>()
  const aws = entry.environment.find(
    ({ name, value }) => name === 'AWS_ACCESS_KEY_ID' && /^AKIA[A-Z2-7]{16}$/.test(value),
  )
  for (const sighting of sightingsIn(entry, launch)) {
    const real = realSecretIn(sighting)
    if (real !== undefined) {
      if (seen.has(real.value)) continue
      seen.add(real.value)
      yield* embedded(sighting, real, aws?.value, place, context)
    } else if (callsForSecret(sighting.name) && !seen.has(`name ${sighting.name}`)) {
      seen.add(`name ${sighting.name}`)
      yield* reference(sighting.name, place, place.at(sighting.node, sighting.key))
    }
  }
  for (const name of entry.passedVariables) yield* reference(name, place, place.at(entry.node, 'command'))
}

function* sightingsIn(entry: ServerEntry, launch: Launch | undefined): Generator<Sighting> {
  for (const item of entry.environment) yield { ...item, rule: 'mcp-environment' }
  yield* argumentSightings(entry, launch)
  for (const item of entry.headers) yield { ...headerOf(item, item.name, item.value), rule: 'mcp-header' }
  if (entry.url !== undefined) yield* urlSightings(entry.url, entry.url.value)
}

/** `--api-key X`, `--api-key=X`, `NAME=VALUE` of `env` and `-e`, `--header 'Authorization: Bearer X'`, addresses. */
function* argumentSightings(entry: ServerEntry, launch: Launch | undefined): Generator<Sighting> {
  const assignments = new Set(launch?.assignments)
  let flag = ''
  for (const item of entry.arguments) {
    const before = flag
    flag = ''
    const joined = /^--?([A-Za-z][\w-]{0,60})=(.*)$/s.exec(item.value)
    if (/^(?:header|H)$/.test(before)) {
      const colon = item.value.indexOf(':')
      if (colon > 0)
        yield { ...headerOf(item, item.value.slice(0, colon), item.value.slice(colon + 1)), rule: 'mcp-header' }
    } else if (assignments.has(item.value)) {
      const [name, value] = splitAssignment(item.value)
      if (name !== undefined) yield { ...item, name, value, rule: 'mcp-environment' }
    } else if (joined !== null) yield { ...item, name: joined[1] ?? '', value: joined[2] ?? '', rule: 'mcp-argument' }
    else if (/^--?[A-Za-z][\w-]{0,60}$/.test(item.value)) flag = item.value.replace(/^--?/, '')
    else if (item.value.includes('://')) yield* urlSightings(item, item.value)
    else yield { ...item, name: before, rule: 'mcp-argument' }
  }
}

/** The scheme of an `Authorization` header is no part of the secret. */
function headerOf(item: Entry, name: string, value: string): Entry {
  return { ...item, name: name.trim(), value: value.trim().replace(/^(?:Bearer|Basic|Token|ApiKey)\s+/i, '') }
}

const PATH_TOKEN = /^(?=.{24,200}$)(?=[^/]*\d)(?=[^/]*[a-z])(?=[^/]*[A-Z])[A-Za-z0-9_=-]+$/

function* urlSightings(item: Entry, url: string): Generator<Sighting> {
  const parsed = URL.parse(url)
  yield { ...item, name: 'url', value: url, rule: 'mcp-url' }
  if (parsed === null) return
  for (const [name, value] of parsed.searchParams) yield { ...item, name, value, rule: 'mcp-url' }
  const token = parsed.pathname.split('/').find((segment) => PATH_TOKEN.test(segment))
  if (token !== undefined) yield { ...item, name: 'url path token', value: token, rule: 'mcp-url' }
}

interface RealSecret {
  readonly value: string
  readonly type: CredentialType
  readonly prefix: string
  readonly confidence: number
}

function realSecretIn(sighting: Sighting): RealSecret | undefined {
  const value = sighting.value.trim()
  const inUrl = passwordInUrl(value)
  if (inUrl !== undefined && !EXAMPLE.test(inUrl.password))
    return { value: inUrl.password, type: 'connection_string', prefix: '', confidence: 0.9 }
  const prefix = TOKEN.exec(value)?.[1]
  if (prefix !== undefined && isReal('token', value))
    return { value, type: prefix === 'eyJ' ? 'jwt' : 'api_token', prefix, confidence: 0.95 }
  if (sighting.name === 'url path token') return { value, type: 'api_token', prefix: '', confidence: 0.6 }
  if (!callsForSecret(sighting.name) || !isReal(sighting.name, value)) return undefined
  return { value, type: typeOf(sighting.name, value), prefix: '', confidence: 0.85 }
}

function typeOf(name: string, value: string): CredentialType {
  if (value.includes('PRIVATE KEY-----')) return 'private_key'
  if (/^AWS_SECRET_ACCESS_KEY$/i.test(name)) return 'aws_access_key'
  if (/pass|pwd/i.test(name)) return 'password'
  return /client[_.-]?secret/i.test(name) ? 'oauth_client_secret' : 'api_token'
}

function* embedded(
  sighting: Sighting,
  real: RealSecret,
  awsKeyId: string | undefined,
  place: ServerPlace,
  context: ReadContext,
): Generator<CredentialFact | ConsumerFact> {
  const provenance = place.at(sighting.node, sighting.key)
  const fingerprint = context.fingerprint(real.value)
  const key =
    real.type === 'aws_access_key' && awsKeyId !== undefined ? credentialRef.awsAccessKey(awsKeyId) : undefined
  yield {
    type: 'credential',
    ...optional('ref', key),
    credentialType: real.type,
    exposure: 'embedded',
    fingerprint,
    ...optional('hint', context.hint(real.value, real.prefix)),
    name: sighting.name === '' ? 'argument' : sighting.name,
    rule: sighting.rule,
    confidence: real.confidence,
    provenance,
  }
  yield { type: 'consumer', principal: place.server, credential: { fingerprint }, provenance }
}

/** A secret that is handed over from somewhere else, known here by name only. */
export function* reference(
  name: string,
  place: Pick<ServerPlace, 'server' | 'externalId'>,
  provenance: Provenance,
  credentialType: CredentialType = 'api_token',
): Generator<CredentialFact | ConsumerFact> {
  const secret = ref('mcp', `secret/${place.externalId}/${name}`)
  yield { type: 'credential', ref: secret, credentialType, exposure: 'reference', name, provenance }
  yield { type: 'consumer', principal: place.server, credential: { ref: secret }, provenance }
}
