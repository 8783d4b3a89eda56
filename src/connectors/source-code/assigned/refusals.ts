// Values that are something else than a secret, whatever the name beside them says: code, prose, places, digests. Pure.
import { isRepetition, sequentialShare, shapeOf } from './value-shape.ts'
import type { ValueShape } from './value-shape.ts'
import { secretName } from './secret-name.ts'
import type { NameKind } from './secret-name.ts'

export const UUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i
export const HEX = /^(?:0x)?[0-9a-f]+$/i

const CALL_OR_ACCESS =
  /^[\w$@&*!]*[\w$\])](?:\(|\[["'\w$]|->|::)|^(?:function|lambda|await|new|return|typeof|async)\b|=>|^@?[A-Za-z_$][\w$]*\([^)]*\)?$|^[\w.]+\(\)/
const DOTTED = /^[A-Za-z_$@][\w$-]*(?:\.[A-Za-z_$][\w$-]*)+$/
const PATH =
  /^(?:\.{0,2}|~|[A-Za-z]:)[\\/][\w.@~\\/ -]*$|^[\w.-]+(?:\/[\w.-]+)*\/?\.?[\w-]+\.(?:pem|key|crt|cer|json|ya?ml|txt|env|properties|py|js|ts|java|xml|html?|php|rb|go|jks|p12|pfx|conf|cfg|ini|sh|md|log|sql|db|png|svg|css|scss|vue|jsx|tsx)$/i
const URL = /^(?:[a-z][\w+.-]*:)?\/\/|^www\.|^(?:mailto|tel|data|javascript|urn|about|chrome|cid):/i
const EMAIL = /^[^\s@/:]+@[\w-]+(?:\.[\w-]+)+$/
const REGEXP = /\\[dwsbDWS]|\[\^?[a-zA-Z]-[a-zA-Z]|\(\?[:=!<]|\.\*|\.\+|^\^|\{\d+,\d*\}|\|\w+\|/
const MARKUP =
  /<\/?[a-z][^>]*>|&(?:nbsp|lt|gt|amp|quot);|\{\{|^[.#][a-z][\w-]*(?:[\s>.#[]|$)|^\[(?:type|name|data-[\w-]+)=/i
const DIGEST_LENGTHS: ReadonlySet<number> = new Set([32, 40, 56, 64, 96, 128])
const VERSION_OR_DATE =
  /^\d+\/(?:tcp|udp|sctp)$|^v?\d+(?:\.\d+){1,3}(?:[-+][\w.]+)?$|^\d{4}-\d{2}-\d{2}(?:[T ]|$)|^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}$|^\d+(?:px|em|rem|ms|s|m|h|d|%|mb|gb|kb)$/i
const ALGORITHM =
  /^(?:(?:hs|rs|es|ps|sha|md|aes|utf|base|http|oauth|v|ed|rsa|ecdsa|iso|latin|x|p|tls|ssl|ipv|web|level|step|item|row|col|h|type)[-_]?\d{1,4}(?:[-_/](?:gcm|cbc|ecb|pkcs\d?|\w{1,8}))*)$/i
/** Names with a number, as tests count them; with more digits people do set them as passwords. */
const NUMBERED = /^(?:test|user)[-_]?\d{1,4}$/i
const UI =
  /^(?:enter|type|confirm|choose|forgot|forgotten|reset|change|update|repeat|retype|show|hide|new|old|current|please|invalid|wrong|missing|incorrect|set|create|use|no|your|the|a|an|must|should|sign|log|click|email|user)\b.{0,80}(?:\s|$)/i

/** As Google shows the passwords that it makes for programs. */
export const APP_PASSWORD = /^[a-z]{4}(?: [a-z]{4}){3}$/
/** A secret of a few words, as the manuals of web frameworks show it and people keep it. */
export const PHRASE = /^[a-z]{3,12}(?: [a-z]{3,12}){1,3}$/

/** Why a value cannot be a secret by its form, or `undefined`. */
export function refusal(value: string, shape: ValueShape, kind: NameKind, quoted: boolean): string | undefined {
  if (!quoted && CALL_OR_ACCESS.test(value)) return 'code'
  if (quoted && (/^[\w$.]+\([^)]*\)$/.test(value) || /^\w+\[-?\w*\]/.test(value))) return 'code'
  if (URL.test(value)) return 'url'
  if (EMAIL.test(value) && kind !== 'password') return 'email'
  if (DOTTED.test(value) && shape.wordShare > 0.6 && shape.digits <= 2) return 'dotted name'
  if (
    PATH.test(value) &&
    !/^(?:\\x[0-9a-fA-F]{2}){4}/.test(value) &&
    (shape.wordShare > 0.45 || /^[./~\\]|\.\w{2,5}$/.test(value))
  )
    return 'path'
  if (/[\w)]:$/.test(value)) return 'label'
  if (isPublicDer(value)) return 'public key or certificate'
  if (/^eyJ[\w-]+\./.test(value)) return 'token with a rule of its own'
  if (value.length < 120 && /^[a-z_]+(?::[\w,]+)?(?:\|[a-z_]+(?::[\w,]+)?)+$/.test(value)) return 'validation rule'
  if (VERSION_OR_DATE.test(value) || ALGORITHM.test(value)) return 'version or algorithm'
  if (NUMBERED.test(value) && (kind !== 'password' || shape.digits < 3)) return 'numbered name'
  if (/^[a-z]\w*(?:\.\w+)+#\w[\w-]*$/i.test(value)) return 'name in a model'
  if (MARKUP.test(value)) return 'markup'
  if (
    shape.length < 60 &&
    REGEXP.test(value) &&
    (/[\^$*+?]$|^\^|\\[dws]|\[\^?[a-zA-Z]-/.test(value) || kind !== 'password')
  )
    return 'regular expression'
  if (kind === 'password' && APP_PASSWORD.test(value)) return undefined
  if (kind === 'secret' && quoted && PHRASE.test(value) && !UI.test(value)) return undefined
  if (shape.spaces > 0) return isProse(value, shape) ? 'prose' : undefined
  if (isRepetition(value) && (kind !== 'password' || shape.digits + shape.special === 0)) return 'repetition'
  if (kind !== 'password' && sequentialShare(value) > 0.5) return 'sequence'
  return undefined
}

function isProse(value: string, shape: ValueShape): boolean {
  if (UI.test(value)) return true
  const words = value.trim().split(/\s+/)
  if (/[\n\t]/.test(value) && words.length > 1) return true
  const plain = words.filter((word) => /^[A-Za-z'’]+[.,:;!?]?$/.test(word)).length
  return (
    words.length > 4 ||
    plain >= words.length / 2 ||
    (/[:?!.]$/.test(value) && shape.digits === 0) ||
    shape.wordShare > 0.7
  )
}

/** Written like a name in a program: `user_password`, `AUTH_TOKEN`, `getPassword`, `x-api-key`. */
export function isIdentifier(value: string, shape: ValueShape): boolean {
  if (!/^[A-Za-z_$@:#-][\w$:@/-]*$/.test(value)) return false
  const parts = value.split(/[_:-]+/)
  // a part like `QJzYvO` was not written by a person
  const noise = (part: string): boolean =>
    part.length > 4 && /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(part) && shapeOf(part).wordShare < 0.35
  if (parts.some(noise)) return false
  if (secretName(value) !== undefined && shape.digits <= 1 && /[_\-:a-z][A-Z_\-:a-z]/.test(value)) {
    return /[_:-]|[a-z][A-Z]/.test(value) ? shape.wordShare > 0.3 : shape.wordShare > 0.6
  }
  if (
    parts.length >= 3 &&
    shape.digits <= 1 &&
    parts.every((part) => /^(?:[a-z]*|[A-Z]*|[A-Z][a-z]+)\d?$/.test(part) && part.length < 13)
  )
    return true
  if (shape.digits > 2 || shape.special > 6) return false
  if (shape.digits === 0 && /[a-z][A-Z]/.test(value) && /key|token|secret|passw|auth|cred/i.test(value))
    return shape.wordShare > 0.4
  return shape.wordShare > 0.66 && /[_:-]|[a-z][A-Z]/.test(value)
}

/** A digest by its length and letters; names of passwords with such a value hold the hash. */
export const isDigest = (value: string): boolean =>
  DIGEST_LENGTHS.has(value.length) && /^[0-9a-f]+$|^[0-9A-F]+$/.test(value)

/** `00000000-…`, `12345678-1234-…`, `aaaaaaaa-bbbb-…`: made up to be seen as such. */
export function isMadeUpUuid(value: string): boolean {
  const plain = value.replaceAll(/[{}-]/g, '').toLowerCase()
  return (
    new Set(plain).size <= 4 ||
    sequentialShare(plain) > 0.4 ||
    /1a2b3c4d|a1b2c3d4|1234abcd|abcd1234|^(?:12345678|abcdef|deadbeef|cafebabe|f47ac10b|550e8400)/.test(plain)
  )
}

/** Base 64 of DER that is no private key: a certificate or a public key. Private keys begin with a version number. */
function isPublicDer(value: string): boolean {
  if (!/^M[CEFGHI][A-Za-z0-9+/]{30}/.test(value)) return false
  const bytes = Buffer.from(value.slice(0, 64), 'base64')
  const long = (bytes[1] ?? 0) & 128 ? (bytes[1] ?? 0) & 3 : 0
  return bytes[0] === 0x30 && bytes[2 + long] === 0x30
}

/** What a value says when it is base 64 of readable text; else `undefined`. */
export function readableBase64(value: string): string | undefined {
  if (value.length < 8 || value.length % 4 === 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined
  const plain = Buffer.from(value, 'base64').toString('latin1').trimEnd()
  return plain.length >= 4 && /^[\x20-\x7e]+$/.test(plain) ? plain : undefined
}
