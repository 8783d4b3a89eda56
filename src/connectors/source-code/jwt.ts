// JSON Web Tokens: known by a header that decodes, and told apart from the one that every tutorial shows.
import { instantFromSeconds, ref } from '#kernel'
import type { Json, Ref } from '#kernel'
import { RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { isRepetition } from './assigned/value-shape.ts'
import type { SourceText } from './source-text.ts'

const TOKEN = /eyJ[\w-]{8,2000}\.(eyJ[\w-]{4,4000}|[\w-]{4,4000})\.([\w-]{16,1400})?/y
const KUBERNETES_SUBJECT = /^system:serviceaccount:[a-z0-9.-]{1,253}:[a-z0-9.-]{1,253}$/
/** The signatures under which jwt.io has shown its example to the world. */
const PUBLISHED =
  /^(?:SflKxwRJSMeKKF2QT4fwpM|TJVA95OrM7E2cBab30RMHr|POstGetfAytaZS82wHcjoTyoq|dyt0CoTl4WoVjAHI9Q_CwSKh)/

/** Names that tutorials put in their claims. */
const SHOWN = /^(?:john doe|jane doe|example|test|1234567890|joe|foo|bar)$/i

/** `at` is the offset of `eyJ`. `cluster` is the scope of Kubernetes subjects in this file. */
export function jwtAt(source: SourceText, at: number, cluster: string): Candidate | undefined {
  const { text } = source
  if (/[\w.-]/.test(text.charAt(at - 1)) && text.charAt(at - 2) !== '\\') return undefined
  TOKEN.lastIndex = at
  const match = TOKEN.exec(text)
  if (match === null) return undefined
  const [head = '', body = '', signature = ''] = match[0].split('.')
  const header = decoded(head)
  if (header === undefined || typeof header['alg'] !== 'string') return undefined
  const encrypted = header['enc'] !== undefined
  const unsigned = header['alg'].toLowerCase() === 'none' || signature.length < 16
  if (unsigned || isRepetition(signature) || PUBLISHED.test(signature)) return undefined
  const claims = encrypted ? undefined : decoded(body)
  if (claims === undefined && !encrypted) return undefined
  const shown = ['name', 'sub', 'admin'].filter(
    (claim) => typeof claims?.[claim] === 'string' && SHOWN.test(claims[claim]),
  )
  const secret = match[0].replace(/\.$/, '')
  return {
    start: at,
    end: at + secret.length,
    secret,
    rule: 'jwt',
    credentialType: 'jwt',
    confidence: shown.length > 0 ? 0.55 : 0.85,
    publicPrefix: 'eyJ',
    rank: RANK.jwt,
    ...(claims === undefined ? {} : aboutClaims(claims, cluster)),
  }
}

function aboutClaims(
  claims: Record<string, unknown>,
  cluster: string,
): { expiresAt?: Candidate['expiresAt'] & {}; attributes?: Record<string, Json>; principal?: Ref } {
  const { exp, iss, sub } = claims
  const expiresAt = typeof exp === 'number' ? instantFromSeconds(exp) : undefined
  return {
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(typeof iss === 'string' && iss.length <= 300 && !/:[^/@]+@/.test(iss) ? { attributes: { issuer: iss } } : {}),
    ...(typeof sub === 'string' && KUBERNETES_SUBJECT.test(sub) ? { principal: ref('kubernetes', sub, cluster) } : {}),
  }
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
