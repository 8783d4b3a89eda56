// Signed notes (C2SP signed-note): a text, and lines that say who signed it.
import { createHash, createPrivateKey, createPublicKey, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** What the four bytes of a key's id are derived with: 1 is Ed25519 over the note, 4 a timestamped cosignature. */
export const ED25519 = 0x01
export const COSIGNATURE_V1 = 0x04
type Algorithm = typeof ED25519 | typeof COSIGNATURE_V1

/** A key that signs notes. SECURITY: its private half stays with whoever made it; here is only what it can do. */
export interface NoteSigner {
  readonly name: string
  readonly algorithm: Algorithm
  readonly publicKey: KeyObject
  /** Ed25519. */
  sign(data: Uint8Array): Buffer
}

export interface NoteVerifier {
  readonly name: string
  readonly algorithm: Algorithm
  /** Four bytes, hex. */
  readonly keyId: string
  readonly publicKey: KeyObject
}

export interface NoteSignature {
  readonly name: string
  readonly keyId: string
  readonly signature: Buffer
}

export interface Note {
  /** Ends with a newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const SIGNATURES_MAX = 100
const NOTE_BYTES_MAX = 1_000_000
const NAME = /^[^\s+]{1,200}$/u
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The 32 bytes of an Ed25519 public key. */
function rawPublicKey(publicKey: KeyObject): Buffer {
  const der = publicKey.export({ format: 'der', type: 'spki' })
  return der.subarray(SPKI_ED25519.length)
}

/** From the 32 bytes of its seed. Throws RangeError for a name that a note cannot carry. */
export function signerFromSeed(name: string, seed: Uint8Array, algorithm: Algorithm = ED25519): NoteSigner {
  if (!NAME.test(name)) throw new RangeError('a key name has no white space and no plus sign')
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' })
  return { name, algorithm, publicKey: createPublicKey(privateKey), sign: (data) => signBytes(null, data, privateKey) }
}

/** The first four bytes of SHA-256(name, newline, algorithm, public key), hex. */
function keyIdOf(name: string, algorithm: Algorithm, publicKey: Buffer): string {
  const digest = createHash('sha256').update(`${name}\n`).update(Uint8Array.of(algorithm)).update(publicKey).digest()
  return digest.subarray(0, 4).toString('hex')
}

export function verifierOf({ name, algorithm, publicKey }: NoteSigner): NoteVerifier {
  return { name, algorithm, publicKey, keyId: keyIdOf(name, algorithm, rawPublicKey(publicKey)) }
}

/** `name+keyid+base64(algorithm, public key)`: what an operator hands to a witness or an auditor. */
export function verifierKey({ name, keyId, algorithm, publicKey }: NoteVerifier): string {
  return `${name}+${keyId}+${Buffer.concat([Uint8Array.of(algorithm), rawPublicKey(publicKey)]).toString('base64')}`
}

/** Throws RangeError for a text that is no verifier key, or whose id does not fit its key. */
export function parseVerifierKey(text: string): NoteVerifier {
  const [, name = '', keyId = '', encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const algorithm = bytes[0]
  if ((algorithm !== ED25519 && algorithm !== COSIGNATURE_V1) || bytes.length !== 33) {
    throw new RangeError('a verifier key is `name+keyid+base64`, for Ed25519 or a cosignature')
  }
  const raw = bytes.subarray(1)
  if (keyIdOf(name, algorithm, raw) !== keyId) throw new RangeError('the id of the verifier key does not fit the key')
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' })
  return { name, keyId, algorithm, publicKey }
}

/** `seconds` since 1970 belongs to a cosignature only. */
export function signNote(text: string, signer: NoteSigner, seconds = 0): NoteSignature {
  const { name, keyId } = verifierOf(signer)
  const bytes = signer.sign(signedBytes(text, signer.algorithm, seconds))
  return {
    name,
    keyId,
    signature: signer.algorithm === COSIGNATURE_V1 ? Buffer.concat([bigEndian(seconds), bytes]) : bytes,
  }
}

/** Whether one of the note's signatures is by this key and good; of a cosignature also when it says that it was made. */
export function verifyNote(note: Note, verifier: NoteVerifier): { readonly seconds: number } | undefined {
  for (const { name, keyId, signature } of note.signatures) {
    if (name !== verifier.name || keyId !== verifier.keyId) continue
    const timed = verifier.algorithm === COSIGNATURE_V1
    if (signature.length !== (timed ? 72 : 64)) return undefined
    const seconds = timed ? Number(signature.readBigUInt64BE(0)) : 0
    const good = verifyBytes(
      null,
      signedBytes(note.text, verifier.algorithm, seconds),
      verifier.publicKey,
      timed ? signature.subarray(8) : signature,
    )
    return good ? { seconds } : undefined
  }
  return undefined
}

/** C2SP tlog-cosignature: what a witness signs says when. */
function signedBytes(text: string, algorithm: Algorithm, seconds: number): Buffer {
  return Buffer.from(algorithm === COSIGNATURE_V1 ? `cosignature/v1\ntime ${seconds}\n${text}` : text)
}

function bigEndian(seconds: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(seconds))
  return bytes
}

/** `— name base64(key id, signature)` and a newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`
}

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(signatureLine).join('')}`
}

const SIGNATURE_LINE = /^— ([^\s+]{1,200}) ([A-Za-z0-9+/]+={0,2})$/u

/** Untrusted input. Throws RangeError; unknown signatures are kept and mean nothing. */
export function parseNote(untrusted: string): Note {
  if (Buffer.byteLength(untrusted) > NOTE_BYTES_MAX) throw new RangeError('the note is too large')
  const at = untrusted.lastIndexOf('\n\n')
  if (at < 0 || !untrusted.endsWith('\n')) throw new RangeError('a note is a text, an empty line, and signatures')
  const text = untrusted.slice(0, at + 1)
  // eslint-disable-next-line no-control-regex -- the format forbids control characters but the newline
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) throw new RangeError('a note has no control characters')
  const lines = untrusted.slice(at + 2, -1).split('\n')
  if (lines.length > SIGNATURES_MAX) throw new RangeError('the note has too many signatures')
  return { text, signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length < 5 || bytes.toString('base64') !== encoded) throw new RangeError('a signature line is malformed')
  return { name, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) }
}
