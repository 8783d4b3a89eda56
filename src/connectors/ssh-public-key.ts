// SSH public keys and certificates in their wire form (RFC 4253 §6.6, RFC 5656, RFC 8709, PROTOCOL.certkeys).
import { createHash, createPublicKey } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'

interface SshCertificate {
  readonly keyId: string
  readonly principals: readonly string[]
  readonly forHosts: boolean
  readonly serial: string
  /** Seconds since 1970; `undefined` when unbounded. */
  readonly validAfter?: number
  readonly validBefore?: number
  readonly signedBy?: string
  readonly criticalOptions: readonly string[]
}

export interface SshPublicKey {
  /** `SHA256:…` exactly as `ssh-keygen -l` prints it; of a certificate, that of the key in it. */
  readonly fingerprint: string
  readonly keyType: 'rsa' | 'dsa' | 'ecdsa' | 'ed25519' | 'ecdsa-sk' | 'ed25519-sk'
  readonly keyBits: number
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo, for joining with X.509. */
  readonly spkiSha256?: string
  readonly certificate?: SshCertificate
}

const CURVES: Record<string, { bits: number; crv: string; bytes: number }> = {
  nistp256: { bits: 256, crv: 'P-256', bytes: 32 },
  nistp384: { bits: 384, crv: 'P-384', bytes: 48 },
  nistp521: { bits: 521, crv: 'P-521', bytes: 66 },
}

