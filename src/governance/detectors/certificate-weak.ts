// NHI4: a certificate whose key or signature can be forged.
import { certificatesOf } from '../certificate.ts'
import type { Certificate } from '../certificate.ts'
import { wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import { called, holderOf, placeOf, subjectOfCredential } from '../subject.ts'
import { weakKey } from '../weak-key.ts'

const BROKEN_SIGNATURE = /md[245]/i
const WEAK_SIGNATURE = /sha-?1(?!\d)|^dsaWithSHA$/i

export const certificateWeak: Detector = {
  id: 'certificate-weak',
  title: 'a certificate has a weak key or signature',
  severityRule:
    'high for an MD5 signature or an RSA key below 1024 bits, else medium; low among tests, examples or documents',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03', 'PR.DS-02'],
  needs: 'certificate files',
  blindSpot:
    'the signature of a root is not judged, since a root is trusted as it is; neither are expired certificates',
  remediation:
    'Issue it anew with an ECDSA P-256 or Ed25519 key (or RSA of at least 2048 bits) and a SHA-256 signature, and replace the old one everywhere.',
  *onCredential(credential, estate) {
    const [certificate] = certificatesOf(credential)
    if (certificate === undefined || certificate.notAfter <= estate.asOf) return
    const reasons = [weakKey(credential.attributes), weakSignature(certificate)].filter(
      (reason) => reason !== undefined,
    )
    if (reasons.length === 0) return
    const grave = reasons.some(({ grave: isGrave }) => isGrave)
    const holder = holderOf(credential, estate)
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: certificate.subject,
      severity: certificate.rehearsal ? 'low' : grave ? 'high' : 'medium',
      severityReasons: [
        ...(certificate.rehearsal ? ['it lies among tests, examples or documents'] : []),
        ...reasons.map(({ text }) => text),
      ],
      title: `the certificate ${called(credential, holder?.principal)} is weak: ${reasons.map(({ text }) => text).join(', ')}`,
      locations: credential.sightings.filter(({ exposure }) => exposure === 'public').map(placeOf),
      evidence: {
        subject: certificate.subject,
        issuer: certificate.issuer,
        keyType: wordOf(credential.attributes, 'keyType') ?? null,
        keyBits: credential.attributes['keyBits'] ?? null,
        signatureAlgorithm: certificate.signatureAlgorithm,
      },
    }
  },
}

function weakSignature({ signatureAlgorithm, selfSigned }: Certificate): { text: string; grave: boolean } | undefined {
  if (selfSigned) return undefined
  if (BROKEN_SIGNATURE.test(signatureAlgorithm)) return { text: `signed with ${signatureAlgorithm}`, grave: true }
  return WEAK_SIGNATURE.test(signatureAlgorithm)
    ? { text: `signed with ${signatureAlgorithm}`, grave: false }
    : undefined
}
