// What kind of principal a role stands for, by who may take it on. The first rule that applies says it.
import type { PrincipalKind } from '#kernel'
import { issuerOf } from './trust.ts'
import type { TrustedParty } from './trust.ts'

export interface RoleKind {
  readonly kind: PrincipalKind
  readonly nativeType: string
  readonly reason: string
}

/** Issuers of tokens for pipeline runs. */
const PIPELINES =
  /(?:^|\.)(?:token\.actions\.githubusercontent\.com|gitlab\.com|agent\.buildkite\.com|api\.bitbucket\.org|oidc\.circleci\.com|app\.terraform\.io|vstoken\.dev\.azure\.com|oidc\.vercel\.com|app\.harness\.io)(?:\/|$)|gitlab/i

export function kindOfRole(path: string, parties: readonly TrustedParty[]): RoleKind {
  if (path.startsWith('/aws-service-role/'))
    return { kind: 'workload', nativeType: 'iam-service-linked-role', reason: 'AWS keeps it for one of its services' }
  if (path.startsWith('/aws-reserved/sso.amazonaws.com/'))
    return { kind: 'human', nativeType: 'iam-sso-role', reason: 'people take it through IAM Identity Center' }
  const of = (kind: PrincipalKind, reason: string): RoleKind => ({ kind, nativeType: 'iam-role', reason })
  const providers = parties.filter(({ kind }) => kind === 'oidc').map(({ text }) => issuerOf(text))
  if (providers.some((issuer) => PIPELINES.test(issuer))) return of('ci_pipeline', 'it trusts the tokens of a pipeline')
  if (parties.some(({ kind }) => kind === 'service')) return of('workload', 'it trusts an AWS service')
  if (
    providers.some((issuer) => /cognito-identity|accounts\.google\.com|graph\.facebook\.com|amazon\.com/.test(issuer))
  )
    return of('api_client', 'it trusts the users of an application')
  if (providers.length > 0) return of('workload', 'it trusts the tokens of an OIDC provider')
  if (parties.length > 0 && parties.every(({ kind }) => kind === 'saml'))
    return of('human', 'people take it through a SAML provider')
  return of('service_account', 'it trusts other principals')
}