/** Reads length-prefixed fields; every read past the end gives `undefined`. */
class Wire {
  readonly #bytes: Buffer
  at = 0
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  string(): Buffer | undefined {
    if (this.at + 4 > this.#bytes.length) return undefined
    const end = this.at + 4 + this.#bytes.readUInt32BE(this.at)
    if (end > this.#bytes.length) return undefined
    const field = this.#bytes.subarray(this.at + 4, end)
    this.at = end
    return field
  }
  uint32(): number | undefined {
    if (this.at + 4 > this.#bytes.length) return undefined
    this.at += 4
    return this.#bytes.readUInt32BE(this.at - 4)
  }
  uint64(): bigint | undefined {
    if (this.at + 8 > this.#bytes.length) return undefined
    this.at += 8
    return this.#bytes.readBigUInt64BE(this.at - 8)
  }
}

/** `undefined` when the bytes are no key of a known kind. Never throws. */
export function readSshPublicKey(blob: Uint8Array): SshPublicKey | undefined {
  const wire = new Wire(blob)
  const algorithm = wire.string()?.toString('latin1')
  if (algorithm === undefined) return undefined
  const certified = /^(.+)-cert-v0[01]@openssh\.com$/.exec(algorithm)?.[1]
  const plain =
    certified === undefined ? algorithm : certified.startsWith('sk-') ? `${certified}@openssh.com` : certified
  if (certified !== undefined && wire.string() === undefined) return undefined
  const key = readKeyFields(plain, wire)
  if (key === undefined) return undefined
  const { fields, ...rest } = key
  const fingerprint = fingerprintOf(encode([Buffer.from(plain, 'latin1'), ...fields]))
  const certificate = certified === undefined ? undefined : readCertificate(wire)
  return { fingerprint, ...rest, ...(certificate === undefined ? {} : { certificate }) }
}

/** The fingerprint of a key that node read, when SSH knows its kind. */
export function sshFingerprintOf(key: KeyObject): string | undefined {
  const jwk = exportJwk(key)
  const bytes = (text: unknown): Buffer => Buffer.from(typeof text === 'string' ? text : '', 'base64url')
  if (jwk?.kty === 'RSA')
    return fingerprintOf(encode([Buffer.from('ssh-rsa'), mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]))
  if (jwk?.kty === 'OKP' && jwk.crv === 'Ed25519')
    return fingerprintOf(encode([Buffer.from('ssh-ed25519'), bytes(jwk.x)]))
  const curve = Object.keys(CURVES).find((name) => CURVES[name]?.crv === jwk?.crv)
  if (jwk?.kty !== 'EC' || curve === undefined) return undefined
  const point = Buffer.concat([Buffer.from([4]), bytes(jwk.x), bytes(jwk.y)])
  return fingerprintOf(encode([Buffer.from(`ecdsa-sha2-${curve}`), Buffer.from(curve), point]))
}

interface KeyFields extends Pick<SshPublicKey, 'keyType' | 'keyBits' | 'spkiSha256'> {
  readonly fields: readonly Buffer[]
}

function readKeyFields(algorithm: string, wire: Wire): KeyFields | undefined {
  const take = (count: number): Buffer[] | undefined => {
    const fields: Buffer[] = []
    for (let index = 0; index < count; index++) {
      const field = wire.string()
      if (field === undefined) return undefined
      fields.push(field)
    }
    return fields
  }
  if (algorithm === 'ssh-rsa') {
    const fields = take(2)
    const [e, n] = fields ?? []
    if (fields === undefined || e === undefined || n === undefined) return undefined
    return { keyType: 'rsa', keyBits: bitLength(n), fields, ...spki({ kty: 'RSA', e: unsigned(e), n: unsigned(n) }) }
  }
  if (algorithm === 'ssh-dss') {
    const fields = take(4)
    const p = fields?.[0]
    return fields === undefined || p === undefined ? undefined : { keyType: 'dsa', keyBits: bitLength(p), fields }
  }
  if (algorithm === 'ssh-ed25519' || algorithm === 'sk-ssh-ed25519@openssh.com') {
    const hardware = algorithm.startsWith('sk-')
    const fields = take(hardware ? 2 : 1)
    const point = fields?.[0]
    if (fields === undefined || point?.length !== 32) return undefined
    const joined = hardware ? {} : spki({ kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') })
    return { keyType: hardware ? 'ed25519-sk' : 'ed25519', keyBits: 256, fields, ...joined }
  }
  const curve = CURVES[/^(?:sk-)?ecdsa-sha2-(nistp\d{3})(?:@openssh\.com)?$/.exec(algorithm)?.[1] ?? '']
  if (curve === undefined) return undefined
  const hardware = algorithm.startsWith('sk-')
  const fields = take(hardware ? 3 : 2)
  const point = fields?.[1]
  if (fields === undefined || point?.length !== 1 + 2 * curve.bytes) return undefined
  const x = point.subarray(1, 1 + curve.bytes).toString('base64url')
  const y = point.subarray(1 + curve.bytes).toString('base64url')
  const joined = hardware ? {} : spki({ kty: 'EC', crv: curve.crv, x, y })
  return { keyType: hardware ? 'ecdsa-sk' : 'ecdsa', keyBits: curve.bits, fields, ...joined }
}

const UNBOUNDED = 0xffff_ffff_ffff_ffffn

function readCertificate(wire: Wire): SshCertificate | undefined {
  const serial = wire.uint64()
  const type = wire.uint32()
  const keyId = wire.string()?.toString('utf8')
  const principals = wire.string()
  const after = wire.uint64()
  const before = wire.uint64()
  const options = wire.string()
  wire.string() // extensions
  wire.string() // reserved
  const authority = wire.string()
  if (serial === undefined || keyId === undefined || principals === undefined || before === undefined) return undefined
  const signedBy = authority === undefined ? undefined : readSshPublicKey(authority)?.fingerprint
  return {
    keyId,
    principals: strings(principals),
    forHosts: type === 2,
    serial: String(serial),
    ...(after === undefined || after === 0n ? {} : { validAfter: Number(after) }),
    ...(before === UNBOUNDED ? {} : { validBefore: Number(before) }),
    ...(signedBy === undefined ? {} : { signedBy }),
    criticalOptions: strings(options ?? Buffer.alloc(0)).filter((_, index) => index % 2 === 0),
  }
}

function strings(packed: Buffer): string[] {
  const wire = new Wire(packed)
  const list: string[] = []
  for (let item = wire.string(); item !== undefined && list.length < 1000; item = wire.string())
    list.push(item.toString('utf8'))
  return list
}

function encode(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(field.length)
      return [length, field]
    }),
  )
}

const fingerprintOf = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`

/** RFC 4251 mpint of an unsigned number: no leading zeros, but one when the top bit is set. */
function mpint(number: Buffer): Buffer {
  let start = 0
  while (start < number.length - 1 && number[start] === 0) start += 1
  const bare = number.subarray(start)
  return (bare[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bare]) : bare
}

const unsigned = (number: Buffer): string => (number[0] === 0 ? number.subarray(1) : number).toString('base64url')

function bitLength(number: Buffer): number {
  let start = 0
  while (start < number.length && number[start] === 0) start += 1
  const top = number[start]
  return top === undefined ? 0 : (number.length - start - 1) * 8 + (32 - Math.clz32(top))
}

function spki(jwk: JsonWebKey): { spkiSha256: string } | Record<string, never> {
  try {
    const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
    return { spkiSha256: createHash('sha256').update(der).digest('hex') }
  } catch {
    return {}
  }
}

function exportJwk(key: KeyObject): JsonWebKey | undefined {
  try {
    return (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  } catch {
    return undefined
  }
}
