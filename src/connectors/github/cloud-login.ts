// How a job comes to act in a cloud: by its own OIDC token, or by a static key that somebody stored as a secret.
import { ref } from '#kernel'
import type { Json, PrincipalFact, Provenance, Ref, RelationFact } from '#kernel'
import { optional, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { secretsIn } from './expressions.ts'
import type { Step } from './job-steps.ts'

type Cloud = 'aws' | 'azure' | 'gcp'

export interface StaticKey {
  readonly provider: Cloud
  /** The input or variable that takes the key. */
  readonly input: string
  /** Name of the secret, or `literal` when the value stands in the file. */
  readonly secret: string
  readonly action: string
  readonly node: object
  readonly key: string
}

export interface Federation {
  readonly provider: Cloud
  readonly action: string
  /** Spelled out in the file; absent when a variable or secret holds it. */
  readonly target?: { readonly ref: Ref; readonly externalId: string; readonly nativeType: string }
  readonly audience?: string
  readonly node: object
}

const actionOf = (step: Step): string => (step.uses ?? '').split('@')[0]?.toLowerCase() ?? ''

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/
const GCP_ACCOUNT = /^[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}\.gserviceaccount\.com$/
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What a step exchanges the job's OIDC token for; `undefined` when it is no login, or one with a static key. */
export function federationOf(step: Step): Federation | undefined {
  const action = actionOf(step)
  const node = step.node
  if (action === 'aws-actions/configure-aws-credentials') {
    const role = step.input('role-to-assume')
    // with an access key given, that key assumes the role
    if (role === undefined || step.input('aws-access-key-id') !== undefined) return undefined
    const target = ROLE_ARN.test(role) ? { ref: ref('aws', role), externalId: role, nativeType: 'iam-role' } : undefined
    const audience = step.input('audience') ?? 'sts.amazonaws.com'
    return { provider: 'aws', action, ...optional('target', target), audience, node }
  }
  if (action === 'google-github-actions/auth') {
    if (step.input('workload_identity_provider') === undefined) return undefined
    const account = step.input('service_account')
    const target =
      account !== undefined && GCP_ACCOUNT.test(account)
        ? { ref: ref('gcp', account), externalId: account, nativeType: 'gcp-service-account' }
        : undefined
    return { provider: 'gcp', action, ...optional('target', target), node }
  }
  if (action === 'azure/login') {
    const client = step.input('client-id')
    if (client === undefined || step.input('creds') !== undefined) return undefined
    const target = UUID.test(client)
      ? {
          ref: ref('entra', `sp-app/${client.toLowerCase()}`),
          externalId: client.toLowerCase(),
          nativeType: 'servicePrincipal',
        }
      : undefined
    return { provider: 'azure', action, ...optional('target', target), node }
  }
  return undefined
}

/** The identity on the other side, as a mention, and the relation to it. */
export function federationFacts(
  job: Ref,
  federation: Federation,
  provenance: Provenance,
): readonly (PrincipalFact | RelationFact)[] {
  const { target, provider, action, audience } = federation
  if (target === undefined) return []
  const system = provider === 'azure' ? 'entra' : provider
  return [
    {
      type: 'principal',
      ref: target.ref,
      kind: 'service_account',
      nativeType: target.nativeType,
      system,
      externalId: target.externalId,
      name: target.externalId.slice(target.externalId.lastIndexOf('/') + 1),
      mentioned: true,
      provenance,
    },
    {
      type: 'relation',
      relation: 'federates_to',
      from: { ref: job },
      to: target.ref,
      attributes: { action, ...(audience === undefined ? {} : { audience }) },
      provenance,
    },
  ]
}

/** Inputs of login actions that take a static key, where a login without one exists. */
const KEY_INPUTS: readonly { readonly action: RegExp; readonly input: string; readonly provider: Cloud }[] = [
  { action: /^aws-actions\/configure-aws-credentials$/, input: 'aws-access-key-id', provider: 'aws' },
  { action: /^google-github-actions\/(?:auth|setup-gcloud)$/, input: 'credentials_json', provider: 'gcp' },
  { action: /^google-github-actions\/setup-gcloud$/, input: 'service_account_key', provider: 'gcp' },
  { action: /^azure\/login$/, input: 'creds', provider: 'azure' },
  { action: /^azure\/(?:webapps-deploy|functions-action)$/, input: 'publish-profile', provider: 'azure' },
]

/** Variables by which the clouds' own tools take a static key. */
const KEY_VARIABLES: Readonly<Record<string, Cloud>> = {
  AWS_SECRET_ACCESS_KEY: 'aws',
  GOOGLE_CREDENTIALS: 'gcp',
  GOOGLE_APPLICATION_CREDENTIALS_JSON: 'gcp',
  AZURE_CREDENTIALS: 'azure',
  AZURE_CLIENT_SECRET: 'azure',
  ARM_CLIENT_SECRET: 'azure',
}

export function* staticKeysOf(step: Step): Generator<StaticKey> {
  const action = actionOf(step)
  for (const rule of KEY_INPUTS) {
    if (!rule.action.test(action)) continue
    const value = step.input(rule.input)
    const secret = value === undefined ? undefined : keySource(value)
    if (secret !== undefined)
      yield { provider: rule.provider, input: rule.input, secret, action, node: step.inputs, key: rule.input }
  }
  yield* staticKeysInEnvironment(step.environment)
}

/** A session token beside the key shows that the key is a temporary one. */
export function* staticKeysInEnvironment(environment: UntrustedRecord): Generator<StaticKey> {
  if (Object.hasOwn(environment, 'AWS_SESSION_TOKEN')) return
  for (const [input, provider] of Object.entries(KEY_VARIABLES)) {
    const secret = secretsIn(textIn(environment, input) ?? '')[0]
    if (secret !== undefined) yield { provider, input, secret, action: 'env', node: environment, key: input }
  }
}

/** What another step has put out is a temporary key; a variable's content is unknown. */
function keySource(value: string): string | undefined {
  return secretsIn(value)[0] ?? (value.includes('${{') ? undefined : 'literal')
}

export const staticKeyAsJson = ({ provider, input, secret, action }: StaticKey, line: number | undefined): Json => ({
  provider,
  input,
  secret,
  action,
  line: line ?? null,
})
