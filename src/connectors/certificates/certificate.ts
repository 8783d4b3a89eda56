// One certificate as facts: the credential that it is, and the machine or workload that a leaf certificate names.
import { createHash, X509Certificate } from 'node:crypto'
import { credentialRef, parseInstant, ref } from '#kernel'
import type { CredentialFact, Instant, Json, Observation, PrincipalFact, PrincipalKind, Provenance } from '#kernel'
import { publicFactsOf } from '../private-key.ts'

export interface ReadCertificate {
  readonly x509: X509Certificate
  readonly sha256: string
  readonly subject: string
  readonly issuer: string
  readonly sans: readonly string[]
  readonly selfSigned: boolean
  readonly notBefore?: Instant
  readonly notAfter?: Instant
}

const SANS_MAX = 200

/** `undefined` when node's parser refuses it. Never throws. */
export function readCertificate(der: Uint8Array): ReadCertificate | undefined {
  try {
    const x509 = new X509Certificate(der)
    const notBefore = parseInstant(dateOf(x509.validFromDate))
    const notAfter = parseInstant(dateOf(x509.validToDate))
    return {
      x509,
      sha256: createHash('sha256').update(x509.raw).digest('hex'),
      subject: oneLine(x509.subject),
      issuer: oneLine(x509.issuer),
      sans: (x509.subjectAltName ?? '')
        .split(', ')
        .filter((name) => name !== '')
        .slice(0, SANS_MAX),
      selfSigned: x509.subject === x509.issuer && x509.checkIssued(x509),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
    }
  } catch {
    return undefined
  }
}

const dateOf = (date: Date): string | undefined => (Number.isNaN(date.getTime()) ? undefined : date.toISOString())

/** `C=DE, O=Lint, CN=27 months`; node separates the parts by line breaks. */
const oneLine = (name: string | undefined): string => (name ?? '').split('\n').filter(Boolean).join(', ').slice(0, 1000)

/** `chain` is everything that was read from the same file, in file order. */
export function* certificateFacts(
  certificate: ReadCertificate,
  provenance: Provenance,
  chain: { readonly index: number; readonly all: readonly ReadCertificate[] },
): Generator<Observation> {
  const at = { ...provenance, object: certificate.subject || certificate.sha256 }
  const principal = certificate.x509.ca ? undefined : principalOf(certificate, at)
  if (principal !== undefined) yield principal
  yield credentialOf(certificate, at, chain, principal)
}

const REHEARSAL =
  /(?:^|[/_.-])(?:tests?|testing|testdata|certdata|specs?|mocks?|fixtures?|examples?|docs?)(?:[/_.-]|$)/i

const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'

/** A leaf certificate names who may authenticate with it. An authority's does not: it vouches for others. */
function principalOf(certificate: ReadCertificate, provenance: Provenance): PrincipalFact | undefined {
  const { subject, sans } = certificate
  const spiffe = sans.find((name) => name.startsWith('URI:spiffe://'))?.slice('URI:'.length)
  const externalId = spiffe ?? (subject === '' ? sans[0] : subject)
  if (externalId === undefined) return undefined
  return {
    type: 'principal',
    ref: ref('x509', spiffe ?? `subject/${externalId}`),
    kind: spiffe === undefined ? kindOf(certificate) : 'workload',
    nativeType: spiffe === undefined ? 'x509-subject' : 'spiffe-id',
    system: 'x509',
    externalId,
    name: spiffe ?? /(?:^|, )CN=((?:[^,]|,(?! ))+)/.exec(subject)?.[1] ?? externalId,
    attributes: { sans },
    // test data shows a certificate; nobody authenticates with it
    ...(REHEARSAL.test(provenance.file) ? { mentioned: true } : {}),
    provenance,
  }
}

/** A person's certificate is for mail and names an address and no machine. */
function kindOf({ x509, sans, subject }: ReadCertificate): PrincipalKind {
  const forMail = (x509.keyUsage ?? []).includes(EMAIL_PROTECTION)
  const namesMachine = sans.some((name) => /^(?:DNS|IP Address|URI):/.test(name))
  const namesAddress = sans.some((name) => name.startsWith('email:')) || /(?:^|, )emailAddress=/.test(subject)
  return forMail && namesAddress && !namesMachine ? 'human' : 'machine'
}

function credentialOf(
  certificate: ReadCertificate,
  provenance: Provenance,
  chain: { readonly index: number; readonly all: readonly ReadCertificate[] },
  principal: PrincipalFact | undefined,
): CredentialFact {
  const { x509, sha256, notBefore, notAfter } = certificate
  const key = publicKeyOf(x509)
  const issuedBy = chain.all.find((other) => other.sha256 !== sha256 && issued(other, certificate))
  const about = {
    sha256,
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: x509.serialNumber.toLowerCase(),
    sans: certificate.sans,
    notBefore: notBefore ?? null,
    notAfter: notAfter ?? null,
    signatureAlgorithm: x509.signatureAlgorithm ?? 'unknown',
    selfSigned: certificate.selfSigned,
    ca: x509.ca,
    extendedKeyUsage: x509.keyUsage ?? [],
    ...(issuedBy === undefined ? {} : { issuedBy: issuedBy.sha256 }),
  } satisfies Json
  return {
    type: 'credential',
    ref: credentialRef.certificate(sha256),
    aliases: key.refs,
    credentialType: 'certificate',
    exposure: 'public',
    ...(principal === undefined ? {} : { principal: principal.ref }),
    name: principal?.name ?? (certificate.subject || sha256),
    ...(notBefore === undefined ? {} : { createdAt: notBefore }),
    ...(notAfter === undefined ? {} : { expiresAt: notAfter }),
    attributes: {
      ...about,
      ...(key.keyType === undefined ? {} : { keyType: key.keyType }),
      ...(key.keyBits === undefined ? {} : { keyBits: key.keyBits }),
      ...(chain.all.length > 1 ? { chainIndex: chain.index } : {}),
      // several certificates of one key become one record: each keeps its own facts under its own name
      [`certificate:${sha256.slice(0, 16)}`]: {
        ...about,
        ...(REHEARSAL.test(provenance.file) ? { rehearsal: true } : {}),
      },
    },
    provenance,
  }
}

function issued(authority: ReadCertificate, certificate: ReadCertificate): boolean {
  if (authority.subject !== certificate.issuer) return false
  try {
    return certificate.x509.checkIssued(authority.x509)
  } catch {
    return false
  }
}

/** A certificate whose key node cannot use is still a certificate. */
function publicKeyOf(x509: X509Certificate): ReturnType<typeof publicFactsOf> {
  try {
    return publicFactsOf(x509.publicKey)
  } catch {
    return { refs: [] }
  }
}
