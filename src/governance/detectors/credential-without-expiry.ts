// NHI7: a credential is on record without an end, although its system can set one.
import { CREDENTIAL_TYPES } from '#kernel'
import type { CredentialType } from '#kernel'
import type { Detector } from '../detector.ts'
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

/** Types whose systems let one choose an end. AWS access keys cannot have one: their age is judged instead. */
const CAN_EXPIRE: ReadonlySet<CredentialType> = new Set(['oauth_client_secret', 'api_token'])

export const credentialWithoutExpiry: Detector = {
  id: 'credential-without-expiry',
  title: 'a credential never expires, although its system can set an end',
  severityRule: 'medium; high from privilege tier high',
  owasp: ['NHI7:2025'],
  controls: ['PR.AA-01'],
  needs: "a system's own record of tokens or client secrets with their days",
  blindSpot: 'a token in code does not say when it ends, so only records are judged',
  remediation: 'Replace it by one that expires within the rotation limit of its type, and renew it with an overlap.',
  *onCredential(credential, estate) {
    const { type, expiresAt, createdAt, enabled, attributes } = credential
    const record = recordOf(credential)
    if (record === undefined || !CAN_EXPIRE.has(type) || expiresAt !== undefined || enabled === false) return
    // an export that leaves the days out says nothing about the end
    if (attributes['neverExpires'] !== true && createdAt === undefined) return
    if (attributes['neverExpires'] === false) return
    const tier = tierOf(credential, estate)
    const holder = holderOf(credential, estate)
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: credentialKey(credential),
      severity: isPrivileged(tier) ? 'high' : 'medium',
      severityReasons: [
        'whoever has it can use it for ever',
        ...(isPrivileged(tier) ? [`privilege tier ${tier}`] : []),
      ],
      title: `${CREDENTIAL_TYPES[type].title} ${called(credential, holder?.principal)} never expires`,
      locations: [placeOf(record)],
      evidence: { createdAt: createdAt ?? null, expiresAt: null },
    }
  },
}
