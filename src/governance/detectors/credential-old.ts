// NHI7: a long-lived credential is older than its rotation limit, by the system's own record.
import { CREDENTIAL_TYPES, daysBetween } from '#kernel'
import type { CredentialType, Instant } from '#kernel'
import type { Credential } from '#identity'
import type { Detector } from '../detector.ts'
import type { GovernanceSettings } from '../dossier.ts'
import {
  called,
  credentialKey,
  holderOf,
  isPrivileged,
  placeOf,
  recordOf,
  subjectOfCredential,
  tierOf,
} from '../subject.ts'

/** Made once and never changed after: the day of creation is the day of the last rotation. Others need their own date. */
const AS_CREATED: ReadonlySet<CredentialType> = new Set([
  'aws_access_key',
  'api_token',
  'oauth_client_secret',
  'deploy_key',
  'ssh_public_key',
])
/** Certificates have an end of their own; a private key's age is its certificate's or its public half's. */
const NOT_ROTATED: ReadonlySet<CredentialType> = new Set(['certificate', 'private_key', 'encryption_key'])

export const credentialOld: Detector = {
  id: 'credential-old',
  title: 'a long-lived credential was not rotated in time',
  severityRule:
    'medium; high from privilege tier high, whose limit is half as long; low while the limit is passed by less than a fifth',
  owasp: ['NHI7:2025'],
  controls: ['PR.AA-01'],
  needs: "a system's own record with the day of creation or rotation",
  blindSpot: 'whether a rotation on record changed the value that the target accepts is not in the inputs',
  remediation:
    'Make a second credential, give it to the consumer, wait until the old one is unused, then delete the old one; better, replace it by a federated identity without a secret.',
  *onCredential(credential, estate) {
    const record = recordOf(credential)
    const since = lastChanged(credential)
    if (record === undefined || since === undefined || isOver(credential, estate.asOf)) return
    const holder = holderOf(credential, estate)
    const password = credential.type === 'console_password' || credential.type === 'password'
    if (password && holder?.principal.kind === 'human') return
    const tier = tierOf(credential, estate)
    const days = daysBetween(since, estate.asOf)
    const limit = limitFor(credential.type, isPrivileged(tier), estate.settings)
    if (limit === undefined || days <= limit) return
    const late = days > limit * 1.2
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: credentialKey(credential),
      severity: !late ? 'low' : isPrivileged(tier) ? 'high' : 'medium',
      severityReasons: [
        `${days} days old, the limit is ${limit}`,
        ...(isPrivileged(tier) ? [`privilege tier ${tier} halves the limit`] : []),
      ],
      title: `${CREDENTIAL_TYPES[credential.type].title} ${called(credential, holder?.principal)} was not rotated for ${days} days`,
      locations: [placeOf(record)],
      evidence: { since, days, limitDays: limit, tier },
    }
  },
}

function lastChanged({ type, createdAt, lastRotatedAt }: Credential): Instant | undefined {
  if (!CREDENTIAL_TYPES[type].longLived || NOT_ROTATED.has(type)) return undefined
  if (lastRotatedAt !== undefined) return lastRotatedAt
  return AS_CREATED.has(type) ? createdAt : undefined
}

const isOver = ({ enabled, expiresAt }: Credential, asOf: Instant): boolean =>
  enabled === false || (expiresAt !== undefined && expiresAt <= asOf)

function limitFor(type: CredentialType, privileged: boolean, settings: GovernanceSettings): number | undefined {
  const set = Object.hasOwn(settings.rotateWithinDays, type) ? settings.rotateWithinDays[type] : undefined
  const days = set ?? CREDENTIAL_TYPES[type].rotateWithinDays
  return privileged ? Math.ceil(days / 2) : days
}
