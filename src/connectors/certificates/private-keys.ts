// Private keys beside certificates: what they are and whose public half they have; the key itself is fingerprinted only.
import { createPrivateKey } from 'node:crypto'
import type { CredentialFact, Observation, Provenance } from '#kernel'
import type { PemBlock } from '../pem.ts'
import type { ReadContext, UntrustedFile } from '../port.ts'
import { publicFactsOf, readPrivateKey } from '../private-key.ts'
import type { PrivateKeyFacts } from '../private-key.ts'

export function* privateKeyFacts(
  block: PemBlock,
  provenance: Provenance,
  context: ReadContext,
): Generator<Observation> {
  const facts = readPrivateKey(block)
  if (facts.opaque || !block.complete) {
    const message = 'this private key does not parse: it is damaged, cut short or of a kind that is not known'
    yield { type: 'problem', ...provenance, message }
    // a block without any base 64 is a mention; one that has it may still be a key
    if (block.body.length < 100) return
  }
  yield factOf(facts, provenance, context)
}

/** A PKCS#8 key in DER; `undefined` when the bytes are none. */
export function derPrivateKeyFacts(
  file: UntrustedFile,
  provenance: Provenance,
  context: ReadContext,
): CredentialFact | undefined {
  const bytes = Buffer.from(file.bytes)
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      const key = createPrivateKey({ key: bytes, format: 'der', type })
      const facts = { ...publicFactsOf(key), encrypted: false, opaque: false, secret: bytes.toString('base64') }
      return factOf(facts, provenance, context)
    } catch {
      // the next form
    }
  }
  return undefined
}

function factOf(facts: PrivateKeyFacts, provenance: Provenance, context: ReadContext): CredentialFact {
  const [first, ...aliases] = facts.refs
  return {
    type: 'credential',
    ...(first === undefined ? {} : { ref: first, aliases }),
    credentialType: 'private_key',
    // what is encrypted is there, but its value is not
    exposure: facts.encrypted ? 'record' : 'embedded',
    fingerprint: context.fingerprint(facts.secret),
    name: provenance.file.slice(provenance.file.lastIndexOf('/') + 1),
    rule: facts.encrypted ? 'encrypted-private-key' : 'private-key',
    confidence: facts.encrypted ? 0.1 : facts.opaque ? 0.5 : 0.99,
    attributes: {
      encrypted: facts.encrypted,
      passphraseProtected: facts.encrypted,
      ...(facts.keyType === undefined ? {} : { keyType: facts.keyType }),
      ...(facts.keyBits === undefined ? {} : { keyBits: facts.keyBits }),
    },
    provenance,
  }
}
