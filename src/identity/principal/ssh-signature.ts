// Signatures as `ssh-keygen -Y sign` makes them (OpenSSH PROTOCOL.sshsig), by Ed25519, RSA and ECDSA keys.
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Who may have signed it; whether the signature holds is `verifySshSignature`'s word. */
export interface SshSignature {
  readonly key: KeyObject
  /** `SHA256:…` as `ssh-keygen -l` prints it. */
  readonly fingerprint: string
  readonly namespace: string
  readonly reserved: Buffer
  readonly hashAlgorithm: 'sha256' | 'sha512'
  readonly signatureAlgorithm: string
  readonly signature: Buffer
}

const ARMOR = /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/
const MAGIC = 'SSHSIG'

/** Length-prefixed fields (RFC 4251 §5); a read past the end is `undefined`. */
class Fields {
  readonly #bytes: Buffer
  #at: number
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }
  next(): Buffer | undefined {
    if (this.#at + 4 > this.#bytes.length) return undefined
    const start = this.#at + 4
    const end = start + this.#bytes.readUInt32BE(this.#at)
    if (end > this.#bytes.length) return undefined
    this.#at = end
    return this.#bytes.subarray(start, end)
  }
}

/** `undefined` for what is no such signature, or one by a kind of key that is not read here (hardware keys, DSA). */
export function readSshSignature(armored: string): SshSignature | undefined {
  const base64 = ARMOR.exec(armored.trim())?.[1]
  if (base64 === undefined) return undefined
  const blob = Buffer.from(base64, 'base64')
  if (blob.subarray(0, 6).toString('latin1') !== MAGIC || blob.length < 10 || blob.readUInt32BE(6) !== 1)
    return undefined
  const fields = new Fields(blob, 10)
  const [publicKey, namespace, reserved, hash, signed] = Array.from({ length: 5 }, () => fields.next())
  const hashAlgorithm = hash?.toString('latin1')
  if (hashAlgorithm !== 'sha256' && hashAlgorithm !== 'sha512') return undefined
  if (publicKey === undefined || namespace === undefined || reserved === undefined || signed === undefined)
    return undefined
  const key = keyOf(publicKey)
  const parts = new Fields(signed)
  const [algorithm, signature] = [parts.next(), parts.next()]
  if (key === undefined || algorithm === undefined || signature === undefined) return undefined
  const digest = createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')
  return {
    key,
    fingerprint: `SHA256:${digest}`,
    namespace: namespace.toString('utf8'),
    reserved,
    hashAlgorithm,
    signatureAlgorithm: algorithm.toString('latin1'),
    signature,
  }
}

export function verifySshSignature(read: SshSignature, message: string): boolean {
  const { namespace, reserved, hashAlgorithm, key } = read
  const data = Buffer.concat([
    Buffer.from(MAGIC),
    ...[
      Buffer.from(namespace),
      reserved,
      Buffer.from(hashAlgorithm),
      createHash(hashAlgorithm).update(message).digest(),
    ].flatMap((field) => [lengthOf(field), field]),
  ])
  // SECURITY: the algorithm must be one of this key's; ssh-rsa (SHA-1) is none
  switch (`${key.asymmetricKeyType ?? ''} ${read.signatureAlgorithm}`) {
    case 'ed25519 ssh-ed25519':
      return verify(null, data, key, read.signature)
    case 'rsa rsa-sha2-256':
      return verify('sha256', data, key, read.signature)
    case 'rsa rsa-sha2-512':
      return verify('sha512', data, key, read.signature)
    case 'ec ecdsa-sha2-nistp256':
      return verifyEc('sha256', 32, data, read)
    case 'ec ecdsa-sha2-nistp384':
      return verifyEc('sha384', 48, data, read)
    case 'ec ecdsa-sha2-nistp521':
      return verifyEc('sha512', 66, data, read)
    default:
      return false
  }
}

function verifyEc(hash: string, bytes: number, data: Buffer, { key, signature }: SshSignature): boolean {
  const fields = new Fields(signature)
  const numbers = [fields.next(), fields.next()].map((number) => fixed(number, bytes))
  const [r, s] = numbers
  if (r === undefined || s === undefined) return false
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]))
}

function fixed(number: Buffer | undefined, bytes: number): Buffer | undefined {
  if (number === undefined) return undefined
  const bare = number[0] === 0 ? number.subarray(1) : number
  return bare.length > bytes ? undefined : Buffer.concat([Buffer.alloc(bytes - bare.length), bare])
}

function lengthOf(field: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(field.length)
  return length
}

const CURVES: Readonly<Record<string, string>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' }

function keyOf(blob: Buffer): KeyObject | undefined {
  const fields = new Fields(blob)
  const [algorithm, first, second] = [fields.next()?.toString('latin1'), fields.next(), fields.next()]
  if (algorithm === undefined || first === undefined) return undefined
  const number = (bytes: Buffer): string => (bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('base64url')
  try {
    if (algorithm === 'ssh-ed25519') {
      return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: first.toString('base64url') } })
    }
    if (second === undefined) return undefined
    if (algorithm === 'ssh-rsa') {
      return createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: number(first), n: number(second) } })
    }
    const crv = CURVES[first.toString('latin1')]
    if (crv === undefined || algorithm !== `ecdsa-sha2-${first.toString('latin1')}` || second[0] !== 4) return undefined
    const half = (second.length - 1) / 2
    const [x, y] = [second.subarray(1, 1 + half), second.subarray(1 + half)].map((part) => part.toString('base64url'))
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x: x ?? '', y: y ?? '' } })
  } catch {
    // bytes that are no key of that kind
    return undefined
  }
}
