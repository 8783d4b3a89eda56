// NHI7: a certificate with which something authenticates has expired, or is due to be renewed.
import { daysBetween } from '#kernel'
import type { Instant } from '#kernel'
import { certificatesOf } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import type { Detector } from '../detector.ts'
import type { Severity } from '../finding.ts'
import { holderOf, placeOf, subjectOf } from '../subject.ts'

const RECENTLY_DAYS = 90
const LONG_AGO_DAYS = 365

export const certificateExpiredOrDue: Detector = {
  id: 'certificate-expired-or-due',
  title: 'a certificate has expired or is due for renewal',
  severityRule: `high when it expired within ${RECENTLY_DAYS} days or has at most 14 days or a tenth of its life left, medium when it expired within a year or has at most 30 days left, low when it expired earlier, is past two thirds of its life, or lies among tests, examples or documents`,
  owasp: ['NHI7:2025'],
  controls: ['PR.AA-01', 'ID.AM-08'],
  needs: 'certificate files (PEM, DER, PKCS#7) of machines and workloads',
  blindSpot:
    'whether the file is what a server still presents is not known; a certificate that a newer one of the same name and key or subject replaces is not judged, and neither are those of authorities',
  remediation:
    'Issue a new certificate with a new key and deploy it before the old one ends; let an ACME or SPIFFE client renew at two thirds of the life. Remove the file if nothing uses it any more.',
  *onCredential(credential, estate) {
    const [certificate] = certificatesOf(credential)
    const holder = holderOf(credential, estate)
    if (certificate === undefined || certificate.ca || holder === undefined) return
    const { principal, credentials } = holder
    if (principal.kind === 'human' || principal.system !== 'x509') return
    const newer = credentials
      .filter(({ id }) => id !== credential.id)
      .some((other) => certificatesOf(other).some(({ notAfter }) => notAfter > certificate.notAfter))
    const judged = judge(certificate, estate.asOf)
    if (newer || judged === undefined) return
    yield {
      subject: { ...subjectOf(principal), credentialId: credential.id },
      severity: certificate.rehearsal ? 'low' : judged.severity,
      severityReasons: [
        ...(certificate.rehearsal ? ['it lies among tests, examples or documents'] : []),
        judged.reason,
      ],
      title: `the certificate of ${principal.name} ${judged.what}`,
      locations: credential.sightings.filter(({ exposure }) => exposure === 'public').map(placeOf),
      evidence: {
        subject: certificate.subject,
        issuer: certificate.issuer,
        notBefore: certificate.notBefore,
        notAfter: certificate.notAfter,
      },
    }
  },
}

interface Judged {
  readonly severity: Severity
  readonly reason: string
  readonly what: string
}

function judge({ notBefore, notAfter }: Certificate, asOf: Instant): Judged | undefined {
  const left = daysBetween(asOf, notAfter)
  const day = notAfter.slice(0, 10)
  if (notAfter <= asOf) {
    const ago = daysBetween(notAfter, asOf)
    const recent = ago <= RECENTLY_DAYS
    return {
      severity: recent ? 'high' : ago <= LONG_AGO_DAYS ? 'medium' : 'low',
      reason: recent
        ? `it expired ${ago} days ago: what checks it fails, what does not check it is no protection`
        : `it expired ${ago} days ago: either nothing uses it, or what uses it does not check it`,
      what: `expired on ${day}`,
    }
  }
  const life = Date.parse(notAfter) - Date.parse(notBefore)
  const lived = Date.parse(asOf) - Date.parse(notBefore)
  if (life <= 0 || lived * 3 < life * 2) return undefined
  const soon = left <= 14 || (Date.parse(notAfter) - Date.parse(asOf)) * 10 <= life
  return {
    severity: soon ? 'high' : left <= 30 ? 'medium' : 'low',
    reason: `${left} days of ${daysBetween(notBefore, notAfter)} are left`,
    what: `is past two thirds of its life and ends on ${day}`,
  }
}
