// The public half of SSH keys: its wire form, its fingerprint, and where an OpenSSH private key keeps it in clear.
import { createHash } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** `SHA256:…` without padding, as OpenSSH prints it. */
export const sshFingerprint = (blob: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

const MAGIC = 'openssh-key-v1\0'

/** Reads the header of an `openssh-key-v1` text in base 64; `undefined` when it is none. The private part is not read. */
export function opensshPrivateKey(
  base64: string,
): { publicBlob: Buffer; encrypted: boolean; algorithm: string } | undefined {
  const bytes = Buffer.from(base64.slice(0, 6000), 'base64')
  if (bytes.length < MAGIC.length + 16 || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined
  const fields = new WireReader(bytes, MAGIC.length)
  const cipher = fields.text()
  fields.text()
  fields.text()
  fields.skip(4)
  const publicBlob = fields.bytes()
  if (cipher === undefined || publicBlob === undefined || publicBlob.length < 16) return undefined
  const algorithm = new WireReader(publicBlob, 0).text()
  if (algorithm === undefined || !/^[\w@.-]{1,80}$/.test(algorithm)) return undefined
  return { publicBlob, encrypted: cipher !== 'none', algorithm }
}

class WireReader {
  readonly #data: Buffer
  #at: number

  constructor(data: Buffer, at: number) {
    this.#data = data
    this.#at = at
  }

  bytes(): Buffer | undefined {
    if (this.#at + 4 > this.#data.length) return undefined
    const length = this.#data.readUInt32BE(this.#at)
    const start = this.#at + 4
    if (start + length > this.#data.length) return undefined
    this.#at = start + length
    return this.#data.subarray(start, start + length)
  }

  text(): string | undefined {
    return this.bytes()?.toString('latin1')
  }

  skip(count: number): void {
    this.#at += count
  }
}

const CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }

/** The SSH wire form of a public key; `undefined` for kinds that SSH does not have. */
export function sshPublicBlob(key: KeyObject): Buffer | undefined {
  const jwk = key.export({ format: 'jwk' })
  const field = (value: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(value.length)
    return Buffer.concat([length, value])
  }
  const text = (value: string): Buffer => field(Buffer.from(value, 'latin1'))
  const integer = (value: string): Buffer => {
    const bytes = Buffer.from(value, 'base64url')
    return field((bytes[0] ?? 0) & 128 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
  }
  if (jwk.kty === 'RSA' && jwk.n !== undefined && jwk.e !== undefined) {
    return Buffer.concat([text('ssh-rsa'), integer(jwk.e), integer(jwk.n)])
  }
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519' && jwk.x !== undefined) {
    return Buffer.concat([text('ssh-ed25519'), field(Buffer.from(jwk.x, 'base64url'))])
  }
  const curve = jwk.crv === undefined ? undefined : CURVES[jwk.crv]
  if (jwk.kty === 'EC' && curve !== undefined && jwk.x !== undefined && jwk.y !== undefined) {
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(jwk.x, 'base64url'), Buffer.from(jwk.y, 'base64url')])
    return Buffer.concat([text(`ecdsa-sha2-${curve}`), text(curve), field(point)])
  }
  return undefined
}
