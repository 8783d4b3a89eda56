// Keys in memory. SECURITY: their values are private fields, so that no log line, inspection or JSON of a key shows one.
import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { hmacKeyId, signingKeyId } from '#kernel'
import type { KeyDescription } from './kinds.ts'

type Described = Omit<KeyDescription, 'keyId' | 'publicKey'>

/** A key for HMAC-SHA-256: fingerprints, hashes of tokens, webhooks, cursors. */
export class HmacKey {
  readonly #bytes: Uint8Array
  readonly #described: Described
  readonly keyId: string

  constructor(bytes: Uint8Array, described: Described) {
    this.#bytes = bytes
    this.#described = described
    this.keyId = hmacKeyId(bytes)
  }

  mac(data: string | Uint8Array): Buffer {
    return createHmac('sha256', this.#bytes).update(data).digest()
  }

  /** SECURITY: the value itself, for what computes with it elsewhere (the threads of a read). Never stored, never shown. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  describe(): KeyDescription {
    return { ...this.#described, keyId: this.keyId }
  }

  toJSON(): KeyDescription {
    return this.describe()
  }

  [inspect.custom](): string {
    return `HmacKey(${this.#described.kind} ${this.keyId})`
  }
}

/** An Ed25519 key pair; a retired one has only its public half. */
export class SigningKey {
  readonly #private: KeyObject
  readonly #described: Described
  readonly publicKey: KeyObject
  readonly keyId: string

  constructor(privateKey: KeyObject, described: Described) {
    this.#private = privateKey
    this.#described = described
    this.publicKey = createPublicKey(privateKey)
    this.keyId = signingKeyId(rawPublicKey(this.publicKey))
  }

  sign(data: Uint8Array): Buffer {
    return sign(null, data, this.#private)
  }

  verify(data: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, data, this.publicKey, signature)
  }

  describe(): KeyDescription {
    return {
      ...this.#described,
      keyId: this.keyId,
      publicKey: Buffer.from(rawPublicKey(this.publicKey)).toString('base64'),
    }
  }

  toJSON(): KeyDescription {
    return this.describe()
  }

  [inspect.custom](): string {
    return `SigningKey(${this.#described.kind} ${this.keyId})`
  }
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const { x } = key.export({ format: 'jwk' })
  if (x === undefined) throw new TypeError('the key is not an Ed25519 key')
  return Buffer.from(x, 'base64url')
}

/** PEM or DER (PKCS#8). Throws on anything but an Ed25519 private key; SECURITY: the error says nothing of the bytes. */
export function readPrivateKey(bytes: Uint8Array): KeyObject {
  const pem = Buffer.from(bytes).toString('latin1').includes('-----BEGIN')
  const key = createPrivateKey({
    key: Buffer.from(bytes),
    ...(pem ? { format: 'pem' } : { format: 'der', type: 'pkcs8' }),
  })
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the key is not an Ed25519 key')
  return key
}
