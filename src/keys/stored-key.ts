// The store's files: one per kind, holding every key of that kind, so that a rotation is one rename and never half.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { HmacKey, readPrivateKey, SigningKey } from './key.ts'
import { KEY_KINDS, KEY_KIND_NAMES } from './kinds.ts'
import type { KeyDescription, KeyKind } from './kinds.ts'
import { parseReference, referenceName, resolveReference } from './reference.ts'

const storedKey = z.strictObject({
  keyId: z.string(),
  createdAt: z.iso.datetime(),
  state: z.enum(['active', 'retiring', 'retired']),
  /** Base64: the bytes of an HMAC key, PKCS#8 of a signing key. A retired key has none. */
  key: z.base64().optional(),
  /** In its place where the value lies elsewhere. */
  reference: z.string().optional(),
  publicKey: z.string().optional(),
})

const keyFile = z.strictObject({ kind: z.enum(KEY_KIND_NAMES), keys: z.array(storedKey).min(1) })

export type StoredKey = z.infer<typeof storedKey>
export type KeyOf<K extends KeyKind> = K extends 'log' ? SigningKey : HmacKey

const HMAC_BYTES_MIN = 32

export const fileTextOf = (kind: KeyKind, keys: readonly StoredKey[]): string =>
  `${JSON.stringify({ kind, keys }, undefined, 2)}\n`

/** The keys in a file's text. Throws Fault('key_missing') that names what is wrong; SECURITY: never with the content. */
export function parseKeyFile(kind: KeyKind, path: string, text: string): StoredKey[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // the parser's message quotes the text
    throw damaged(kind, path, 'it is not JSON')
  }
  const parsed = keyFile.safeParse(value)
  if (!parsed.success)
    throw damaged(kind, path, `\`${parsed.error.issues[0]?.path.join('.')}\` is not as it was written`)
  if (parsed.data.kind !== kind) throw damaged(kind, path, `it holds ${parsed.data.kind} keys`)
  const active = parsed.data.keys.filter(({ state }) => state === 'active')
  if (active.length !== 1) throw damaged(kind, path, `it has ${active.length} active keys`)
  return parsed.data.keys
}

export function damaged(kind: KeyKind, path: string, why: string): Fault {
  return new Fault(
    'key_missing',
    `the ${kind} key in \`${path}\` cannot be used: ${why}. Restore the file from a backup of the keys folder. ` +
      `Without it ${KEY_KINDS[kind].lostWithIt}; to go on all the same, accept that loss: reeve keys replace-lost ${kind}`,
  )
}

/** Files of kinds that the roll was made under. */
export function notThere(folder: string, kinds: readonly KeyKind[]): Fault {
  const losses = kinds.map((kind) => `without the ${kind} key ${KEY_KINDS[kind].lostWithIt}`)
  return new Fault(
    'key_missing',
    `the roll was made under keys that are not in \`${folder}\` (${kinds.join(', ')}), and no new ones are made in their ` +
      `place: put your copy of the folder back. Else ${losses.join('; ')}. To go on all the same, accept that loss: ` +
      `reeve serve ${kinds.map((kind) => `--accept-key-loss ${kind}`).join(' ')}`,
  )
}

/** A new key, its value in the store, or behind `reference`. */
export async function makeKey(kind: KeyKind, at: Instant, reference?: string): Promise<StoredKey> {
  const bytes = reference === undefined ? newValue(kind) : await valueBehind(kind, reference)
  const described = keyFrom(kind, bytes, { kind, state: 'active', createdAt: at }).describe()
  return {
    keyId: described.keyId,
    createdAt: at,
    state: 'active',
    ...(reference === undefined ? { key: Buffer.from(bytes).toString('base64') } : { reference }),
    ...(described.publicKey === undefined ? {} : { publicKey: described.publicKey }),
  }
}

function newValue(kind: KeyKind): Uint8Array {
  if (KEY_KINDS[kind].algorithm === 'hmac-sha256') return randomBytes(HMAC_BYTES_MIN)
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })
}

async function valueBehind(kind: KeyKind, reference: string): Promise<Uint8Array> {
  try {
    return await resolveReference(reference)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new Fault(
      'key_missing',
      `the ${kind} key is kept elsewhere, and ${error.detail}. Without it ${KEY_KINDS[kind].lostWithIt}`,
      { cause: error },
    )
  }
}

/** The key ready for use, checked against its id. */
export async function loadKey<K extends KeyKind>(kind: K, path: string, stored: StoredKey): Promise<KeyOf<K>> {
  const { keyId, reference, key } = stored
  if (key === undefined && reference === undefined) throw damaged(kind, path, `the value of ${keyId} is not there`)
  const bytes = reference === undefined ? Buffer.from(key ?? '', 'base64') : await valueBehind(kind, reference)
  const made = keyFrom(kind, bytes, shown(kind, stored))
  if (made.keyId !== keyId) {
    const where = reference === undefined ? 'the store' : `\`${referenceName(parseReference(reference))}\``
    throw damaged(kind, path, `${where} holds ${made.keyId} in place of ${keyId}`)
  }
  return made as KeyOf<K>
}

function shown(kind: KeyKind, { createdAt, state, reference }: StoredKey): Omit<KeyDescription, 'keyId'> {
  return {
    kind,
    state,
    createdAt,
    ...(reference === undefined ? {} : { reference: referenceName(parseReference(reference)) }),
  }
}

export function describeStored(kind: KeyKind, stored: StoredKey): KeyDescription {
  const { keyId, publicKey } = stored
  return { ...shown(kind, stored), keyId, ...(publicKey === undefined ? {} : { publicKey }) }
}

function keyFrom(kind: KeyKind, bytes: Uint8Array, described: Omit<KeyDescription, 'keyId'>): HmacKey | SigningKey {
  if (KEY_KINDS[kind].algorithm === 'hmac-sha256') {
    if (bytes.length >= HMAC_BYTES_MIN) return new HmacKey(bytes, described)
    throw new Fault('key_missing', `the ${kind} key has ${bytes.length} bytes and needs ${HMAC_BYTES_MIN}`)
  }
  try {
    return new SigningKey(readPrivateKey(bytes), described)
  } catch {
    // what the parser says may quote what it read
    throw new Fault('key_missing', `the ${kind} key is not an Ed25519 private key (PEM or DER, PKCS#8)`)
  }
}
