// Private keys in any wrapping: PEM of all kinds (also inside JSON strings and source), PuTTY files, base 64 of PEM, JWK.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { credentialRef } from '#kernel'
import type { Json, Ref } from '#kernel'
import { RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { opensshPrivateKey, sshFingerprint, sshPublicBlob } from './openssh-blob.ts'
import { entropyOf, isRepetition } from './assigned/value-shape.ts'
import type { SourceText } from './source-text.ts'

const PEM_MAX = 16_384
const HEADER = /-----BEGIN ((?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?)-----/y
/** What stands between the lines of a PEM text inside another language: string joints, comment marks, escapes, quotes. */
const JOINTS = /["'`]\s{0,20}[+.,&\\]{0,2}\s{0,80}[+.,&]?\s{0,20}["'`]/g
const LINE_MARKS = /(^|\n)[ \t]{0,80}(?:\/\/|#|\*|>|--|;)[ \t]?/g
const WRAPPING = /\\{1,8}[rnt]|[\\"'`,;&|<>()\s]/g

interface Key {
  readonly refs: readonly Ref[]
  readonly algorithm?: string
  readonly bits?: number
}

/** `at` is the offset of `-----BEGIN`. */
export function pemPrivateKey(source: Pick<SourceText, 'text'>, at: number): Candidate | undefined {
  HEADER.lastIndex = at
  const header = HEADER.exec(source.text)
  const label = header?.[1]
  if (header === null || label === undefined) return undefined
  const from = at + header[0].length
  const window = source.text.slice(from, from + PEM_MAX)
  const close = window.indexOf('-----END')
  if (close === -1 && !/^(?:\\[nr]|\s)/.test(window)) return undefined
  const inner = close === -1 ? window : window.slice(0, close)
  const body = bodyOf(inner)
  if (body.length < 48 || !plausible(body)) return undefined
  const start = at
  const end =
    close === -1 ? Math.min(from + inner.length, from + 200) : source.text.indexOf('-----', from + close + 8) + 5
  const encrypted = label.startsWith('ENCRYPTED') || /Proc-Type: ?4,ENCRYPTED/.test(inner) || isEncryptedOpenssh(body)
  const key = encrypted && !label.startsWith('OPENSSH') ? undefined : readKey(label, body)
  return {
    start,
    end: Math.max(end, from),
    secret: body,
    rule: 'private-key',
    credentialType: 'private_key',
    confidence: close === -1 ? 0.6 : encrypted ? 0.75 : key === undefined ? 0.85 : 0.97,
    rank: RANK.key,
    ...aboutKey(key, { kind: label.toLowerCase().replace(/ ?private key(?: block)?/, '') || 'pkcs8', encrypted }),
  }
}

/** The base 64 text alone: no headers, no wrapping of whatever language it stands in. */
function bodyOf(inner: string): string {
  return inner
    .replaceAll(/(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash):[^\n\\]{0,120}/g, '')
    .replaceAll(JOINTS, '')
    .replaceAll(LINE_MARKS, '$1')
    .replaceAll(WRAPPING, '')
    .replace(/=[A-Za-z0-9+/]{4}$/, '')
}

function plausible(body: string): boolean {
  const base64 = body.match(/[A-Za-z0-9+/=]/g)?.length ?? 0
  const sample = body.slice(0, 2048)
  return (
    base64 / body.length > 0.95 &&
    entropyOf(sample) > 3.6 &&
    !isRepetition(body.slice(0, 64)) &&
    !/x{8}|X{8}/.test(body)
  )
}

const isEncryptedOpenssh = (body: string): boolean => opensshPrivateKey(body)?.encrypted === true

function readKey(label: string, body: string): Key | undefined {
  if (label.startsWith('OPENSSH')) {
    const openssh = opensshPrivateKey(body)
    return openssh === undefined
      ? undefined
      : { refs: [credentialRef.sshKey(sshFingerprint(openssh.publicBlob))], algorithm: openssh.algorithm }
  }
  if (label.startsWith('PGP')) return undefined
  try {
    const pem = `-----BEGIN ${label}-----\n${body.replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
    return describe(createPublicKey(createPrivateKey(pem)))
  } catch {
    return undefined
  }
}

function describe(publicKey: KeyObject): Key {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const blob = sshPublicBlob(publicKey)
  const bits = publicKey.asymmetricKeyDetails?.modulusLength
  return {
    refs: [
      credentialRef.publicKey(createHash('sha256').update(spki).digest('hex')),
      ...(blob === undefined ? [] : [credentialRef.sshKey(sshFingerprint(blob))]),
    ],
    ...(publicKey.asymmetricKeyType === undefined ? {} : { algorithm: publicKey.asymmetricKeyType }),
    ...(bits === undefined ? {} : { bits }),
  }
}

function aboutKey(
  key: Key | undefined,
  facts: { kind: string; encrypted: boolean },
): { ref?: Ref; aliases?: readonly Ref[]; attributes: Readonly<Record<string, Json>> } {
  const [ref, ...aliases] = key?.refs ?? []
  return {
    ...(ref === undefined ? {} : { ref }),
    ...(aliases.length === 0 ? {} : { aliases }),
    attributes: {
      keyFormat: facts.kind,
      passphraseProtected: facts.encrypted,
      ...(key?.algorithm === undefined ? {} : { algorithm: key.algorithm }),
      ...(key?.bits === undefined ? {} : { bits: key.bits }),
    },
  }
}

const PUTTY =
  /PuTTY-User-Key-File-([23]): ?([\w@.-]{1,60})\r?\nEncryption: ?([\w-]{1,40})\r?\n(?:Comment: [^\r\n]{0,500}\r?\n)?Public-Lines: ?(\d{1,4})\r?\n/y

/** `at` is the offset of `PuTTY-User-Key-File`. */
export function puttyPrivateKey(source: SourceText, at: number): Candidate | undefined {
  PUTTY.lastIndex = at
  const match = PUTTY.exec(source.text)
  if (match === null) return undefined
  const rest = source.text.slice(at + match[0].length, at + PEM_MAX)
  const lines = rest.split(/\r?\n/)
  const publicLines = Number(match[4])
  const blob = Buffer.from(lines.slice(0, publicLines).join(''), 'base64')
  const privateLines = Number(/^Private-Lines: ?(\d{1,4})/.exec(lines[publicLines] ?? '')?.[1] ?? 0)
  const body = lines.slice(publicLines + 1, publicLines + 1 + privateLines).join('')
  if (privateLines === 0 || body.length < 20) return undefined
  const encrypted = match[3] !== 'none'
  const algorithm = match[2] ?? ''
  return {
    start: at,
    end: at + match[0].length + rest.indexOf(lines[publicLines + privateLines] ?? '') + 1,
    secret: body,
    rule: 'private-key',
    credentialType: 'private_key',
    confidence: encrypted ? 0.75 : 0.95,
    rank: RANK.key,
    ...aboutKey(blob.length < 20 ? undefined : { refs: [credentialRef.sshKey(sshFingerprint(blob))], algorithm }, {
      kind: 'putty',
      encrypted,
    }),
  }
}

const BASE64_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,22000}={0,2}/y

/** `at` is the offset of base 64 of `-----BEGIN`: kubeconfig's `client-key-data`, secrets of a cluster. */
export function wrappedPrivateKey(source: SourceText, at: number): Candidate | undefined {
  BASE64_PEM.lastIndex = at
  const match = BASE64_PEM.exec(source.text)
  if (match === null) return undefined
  const text = Buffer.from(match[0], 'base64').toString('latin1')
  const inside = pemPrivateKey({ text }, 0)
  return inside === undefined ? undefined : { ...inside, start: at, end: at + match[0].length }
}

const JWK_PRIVATE = /["'](?:d|k)["']\s{0,4}:\s{0,4}["']([\w-]{22,1000})["']/

/** `at` is the offset of a `"kty"`. */
export function jwkPrivateKey(source: SourceText, at: number): Candidate | undefined {
  const from = Math.max(0, source.text.lastIndexOf('{', at), at - 4096)
  const close = source.text.indexOf('}', at)
  const window = source.text.slice(from, Math.min(close === -1 ? from + 8192 : close, from + 8192))
  const match = JWK_PRIVATE.exec(window)
  const secret = match?.[1]
  const oct = /["']kty["']\s{0,4}:\s{0,4}["']oct["']/.test(window)
  if (match === null || secret === undefined || entropyOf(secret) < 3.2 || (/^.k/.test(match[0]) && !oct))
    return undefined
  const start = from + match.index + match[0].lastIndexOf(secret)
  return {
    start,
    end: start + secret.length,
    secret,
    rule: 'private-jwk',
    credentialType: 'private_key',
    confidence: 0.85,
    rank: RANK.key,
    attributes: { keyFormat: 'jwk', passphraseProtected: false },
  }
}
