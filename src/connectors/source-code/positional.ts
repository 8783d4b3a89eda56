// Passwords given by place and not by name: `login("user", "password")`, `auth=("user", "password")`, lines of .pgpass.
import { BAR, RANK } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { chance } from './assigned/judge.ts'
import { placeholderKind, WEAK_PASSWORDS } from './assigned/placeholder.ts'
import { readQuoted } from './assigned/read-value.ts'
import { isIdentifier, refusal } from './assigned/refusals.ts'
import { shapeOf } from './assigned/value-shape.ts'
import type { SourceText } from './source-text.ts'

interface Call {
  /** What stands right before the opening bracket, as an anchor finds it (without regard to case). */
  readonly name: string
  /** Which argument is the secret, from 0; negative counts from the last. */
  readonly place: number
  readonly count: readonly [number, number]
  /** True when the argument is `user:password`. */
  readonly pair?: boolean
}

export const CALLS: readonly Call[] = [
  { name: 'login(', place: 1, count: [2, 3] },
  { name: 'log_in(', place: 1, count: [2, 3] },
  { name: 'signin(', place: 1, count: [2, 3] },
  { name: 'sign_in(', place: 1, count: [2, 3] },
  { name: 'authenticate(', place: 1, count: [2, 3] },
  { name: 'auth=(', place: 1, count: [2, 2] },
  { name: 'auth = (', place: 1, count: [2, 2] },
  { name: 'basicauth(', place: 1, count: [2, 3] },
  { name: 'basic_auth(', place: 1, count: [2, 3] },
  { name: 'basicauthentication(', place: 1, count: [2, 3] },
  { name: 'basic_auth=(', place: 1, count: [2, 2] },
  { name: 'digestauth(', place: 1, count: [2, 3] },
  { name: 'passwordauthentication(', place: 1, count: [2, 2] },
  { name: 'credentials(', place: 1, count: [2, 3] },
  { name: 'plaincredentials(', place: 1, count: [2, 3] },
  { name: 'networkcredential(', place: 1, count: [2, 3] },
  { name: 'authenticationtoken(', place: 1, count: [2, 3] },
  { name: 'plainauth(', place: 2, count: [4, 4] },
  { name: 'getconnection(', place: 2, count: [3, 3] },
  { name: 'mysqli(', place: 2, count: [3, 6] },
  { name: 'mysqli_connect(', place: 2, count: [3, 6] },
  { name: 'mysql_connect(', place: 2, count: [3, 4] },
  { name: 'pdo(', place: 2, count: [3, 4] },
  { name: 'mysqldb.connect(', place: 2, count: [3, 5] },
  { name: 'pymysql.connect(', place: 2, count: [3, 5] },
  { name: 'ldap_bind(', place: 2, count: [3, 3] },
  { name: 'simple_bind_s(', place: 1, count: [2, 2] },
  { name: 'simple_bind(', place: 1, count: [2, 3] },
  { name: 'dbi->connect(', place: 2, count: [3, 4] },
  { name: 'mysql_real_connect(', place: 3, count: [4, 8] },
  { name: 'secretkeyspec(', place: 0, count: [2, 2] },
  { name: 'jwt.sign(', place: 1, count: [2, 4] },
  { name: 'jwt.verify(', place: 1, count: [2, 4] },
  { name: 'jwt.encode(', place: 1, count: [2, 4] },
  { name: 'jwt.decode(', place: 1, count: [2, 4] },
  { name: 'createhmac(', place: 1, count: [2, 2] },
  { name: 'cookieparser(', place: 0, count: [1, 2] },
  { name: '.auth(', place: 1, count: [2, 3] },
  { name: 'fernet(', place: 0, count: [1, 1] },
  { name: 'hmac.new(', place: 0, count: [2, 3] },
  { name: 'aes.new(', place: 0, count: [1, 3] },
  { name: 'signwith(', place: 1, count: [2, 2] },
  { name: 'client.login(', place: 0, count: [1, 1] },
  { name: 'client.run(', place: 0, count: [1, 1] },
  { name: 'bot.run(', place: 0, count: [1, 1] },
  { name: 'bot.login(', place: 0, count: [1, 1] },
  { name: 'btoa(', place: 0, count: [1, 1], pair: true },
  { name: 'b64encode(', place: 0, count: [1, 1], pair: true },
  { name: 'base64_encode(', place: 0, count: [1, 1], pair: true },
  { name: 'setbasicauth(', place: 1, count: [2, 2] },
  { name: 'withauth(', place: 1, count: [2, 2] },
  { name: 'withcredentials(', place: 1, count: [2, 2] },
  { name: 'usernamepassword(', place: 1, count: [2, 3] },
]

