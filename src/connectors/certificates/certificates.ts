// X.509 certificates and private keys from PEM, DER, PKCS#7 and recognised, locked stores. One certificate that does not
// parse costs itself, not its bundle.
import type { Observation, Provenance } from '#kernel'
import { pemBlocks, pemBytes } from '../pem.ts'
import type { PemBlock } from '../pem.ts'
import type { Connector, ReadContext, UntrustedFile } from '../port.ts'
import { isPrivateKeyLabel } from '../private-key.ts'
import { certificateFacts, readCertificate } from './certificate.ts'
import type { ReadCertificate } from './certificate.ts'
import { firstSequence } from './der.ts'
import { certificatesOfPkcs7 } from './pkcs7.ts'
import { derPrivateKeyFacts, privateKeyFacts } from './private-keys.ts'
import { lockedStoreFacts, storeKind } from './stores.ts'

const NAMED =
  /\.(?:pem|crt|cer|cert|der|key|p7b|p7c|p7s|p8|pk8|p12|pfx|jks|jceks|bks|keystore|truststore|ca-bundle|bundle|chain|ovpn)$/i
const WITHOUT_EXTENSION =
  /(?:^|\/)\.?(?!(?:README|CHANGES|CHANGELOG|NEWS|LICEN[CS]E|COPYING|NOTICE|TODO|Makefile|Dockerfile)$)[^/.]+$/i
const HEAD = 262_144
const BEGIN = /^[ \t]*-----BEGIN (?:(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|CMS|(?:[A-Z0-9]+ ){0,2}PRIVATE KEY)-----/m

export const certificates: Connector = {
  id: 'certificates',
  title: 'X.509 certificates and private keys',
  reads: 'PEM (certificates, chains, private keys), DER, PKCS#7; PKCS#12 and Java keystores are recognised, not opened',
  verbs: ['discover'],
  blindSpots: [
    'revocation is not checked: no network is used',
    'what lies in PKCS#12 files and Java keystores is locked by a password',
    'which server really presents a certificate is not known, only where its file lies',
  ],
  accepts: (file) => (looksLikeDer(file) ? NAMED.test(file.path) : isPemFile(file)),
  *discover(file, context): Generator<Observation> {
    if (looksLikeDer(file)) yield* discoverDer(file, context)
    else yield* discoverPem(file, context)
  },
}

const looksLikeDer = (file: UntrustedFile): boolean =>
  file.bytes[0] === 0x30 ? file.binary || !file.validText : storeKind(file.bytes) !== undefined

const isPemFile = (file: UntrustedFile): boolean =>
  !file.binary && (NAMED.test(file.path) || WITHOUT_EXTENSION.test(file.path)) && BEGIN.test(file.text().slice(0, HEAD))

function* discoverPem(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const read: { certificate: ReadCertificate; provenance: Provenance }[] = []
  for (const block of pemBlocks(file.text())) {
    const provenance = {
      connector: 'certificates',
      file: file.path,
      startLine: block.startLine,
      endLine: block.endLine,
    }
    if (isPrivateKeyLabel(block.label)) {
      // OpenSSH's own form is the openssh connector's
      if (block.label !== 'OPENSSH PRIVATE KEY') yield* privateKeyFacts(block, provenance, context)
      continue
    }
    const found = certificatesIn(block)
    if (found === undefined) continue
    for (const bytes of found) {
      const certificate = readCertificate(bytes)
      if (certificate === undefined) yield refused(provenance)
      else read.push({ certificate, provenance })
    }
    if (found.length === 0) yield refused(provenance)
  }
  yield* chainFacts(read)
}

/** The DER certificates of a block; `undefined` for a block of another kind (a request, a revocation list). */
function certificatesIn(block: PemBlock): readonly Uint8Array[] | undefined {
  if (block.label === 'PKCS7' || block.label === 'CMS') {
    const bytes = pemBytes(block)
    return bytes === undefined ? [] : certificatesOfPkcs7(bytes)
  }
  if (!/^(?:X509 |TRUSTED )?CERTIFICATE$/.test(block.label)) return undefined
  const bytes = pemBytes(block)
  if (bytes === undefined || !block.complete) return []
  // a TRUSTED CERTIFICATE has settings of OpenSSL behind it
  const cut = block.label === 'TRUSTED CERTIFICATE' ? firstSequence(bytes) : bytes
  return cut === undefined ? [] : [cut]
}

const refused = (at: Provenance): Observation => ({
  type: 'problem',
  ...at,
  message: 'this certificate does not parse: it is damaged or cut short; issue or export it again',
})

function* chainFacts(
  read: readonly { certificate: ReadCertificate; provenance: Provenance }[],
): Generator<Observation> {
  const all = read.map(({ certificate }) => certificate)
  for (const [index, { certificate, provenance }] of read.entries()) {
    yield* certificateFacts(certificate, provenance, { index, all })
  }
}

function* discoverDer(file: UntrustedFile, context: ReadContext): Generator<Observation> {
  const provenance = { connector: 'certificates', file: file.path }
  const certificate = readCertificate(file.bytes)
  if (certificate !== undefined) {
    yield* chainFacts([{ certificate, provenance }])
    return
  }
  const store = storeKind(file.bytes)
  if (store !== undefined) {
    yield* lockedStoreFacts(store, provenance)
    return
  }
  const bundle = certificatesOfPkcs7(file.bytes)
  if (bundle.length > 0) {
    const read = bundle.map((bytes) => readCertificate(bytes))
    yield* chainFacts(read.flatMap((one) => (one === undefined ? [] : { certificate: one, provenance })))
    for (const one of read) if (one === undefined) yield refused(provenance)
    return
  }
  const key = derPrivateKeyFacts(file, provenance, context)
  if (key !== undefined) yield key
  else if (/\.(?:crt|cer|cert|der|p7b|p7c)$/i.test(file.path)) yield refused({ ...provenance, startLine: 1 })
}
