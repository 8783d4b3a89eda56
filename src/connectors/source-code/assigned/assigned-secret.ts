// A secret that a name beside it announces: from an anchor word to a candidate.
import { basicValue } from '../authorization.ts'
import { BAR, RANK } from '../candidate.ts'
import type { Candidate } from '../candidate.ts'
import { lineEnd, lineStart } from '../source-text.ts'
import type { SourceText } from '../source-text.ts'
import { assignedAt } from './assignment.ts'
import type { Assigned } from './way.ts'
import { judge } from './judge.ts'
import type { NameAt } from './name-at.ts'
import { placeholderKind } from './placeholder.ts'
import { readQuoted } from './read-value.ts'
import { secretName, wordsOf } from './secret-name.ts'
import type { SecretName } from './secret-name.ts'

const SCHEME =
  /^(?:Bearer|Basic|Token|ApiKey|Api-Key|Digest|SSWS|Splunk|GenieKey|key|JWT|Negotiate|OAuth)(?:\s+(?:token=)?|=)/i
/** Sentences that show a value instead of giving one. */
const SHOWS = /\b(?:e\.g\.|for (?:example|instance)|an example|example:|looks like|such as|something like|z\. ?B\.)/i
const lineAround = (text: string, at: number): string => text.slice(lineStart(text, at), lineEnd(text, at))
/** First words of functions that read, test or transform what they are given, so that the value is no secret kept here. */
const ASKS = new Set(
  'get has is find check validate verify encode decode hash test assert parse generate create make build new read load fetch remove delete contains expect equals match require include prompt ask input print log warn error throw describe it label t translate compare format escape strip render show hide on to from with_no expand register unset clear invalid toggle reset forgot confirm analyze tokenize lex should'.split(
    ' ',
  ),
)

/** What names said, kept because few names make up most of a file. Pure knowledge: nothing of a file's values is in it. */
const SAID = new Map<string, SecretName | undefined>()
const SAID_MAX = 4096

function whatNameSays(name: string): SecretName | undefined {
  if (SAID.has(name)) return SAID.get(name)
  if (SAID.size >= SAID_MAX) SAID.clear()
  // a name cut out of a text keeps the whole text in memory; what stays gets a copy
  const own = Buffer.from(name).toString()
  const what = secretName(own)
  SAID.set(own, what)
  return what
}

