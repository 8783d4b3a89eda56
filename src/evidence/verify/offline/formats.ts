// The published formats as the verifier reads them: RFC 6962 trees, RFC 8785 JSON, C2SP notes and checkpoints.
// It shares no code with the log, on purpose. Every part of `offline` becomes one file without imports but Node's own.
import { createPublicKey, hash as hashOnce, verify as verifySignature } from 'node:crypto'

export const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return hashOnce('sha256', only, 'buffer')
  return hashOnce(
    'sha256',
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
    'buffer',
  )
}
export const LEAF = Buffer.of(0)
export const NODE = Buffer.of(1)

const pair = Buffer.alloc(65, 1)

/** What stands above two hashes. */
export function above(left: Buffer, right: Buffer): Buffer {
  if (left.length !== 32 || right.length !== 32) throw new RangeError('a hash of the tree has 32 bytes')
  pair.set(left, 1)
  pair.set(right, 33)
  return hashOnce('sha256', pair, 'buffer')
}

/** RFC 6962 over a stream of leaves: one hash for each bit of the size. */
export class MerkleStack {
  size = 0
  readonly #stack: { hash: Buffer; height: number }[] = []

  /** A complete subtree of 2^height leaves; it stands where its size allows, else RangeError. */
  push(hash: Buffer, height = 0): void {
    if (this.size % 2 ** height !== 0) throw new RangeError('a subtree does not stand where it says')
    this.size += 2 ** height
    let node = { hash, height }
    for (let last = this.#stack.at(-1); last?.height === node.height; last = this.#stack.at(-1)) {
      this.#stack.pop()
      node = { hash: above(last.hash, node.hash), height: node.height + 1 }
    }
    this.#stack.push(node)
  }

  copy(): MerkleStack {
    const copy = new MerkleStack()
    copy.size = this.size
    copy.#stack.push(...this.#stack)
    return copy
  }

  root(): Buffer {
    const [first, ...rest] = this.#stack.toReversed()
    return rest.reduce((right, { hash }) => above(hash, right), first?.hash ?? sha256())
  }
}

export interface Key {
  readonly text: string
  readonly name: string
  readonly id: string
  readonly algorithm: number
  /** The public key. */
  readonly bytes: Buffer
  readonly verify: (message: Buffer, signature: Buffer) => boolean
}

export function parseKey(text: string): Key {
  const [, name = '', id = '', encoded = ''] = /^(\S+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const algorithm = bytes[0] ?? 0
  const raw = bytes.subarray(1)
  if (raw.length !== 32 || (algorithm !== 1 && algorithm !== 4)) throw new Error(`not a verifier key: ${text}`)
  const expected = sha256(`${name}\n`, Buffer.of(algorithm), raw).toString('hex').slice(0, 8)
  if (expected !== id) throw new Error(`the id of the verifier key ${name} does not fit its key`)
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return {
    text: text.trim(),
    name,
    id,
    algorithm,
    bytes: raw,
    verify: (message, signature) => verifySignature(null, message, key, signature),
  }
}

export interface Note {
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly bytes: Buffer }[]
}

export function parseNote(note: string): Note {
  const at = note.lastIndexOf('\n\n')
  if (at < 0 || !note.endsWith('\n')) throw new Error('not a signed note')
  const signatures = note
    .slice(at + 2, -1)
    .split('\n')
    .map((line) => {
      const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
      const bytes = Buffer.from(encoded, 'base64')
      // Node passes over what is no base64: other readers would refuse the note, or read another signature
      if (name === '' || bytes.toString('base64') !== encoded) throw new Error('not a signed note')
      return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) }
    })
  return { text: note.slice(0, at + 1), signatures }
}

export function signedBy(note: Note, key: Key): boolean {
  return note.signatures.some(({ name, id, bytes }) => {
    if (name !== key.name || id !== key.id) return false
    if (key.algorithm === 1) return key.verify(Buffer.from(note.text), bytes)
    if (bytes.length !== 72) return false
    const time = bytes.readBigUInt64BE(0)
    return key.verify(Buffer.from(`cosignature/v1\ntime ${time}\n${note.text}`), bytes.subarray(8))
  })
}

/** The key that an entry `log.key_rotated` of the log `origin` announces by this note. Who signed the note is for the caller. */
export function announcedKey(seq: number, { text }: Note, origin: string): Key {
  const key = parseKey(text.split('\n')[1] ?? '')
  if (key.name !== origin) throw new Error(`entry ${seq} announces a key that is another log’s`)
  return key
}

export function parseCheckpoint(text: string): { origin: string; size: number; root: Buffer } {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const hash = Buffer.from(root, 'base64')
  if (!/^\d{1,15}$/.test(size) || hash.length !== 32) throw new Error('not a checkpoint')
  return { origin, size: Number(size), root: hash }
}

/** RFC 8785, for what an entry can hold. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? canonical(item) : `,${canonical(item)}`
    return `[${text}]`
  }
  const members = value as Readonly<Record<string, unknown>>
  // by UTF-16 code units, as RFC 8785 has it and as sort does without being told otherwise
  for (const key of Object.keys(members).sort()) {
    const member = members[key]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(member)}`
  }
  return `{${text}}`
}
