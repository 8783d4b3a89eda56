// Private keys in any wrapping: PEM of all kinds (also inside JSON strings and source), PuTTY files, base 64 of PEM, JWK.
import { credentialRef } from '#kernel'
import type { Json, Ref } from '#kernel'
import { readPrivateKey } from '../private-key.ts'
import { readSshPublicKey } from '../ssh-public-key.ts'
import { entropyOf, isRepetition } from './assigned/value-shape.ts'
import { RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import type { SourceText } from './source-text.ts'

const PEM_MAX = 16_384
const HEADER = /-----BEGIN ((?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?)-----/y
/** What stands between the lines of a PEM text inside another language: string joints, comment marks, escapes, quotes. */
const JOINTS = /["'`]\s{0,20}[+.,&\\]{0,2}\s{0,80}[+.,&]?\s{0,20}["'`]/g
const LINE_MARKS = /(^|\n)[ \t]{0,80}(?:\/\/|#|\*|>|--|;)[ \t]?/g
const WRAPPING = /\\{1,8}[rnt]|[\\"'`,;&|<>()\s]/g

/** `at` is the offset of `-----BEGIN`. */
export function pemPrivateKey(source: Pick<SourceText, 'text'>, at: number): Candidate | undefined {
  HEADER.lastIndex = at
  const header = HEADER.exec(source.text)
  const label = header?.[1]
  if (header === null || label === undefined) return undefined
  const from = at + header[0].length
  const window = source.text.slice(from, from + PEM_MAX)
  const close = window.indexOf('-----')
  const whole = close !== -1 && window.startsWith('-----END', close)
  if (!whole && !/^(?:\\[nr]|\s)/.test(window)) return undefined
  const inner = close === -1 ? window : window.slice(0, close)
  const body = bodyOf(inner)
  if (body.length < 48 || !plausible(body)) return undefined
  const start = at
  const end = whole ? source.text.indexOf('-----', from + close + 8) + 5 : from + Math.min(inner.length, 200)
  const key = readPrivateKey({
    label,
    body,
    headers: /Proc-Type: ?4,ENCRYPTED/.test(inner) ? 'ENCRYPTED' : '',
    startLine: 0,
    endLine: 0,
    complete: true,
  })
  return {
    start,
    end: Math.max(end, from),
    secret: body,
    rule: 'private-key',
    credentialType: 'private_key',
    confidence: !whole ? 0.6 : key.encrypted ? 0.75 : key.refs.length === 0 ? 0.85 : 0.97,
    rank: RANK.key,
    ...aboutKey(key, label.toLowerCase().replace(/ ?private key(?: block)?/, '') || 'pkcs8'),
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
    !/x{8}|X{8}|EXAMPLE/.test(body)
  )
}

function aboutKey(
  key: { refs: readonly Ref[]; encrypted: boolean; keyType?: string; keyBits?: number },
  keyFormat: string,
): { ref?: Ref; aliases?: readonly Ref[]; attributes: Readonly<Record<string, Json>> } {
  const [ref, ...aliases] = key.refs
  return {
    ...(ref === undefined ? {} : { ref }),
    ...(aliases.length === 0 ? {} : { aliases }),
    attributes: {
      keyFormat,
      encrypted: key.encrypted,
      ...(key.keyType === undefined ? {} : { keyType: key.keyType }),
      ...(key.keyBits === undefined ? {} : { keyBits: key.keyBits }),
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
  const half = readSshPublicKey(blob)
  return {
    start: at,
    end: at + match[0].length + rest.indexOf(lines[publicLines + privateLines] ?? '') + 1,
    secret: body,
    rule: 'private-key',
    credentialType: 'private_key',
    confidence: encrypted ? 0.75 : 0.95,
    rank: RANK.key,
    ...aboutKey(
      {
        refs: half === undefined ? [] : [credentialRef.sshKey(half.fingerprint)],
        encrypted,
        ...(half === undefined ? {} : { keyType: half.keyType, keyBits: half.keyBits }),
      },
      'putty',
    ),
  }
}

const BASE64_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,22000}={0,2}/y

/** `at` is the offset of base 64 of `-----BEGIN`: kubeconfig's `client-key-data`, secrets of a cluster. */
export function wrappedPrivateKey(source: SourceText, at: number): Candidate | undefined {
  BASE64_PEM.lastIndex = at
  if (at > 0 && /[A-Za-z0-9+/]/.test(source.text.charAt(at - 1))) return undefined
  const match = BASE64_PEM.exec(source.text)
  if (match === null) return undefined
  const text = Buffer.from(match[0], 'base64').toString('latin1')
  const inside = pemPrivateKey({ text }, 0)
  return inside === undefined ? undefined : { ...inside, start: at, end: at + match[0].length }
}

/** The largest in use, RSA of 4096 bits with all its numbers, has less. */
const JWK_MAX = 4096
const JWK_PRIVATE = /["'](?:d|k)["']\s{0,4}:\s{0,4}["']([\w-]{22,1000})["']/

/** `at` is the offset of a `"kty"`. */
export function jwkPrivateKey(source: SourceText, at: number): Candidate | undefined {
  const before = source.text.slice(Math.max(0, at - JWK_MAX), at)
  const from = at - before.length + Math.max(0, before.lastIndexOf('{'))
  const object = source.text.slice(from, from + JWK_MAX)
  const close = object.indexOf('}')
  const window = close === -1 ? object : object.slice(0, close)
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
    attributes: { keyFormat: 'jwk', encrypted: false },
  }
}
