// What can be said of a private key without giving it away: its kind, whether it is encrypted, and the identifiers of
// its public half, by which it joins certificates and authorised keys.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { credentialRef } from '#kernel'
import type { Ref } from '#kernel'
import type { PemBlock } from './pem.ts'
import { pemBytes } from './pem.ts'
import { readSshPublicKey, sshFingerprintOf } from './ssh-public-key.ts'

export interface PrivateKeyFacts {
  /** Refs of the public half; empty when it cannot be told (an encrypted PKCS#8 key). */
  readonly refs: readonly Ref[]
  readonly encrypted: boolean
  readonly keyType?: string
  readonly keyBits?: number
  /** What is fingerprinted for a private key: the base 64 of its block without white space. SECURITY: never yielded. */
  readonly secret: string
  /** True when the block is damaged or of a kind that is not known. */
  readonly opaque: boolean
}

export const isPrivateKeyLabel = (label: string): boolean => /(?:^| )PRIVATE KEY$/.test(label)

/** Never throws. */
export function readPrivateKey(block: PemBlock): PrivateKeyFacts {
  const secret = block.body
  const bytes = pemBytes(block)
  if (bytes === undefined) return { refs: [], encrypted: /ENCRYPTED/.test(block.headers), secret, opaque: true }
  if (block.label === 'OPENSSH PRIVATE KEY') return { ...readOpenSsh(bytes), secret }
  if (block.label === 'ENCRYPTED PRIVATE KEY' || /ENCRYPTED/.test(block.headers))
    return { refs: [], encrypted: true, secret, opaque: false, ...typeOfLabel(block.label) }
  try {
    const pem = `-----BEGIN ${block.label}-----\n${wrapped(block.body)}\n-----END ${block.label}-----\n`
    return { ...publicFactsOf(createPrivateKey(pem)), encrypted: false, secret, opaque: false }
  } catch {
    return { refs: [], encrypted: false, secret, opaque: true, ...typeOfLabel(block.label) }
  }
}

/** Refs, kind and size of a key's public half. */
export function publicFactsOf(key: KeyObject): { refs: readonly Ref[]; keyType?: string; keyBits?: number } {
  const refs: Ref[] = []
  try {
    const half = key.type === 'private' ? createPublicKey(key) : key
    const der = half.export({ type: 'spki', format: 'der' })
    refs.push(credentialRef.publicKey(createHash('sha256').update(der).digest('hex')))
    const ssh = sshFingerprintOf(half)
    if (ssh !== undefined) refs.push(credentialRef.sshKey(ssh))
  } catch {
    // a key that node cannot export still has its kind
  }
  const keyType = key.asymmetricKeyType?.replace('rsa-pss', 'rsa')
  const keyBits = bitsOf(key)
  return { refs, ...(keyType === undefined ? {} : { keyType }), ...(keyBits === undefined ? {} : { keyBits }) }
}

const CURVE_BITS: Record<string, number> = {
  ed25519: 256,
  ed448: 448,
  x25519: 256,
  x448: 448,
}

function bitsOf(key: KeyObject): number | undefined {
  const details = key.asymmetricKeyDetails
  if (details?.modulusLength !== undefined) return details.modulusLength
  const curve = details?.namedCurve
  if (curve !== undefined) return Number(/(?:p|secp|prime|sect|brainpoolP)(\d{3})/i.exec(curve)?.[1] ?? 0) || undefined
  return CURVE_BITS[key.asymmetricKeyType ?? '']
}

function typeOfLabel(label: string): { keyType?: string } {
  const type = /^(RSA|EC|DSA) /.exec(label)?.[1]
  return type === undefined ? {} : { keyType: type.toLowerCase() }
}

const wrapped = (body: string): string => body.match(/.{1,64}/g)?.join('\n') ?? ''

const MAGIC = 'openssh-key-v1\0'

/** PROTOCOL.key: the header says how the key is encrypted, and carries the public half in the clear. */
function readOpenSsh(bytes: Uint8Array): Omit<PrivateKeyFacts, 'secret'> {
  const buffer = Buffer.from(bytes)
  const broken = { refs: [], encrypted: false, opaque: true }
  if (!buffer.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC, 'latin1'))) return broken
  let at = MAGIC.length
  const next = (): Buffer | undefined => {
    if (at + 4 > buffer.length) return undefined
    const end = at + 4 + buffer.readUInt32BE(at)
    if (end > buffer.length) return undefined
    const field = buffer.subarray(at + 4, end)
    at = end
    return field
  }
  const cipher = next()?.toString('latin1')
  next() // key derivation function
  next() // its options
  at += 4 // number of keys
  const blob = next()
  if (cipher === undefined || blob === undefined) return broken
  const key = readSshPublicKey(blob)
  const encrypted = cipher !== 'none'
  if (key === undefined) return { refs: [], encrypted, opaque: false }
  return {
    refs: [
      credentialRef.sshKey(key.fingerprint),
      ...(key.spkiSha256 === undefined ? [] : [credentialRef.publicKey(key.spkiSha256)]),
    ],
    encrypted,
    keyType: key.keyType,
    keyBits: key.keyBits,
    opaque: false,
  }
}