/** `after` is right behind the opening bracket. */
export function positionalPassword(source: SourceText, after: number, call: Call): Candidate | undefined {
  const { text } = source
  const values: { start: number; end: number; value: string; quoted: boolean }[] = []
  let at = after
  for (let index = 0; index <= call.count[1]; index++) {
    at += /^\s{0,60}(?:\w{1,30}\s?[=:]\s?(?=["']))?/.exec(text.slice(at, at + 100))?.[0].length ?? 0
    const read = /^[rbuf@]{0,2}["'`]/.test(text.slice(at, at + 3)) ? readQuoted(text, at) : undefined
    const bare = read === undefined ? /^[\w$.:[\]"'()>-]{1,80}?(?=\s{0,8}[,)])/.exec(text.slice(at, at + 90)) : null
    if (read === undefined && bare === null) return undefined
    const end = read === undefined ? at + (bare?.[0].length ?? 0) : read.end + 1
    values.push({
      start: read?.start ?? at,
      end: read?.end ?? end,
      value: read?.value ?? '',
      quoted: read !== undefined && !read.continued,
    })
    const next = /^(?:\.\w{1,20}\(["\w.-]{0,16}\))?\s{0,8}([,)])/.exec(text.slice(end, end + 30))
    if (next === null) return undefined
    at = end + next[0].length
    if (next[1] === ')') break
  }
  if (values.length < call.count[0] || values.length > call.count[1]) return undefined
  const found = values.at(call.place)
  if (found === undefined || !found.quoted) return undefined
  if (call.pair === true) return pairHere(source, found)
  const user = values[call.place - 1]
  return passwordHere(source, found, user?.quoted === true ? 0.62 : 0.55, 'positional-password')
}

/** A literal `user:password`; the password is the secret. */
function pairHere(source: SourceText, found: { start: number; end: number; value: string }): Candidate | undefined {
  const colon = found.value.indexOf(':')
  if (colon < 1 || found.value.length !== found.end - found.start) return undefined
  const start = found.start + colon + 1
  const pair = { start, end: found.end, value: found.value.slice(colon + 1) }
  return passwordHere(source, pair, 0.62, 'user-and-password')
}

/** `"…".toCharArray()`: what is made into characters to be wiped is a password; `at` is the offset of the closing quote. */
export function characterArray(source: SourceText, at: number): Candidate | undefined {
  const value = /"([^"\\\n]{6,80})$/.exec(source.text.slice(Math.max(0, at - 82), at))?.[1]
  if (value === undefined || !/\d/.test(value) || !/[A-Za-z]/.test(value) || /\s/.test(value)) return undefined
  return passwordHere(source, { start: at - value.length, end: at, value }, 0.58, 'positional-password')
}

/** One line of a `.pgpass` file. */
export function* pgpassLines(source: SourceText): Generator<Candidate> {
  for (const match of source.text.matchAll(/^(?!#)(?:[^:\r\n]{1,200}:){4}([^\r\n]{1,200})$/gm)) {
    const value = match[1] ?? ''
    const end = match.index + match[0].length
    const found = passwordHere(
      source,
      { start: end - value.length, end, value: value.replaceAll(/\\([:\\])/g, '$1') },
      0.85,
      'pgpass',
    )
    if (found !== undefined) yield found
  }
}

function passwordHere(
  source: SourceText,
  { start, end, value }: { start: number; end: number; value: string },
  base: number,
  rule: string,
): Candidate | undefined {
  const shape = shapeOf(value)
  if (
    value.length < 3 ||
    /^[A-Z]{1,8}$|^[a-z]{1,3}$/.test(value) ||
    placeholderKind(value) !== undefined ||
    refusal(value, shape, 'password', true) !== undefined
  )
    return undefined
  let confidence = base + (chance(value, shape) - 0.5) * 0.3
  if (isIdentifier(value, shape) && base < 0.8) confidence -= 0.25
  if (shape.digits + shape.special === 0 && !WEAK_PASSWORDS.has(value.toLowerCase())) confidence -= 0.1
  if (confidence < BAR) return undefined
  return {
    start,
    end,
    secret: source.decode(value),
    rule,
    credentialType: 'password',
    confidence: Math.min(0.9, confidence),
    rank: RANK.assigned,
  }
}