export function assignedSecret(source: SourceText, name: NameAt): Candidate | undefined {
  const said = whatNameSays(spokenName(source.text, name))
  if (said === undefined) return undefined
  const found = withoutMark(assignedAt(source.text, name, source.kind))
  if (found === undefined || found.value === '') return undefined
  if (found.way === 'call' && !isSetter(name.name)) return undefined
  if (found.way === 'prose' && !/\d/.test(found.value)) return undefined
  if (
    /passwords$/i.test(name.name) &&
    /\[\s*["']$/.test(source.text.slice(Math.max(0, found.start - 8), found.start))
  ) {
    return undefined
  }
  if (source.kind.syntax === 'prose' && SHOWS.test(lineAround(source.text, found.start))) return undefined
  if (said.kind === 'auth' || said.kind === 'token') {
    const scheme = SCHEME.exec(found.value)?.[0]
    if (scheme !== undefined) return withScheme(source, found, scheme, said.spelled)
  }
  if (said.kind === 'auth' && /^[A-Za-z0-9+/]{8,}={0,2}$/.test(found.value) && found.quoted) {
    const basic = basicValue(source, found.start, found.value, 'basic-auth-value')
    if (basic !== undefined) return { ...basic, name: name.name }
  }
  const pair = said.kind === 'auth' || /userpwd$/i.test(name.name) ? userAndPassword(source, found) : undefined
  if (pair !== undefined) return { ...pair, name: source.decode(name.name) }
  const verdict = judge(said, found, source.kind)
  if (verdict === undefined || verdict.confidence < BAR) return undefined
  return {
    start: found.start,
    end: found.end,
    secret: source.decode(decodedForCluster(source, found)),
    name: source.decode(name.name),
    ...verdict,
    rank: verdict.rule.startsWith('generic-') ? RANK.assigned : RANK.authorization,
  }
}

/** Spring's `{noop}` before a password says that it stands there as it is. */
function withoutMark(found: Assigned | undefined): Assigned | undefined {
  const mark = found === undefined ? undefined : /^\{(?:noop|plain|cleartext)\}/i.exec(found.value)?.[0]
  if (found === undefined || mark === undefined) return found
  return { ...found, start: found.start + mark.length, value: found.value.slice(mark.length) }
}

/** SQL's `IDENTIFIED BY '…'`; `end` is behind the word `by`. */
export function identifiedBy(source: SourceText, end: number): Candidate | undefined {
  if (
    !/\b(?:user|role|grant|alter|create|with|set|mysql_native_password|login)\b/i.test(
      source.text.slice(Math.max(0, end - 160), end),
    )
  )
    return undefined
  return sqlPassword(source, end, /^\s{1,8}(?:VALUES\s{1,4})?(?=["'])/i)
}

/** SQL's `SET PASSWORD FOR user = '…'`; `end` is behind the word `password`. */
export const passwordSet = (source: SourceText, end: number): Candidate | undefined =>
  sqlPassword(source, end, /^(?:\s{1,8}for\s{1,8}[^\s=]{1,120})?\s{0,8}=\s{0,8}(?:password\(\s{0,4})?(?=["'])/i)

function sqlPassword(source: SourceText, end: number, between: RegExp): Candidate | undefined {
  const gap = between.exec(source.text.slice(end, end + 170))?.[0]
  const read = gap === undefined ? undefined : readQuoted(source.text, end + gap.length)
  if (read === undefined) return undefined
  const name: SecretName = { kind: 'password', exact: true, spelled: 'identified_by' }
  const verdict = judge(name, { ...read, way: 'assign' }, source.kind)
  if (verdict === undefined || verdict.confidence < BAR) return undefined
  const { start } = read
  return { start, end: read.end, secret: source.decode(read.value), ...verdict, rank: RANK.assigned }
}

/** Two words of a sentence are one name: `api key = …`, `access token: …`. */
function spokenName(text: string, { name, start }: NameAt): string {
  if (!/^(?:key|token|code)s?$/i.test(name)) return name
  const word = /\b(api|access|secret|license|auth|encryption|aws|account|master|app|shared|server|isakmp)[ ]$/i.exec(
    text.slice(Math.max(0, start - 12), start),
  )?.[1]
  return word === undefined ? name : `${word === 'server' || word === 'isakmp' ? 'shared' : word}_${name}`
}

/** A value `user:password`, as `credentials:` and `auth:` take it. */
function userAndPassword(source: SourceText, found: Assigned): Candidate | undefined {
  const password = /^[\w.@-]{2,40}:([^\s:/]{4,128})$/.exec(found.value)?.[1]
  if (password === undefined || found.value.length !== found.end - found.start) return undefined
  const name: SecretName = { kind: 'password', exact: true, spelled: 'password' }
  const verdict = judge(name, { ...found, value: password }, source.kind)
  if (verdict === undefined || verdict.confidence < BAR || !/\d/.test(password)) return undefined
  const start = found.end - password.length
  return {
    start,
    end: found.end,
    secret: source.decode(password),
    ...verdict,
    rule: 'user-and-password',
    rank: RANK.authorization,
  }
}

function isSetter(name: string): boolean {
  const words = wordsOf(name.slice(name.lastIndexOf('.') + 1))
  return !ASKS.has(words[0] ?? '')
}

function withScheme(source: SourceText, found: Assigned, scheme: string, spelled: string): Candidate | undefined {
  const rest = found.value.slice(scheme.length)
  const start = found.start + scheme.length
  if (/^basic/i.test(scheme)) return basicValue(source, start, rest, 'authorization-basic')
  if (found.continued || placeholderKind(rest) !== undefined) return undefined
  const verdict = judge({ kind: 'token', exact: true, spelled }, { ...found, value: rest }, source.kind)
  if (verdict === undefined || verdict.confidence < BAR) return undefined
  return {
    start,
    end: found.end,
    secret: source.decode(rest),
    name: spelled,
    ...verdict,
    rule: 'authorization-bearer',
    rank: RANK.authorization,
  }
}

/** Values under `data:` of a cluster's Secret are base 64 of the secret itself, which is what joins with other places. */
function decodedForCluster(source: SourceText, found: Assigned): string {
  if (source.kind.syntax !== 'config' || !/^[A-Za-z0-9+/]{4,}={0,2}$/.test(found.value)) return found.value
  if (!/^kind: ?Secret\b/m.test(source.text.slice(0, 20_000))) return found.value
  const plain = Buffer.from(found.value, 'base64').toString('latin1').trimEnd()
  return /^[\x20-\x7e]{3,}$/.test(plain) ? plain : found.value
}
