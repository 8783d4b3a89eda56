// The certificates of a PKCS#7 or CMS SignedData (RFC 5652 §5.1), the usual form of a `.p7b` bundle.
import { childrenOf, hexOf, OBJECT_IDENTIFIER, readDer, SEQUENCE } from './der.ts'

/** 1.2.840.113549.1.7.2 */
const SIGNED_DATA = '2a864886f70d010702'
/** `[0]`, constructed: the content of ContentInfo, and the certificates of SignedData. */
const CONTEXT_0 = 0xa0

/** DER certificates in their order; empty when the bytes are something else. Never throws. */
export function certificatesOfPkcs7(bytes: Uint8Array): readonly Uint8Array[] {
  const info = readDer(bytes)
  if (info?.tag !== SEQUENCE) return []
  const [type, content] = childrenOf(info)
  if (type?.tag !== OBJECT_IDENTIFIER || hexOf(type.content) !== SIGNED_DATA || content?.tag !== CONTEXT_0) return []
  const signed = readDer(content.content)
  if (signed?.tag !== SEQUENCE) return []
  const set = childrenOf(signed).find(({ tag }) => tag === CONTEXT_0)
  if (set === undefined) return []
  return childrenOf(set)
    .filter(({ tag }) => tag === SEQUENCE)
    .map(({ whole }) => whole)
}
