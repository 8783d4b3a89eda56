// Stores that a password locks: PKCS#12 files and Java keystores. What they are can be said; what is in them cannot.
import type { CredentialFact, Observation, Provenance } from '#kernel'
import { childrenOf, hexOf, INTEGER, readDer, SEQUENCE } from './der.ts'

const MAGIC: Readonly<Record<string, string>> = {
  feedfeed: 'Java keystore (JKS)',
  cececece: 'Java keystore (JCEKS)',
}

/** What kind of store these bytes are, in words; `undefined` when they are none. */
export function storeKind(bytes: Uint8Array): string | undefined {
  const magic = MAGIC[hexOf(bytes.subarray(0, 4))]
  if (magic !== undefined) return magic
  const outer = readDer(bytes)
  if (outer?.tag !== SEQUENCE) return undefined
  // PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData OPTIONAL } (RFC 7292 §4)
  const [version, safe] = childrenOf(outer)
  const isPfx = version?.tag === INTEGER && hexOf(version.content) === '03' && safe?.tag === SEQUENCE
  return isPfx ? 'PKCS#12 store' : undefined
}

export function* lockedStoreFacts(kind: string, provenance: Provenance): Generator<Observation> {
  const fact: CredentialFact = {
    type: 'credential',
    credentialType: 'private_key',
    exposure: 'record',
    name: provenance.file.slice(provenance.file.lastIndexOf('/') + 1),
    rule: 'locked-key-store',
    attributes: { container: kind, encrypted: true },
    provenance,
  }
  yield fact
  yield {
    type: 'blind_spot',
    connector: provenance.connector,
    file: provenance.file,
    message: `a ${kind}: locked by a password, so its certificates and keys were not read; export the certificates as PEM to see them`,
  }
}
