// Credentials in URLs and connection strings: `scheme://user:password@host`, `https://token@host`, `jdbc:oracle:thin:u/p@`.
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { isIdentifier } from './assigned/refusals.ts'
import { placeholderKind, WEAK_PASSWORDS } from './assigned/placeholder.ts'
import { sequentialShare, shapeOf } from './assigned/value-shape.ts'
import { chance } from './assigned/judge.ts'
import type { SourceText } from './source-text.ts'

const SCHEME_MAX = 32
/** From `://` on. The password may hold `@` and `/` only where it is escaped, as the URL standard has it; `@` is common. */
const USER_INFO =
  /:\/\/([^\s:/?#@"'`<>[\]{}|\\^]{0,128}):([^\s/?#"'`<>\\]{1,256})@([\w.[\]${}<>-][\w.\-[\]:${}<>]{0,253})/y
const TOKEN_ONLY = /:\/\/([\w.~%-]{16,256})@([A-Za-z0-9][\w.-]{0,253})/y

const USERS_SAID = /^(?:user(?:name)?|usr|uname|login|name|me|foo|bar|someone|u|x|xxx|your.*|my_?user|db_?user)$/i
const PASSWORDS_SAID =
  /^(?:pass(?:word|wd|wrd|phrase)?|pwd|pw|secret|token|p|x+|foo|bar|baz|pass123|password1?|passw0rd|mypass(?:word)?|my_?secret(?:_?password)?|credentials?|key|api_?key|\.+|-+|_+|\*+|p4ss|p@ss|abc|1|123|user|test|port|\w|\d{1,5})$/i
const HOSTS_SAID =
  /^(?:[\w.-]*\.)?(?:example|invalid|test|local(?:domain)?)(?:\.(?:com|org|net|edu))?$|^(?:host(?:name)?|server|domain|myhost|some|foo|bar|proxy|addr(?:ess)?|ip|url|xxx+|a|b|h)(?:\.(?:com|org|net|tld|bar))?(?::|$)|^(?:foo|bar|baz)\./i

/** `at` is the offset of `://`. */
export function urlCredentials(source: SourceText, at: number): Candidate | undefined {
  const { text } = source
  const scheme = schemeBefore(text, at)
  if (scheme === '') return undefined
  USER_INFO.lastIndex = at
  const match = USER_INFO.exec(text)
  if (match === null) return tokenOnly(source, at, scheme)
  const [whole, user = '', password = '', host = ''] = match
  // a later `@` belongs to the password only if no host could end before it
  const secret = decodePercent(password)
  const confidence = confidenceOf(user, secret, host, scheme)
  if (confidence < BAR) return undefined
  const end = at + whole.length - host.length - 1
  return {
    start: end - password.length,
    end,
    secret: source.decode(secret),
    rule: 'url-credentials',
    credentialType: /^https?$|^git|^ssh|^s?ftp/i.test(scheme) ? 'password' : 'connection_string',
    confidence,
    attributes: { scheme: scheme.toLowerCase() },
    rank: RANK.url,
  }
}

const DATA_SOURCE = /([\w.-]{1,64}):([^\s:@"'`/<>{}$%]{2,128})$/

/** `user:password@tcp(host)`, as Go's MySQL driver has it; `at` is the offset of `@`. */
export function dataSourceCredentials(source: SourceText, at: number): Candidate | undefined {
  const match = DATA_SOURCE.exec(source.text.slice(Math.max(0, at - 200), at))
  const [, user = '', password = ''] = match ?? []
  const confidence = match === null ? 0 : confidenceOf(user, password, 'tcp', 'mysql')
  if (confidence < BAR) return undefined
  return {
    start: at - password.length,
    end: at,
    secret: source.decode(password),
    rule: 'url-credentials',
    credentialType: 'connection_string',
    confidence,
    attributes: { scheme: 'mysql' },
    rank: RANK.url,
  }
}

function schemeBefore(text: string, at: number): string {
  let start = at
  while (start > 0 && at - start < SCHEME_MAX && /[A-Za-z0-9+.-]/.test(text.charAt(start - 1))) start -= 1
  return text.slice(start, at).replace(/^[^A-Za-z]+/, '')
}

function decodePercent(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return Buffer.from(decodeURIComponent(raw), 'utf8').toString('latin1')
  } catch {
    return raw
  }
}

function confidenceOf(user: string, password: string, host: string, scheme: string): number {
  if (placeholderKind(user) === 'template' || placeholderKind(host) === 'template') return 0
  const said = placeholderKind(password)
  const strongHost = !HOSTS_SAID.test(host)
  const sameWord = password.toLowerCase() === user.toLowerCase() && password.length > 2
  if (said !== undefined && said !== 'word') return 0
  if (/[${}<>]|%[sdv]\b|^\d{1,5}$/.test(password)) return 0
  const shape = shapeOf(password)
  const database = !/^https?$|^ftp$|^wss?$|^socks/i.test(scheme)
  if (PASSWORDS_SAID.test(password) || said === 'word') return 0.3
  if (!strongHost && (USERS_SAID.test(user) || shape.digits === 0)) return 0.35
  if (sameWord) return database && strongHost && !USERS_SAID.test(user) ? 0.56 : 0.3
  if (isIdentifier(password, shape) && shape.digits === 0) return database && strongHost ? 0.5 : 0.35
  let confidence = 0.55 + 0.3 * chance(password, shape)
  if (shape.digits > 0 && shape.lower + shape.upper > 0) confidence += 0.08
  if (!strongHost) confidence -= 0.1
  if (USERS_SAID.test(user)) confidence -= 0.06
  if (WEAK_PASSWORDS.has(password.toLowerCase())) confidence = database && !USERS_SAID.test(user) ? 0.54 : 0.4
  return Math.min(0.92, confidence)
}

function tokenOnly(source: SourceText, at: number, scheme: string): Candidate | undefined {
  TOKEN_ONLY.lastIndex = at
  const match = TOKEN_ONLY.exec(source.text)
  const [, token = '', host = ''] = match ?? []
  if (match === null || !/^https?$|^git/i.test(scheme) || /sentry|glitchtip/i.test(host) || HOSTS_SAID.test(host))
    return undefined
  const shape = shapeOf(token)
  if (
    shape.digits < 2 ||
    chance(token, shape) < 0.6 ||
    sequentialShare(token) > 0.4 ||
    placeholderKind(token) !== undefined
  )
    return undefined
  return {
    start: at + 3,
    end: at + 3 + token.length,
    secret: token,
    rule: 'url-token',
    credentialType: 'api_token',
    confidence: 0.72,
    attributes: { scheme: scheme.toLowerCase() },
    rank: RANK.url,
  }
}
