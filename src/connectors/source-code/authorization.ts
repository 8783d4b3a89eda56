// Values of Authorization headers: `Basic dXNlcjpwYXNz`, `Bearer …`.
import { RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { chance } from './assigned/judge.ts'
import { isIdentifier } from './assigned/refusals.ts'
import { placeholderKind } from './assigned/placeholder.ts'
import { shapeOf } from './assigned/value-shape.ts'
import type { SourceText } from './source-text.ts'

const BEARER =
  /(?:bearer|token|apikey|ssws|splunk|genie\s?key|api-key)(?:\s{1,4}|\+|%20)(?:token=)?["']?([A-Za-z0-9][\w.~+/=:|-]{9,2000})/iy
const BASIC = /basic(?:\s{1,4}|\+|%20)["']?([A-Za-z0-9+/_-]{6,2000}={0,2})/iy

/** `at` is where the scheme's name starts. */
export function bearerAt(source: SourceText, at: number): Candidate | undefined {
  BEARER.lastIndex = at
  const match = BEARER.exec(source.text)
  const token = match?.[1]
  if (match === null || token === undefined) return undefined
  const start = at + match[0].length - token.length
  if (
    /^[({[.$%]/.test(source.text.charAt(start + token.length)) &&
    /[({[$%]/.test(source.text.charAt(start + token.length))
  )
    return undefined
  // `--lock-token X` and the like; only the header has the scheme `token`
  if (/^token/i.test(match[0]) && !/authorization/i.test(before(source.text, at))) return undefined
  const shape = shapeOf(token)
  if (placeholderKind(token) !== undefined || isIdentifier(token, shape)) return undefined
  const machine = chance(token, shape)
  if (machine < 0.55 || shape.digits === 0 || (token.length < 16 && !/authorization/i.test(before(source.text, at))))
    return undefined
  return {
    start,
    end: start + token.length,
    secret: token,
    rule: 'authorization-bearer',
    credentialType: 'api_token',
    confidence: Math.min(0.85, 0.5 + machine * 0.35),
    rank: RANK.authorization,
  }
}

const before = (text: string, at: number): string => text.slice(Math.max(0, at - 60), at)

export function basicAt(source: SourceText, at: number): Candidate | undefined {
  BASIC.lastIndex = at
  const match = BASIC.exec(source.text)
  const encoded = match?.[1]
  if (match === null || encoded === undefined) return undefined
  const start = at + match[0].length - encoded.length
  return basicValue(source, start, encoded, 'authorization-basic')
}

/** What is base 64 of `user:password`; the password is the secret. */
export function basicValue(source: SourceText, start: number, encoded: string, rule: string): Candidate | undefined {
  const plain = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = plain.indexOf(':')
  if (colon < 1 || colon === plain.length - 1 || !/^[\x20-\x7e\x80-\xff]+$/.test(plain)) return undefined
  const user = plain.slice(0, colon)
  const password = plain.slice(colon + 1)
  if (
    !/^[\x20-\x7e]+$/.test(user) ||
    placeholderKind(password) === 'template' ||
    /[a-z] [a-z]/i.test(password) ||
    /^(?:user(?:name)?:pass(?:word)?|aladdin:open ?sesame|foo:bar)$/i.test(plain)
  )
    return undefined
  return {
    start,
    end: start + encoded.length,
    secret: source.decode(password),
    rule,
    credentialType: 'password',
    confidence: placeholderKind(password) === undefined ? 0.8 : 0.55,
    rank: RANK.authorization,
  }
}
