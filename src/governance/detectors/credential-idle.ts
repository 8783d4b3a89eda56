// NHI1: by the system's own record of use, nobody has used the credential for a long time. Where there is no record of
// use there is no finding: unknown is not unused.
import { CREDENTIAL_TYPES, daysBetween } from '#kernel'
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

const DAYS_MAX = 90

export const credentialIdle: Detector = {
  id: 'credential-idle',
  title: 'a credential was last used long ago',
  severityRule: 'low; medium from privilege tier high',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'ID.AM-08'],
  needs: "a system's own record of the last use",
  blindSpot:
    'a record says what its system saw until it was written; a yearly job looks idle, and one that was never used at all is not reported',
  remediation: 'Ask the owner, disable it (do not delete it), wait for one period of its rarest job, then delete it.',
  *onCredential(credential, estate) {
    const { lastUsedAt, enabled, expiresAt, type } = credential
    const record = recordOf(credential)
    if (lastUsedAt === undefined || record === undefined || enabled === false) return
    if (expiresAt !== undefined && expiresAt <= estate.asOf) return
    const holder = holderOf(credential, estate)
    if (type === 'console_password' && holder?.principal.kind === 'human') return
    // use after the record was written is unknown, so the record's own day counts where it states one
    const until = record.at !== undefined && record.at < estate.asOf ? record.at : estate.asOf
    const days = daysBetween(lastUsedAt, until)
    if (days <= DAYS_MAX) return
    const tier = tierOf(credential, estate)
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: credentialKey(credential),
      severity: isPrivileged(tier) ? 'medium' : 'low',
      severityReasons: [
        `${days} days without use`,
        ...(isPrivileged(tier) ? [`privilege tier ${tier}`] : ['it can still be used by whoever finds it']),
      ],
      title: `${CREDENTIAL_TYPES[type].title} ${called(credential, holder?.principal)} is not used since ${lastUsedAt.slice(0, 10)} according to ${record.file}`,
      locations: [placeOf(record)],
      // the day, not the instant: two scans of one day say the same
      evidence: { lastUsedAt, until: until.slice(0, 10), days, according: record.file },
    }
  },
}
