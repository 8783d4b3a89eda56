// What leaked, as people find it: the bare value, a connection string, a line of .pgpass, settings. Pure.
// SECURITY: what is read here goes to the fingerprint and to the probe, and nowhere else.
import { partsOfUri } from './connection-uri.ts'
import { decodedSecrets } from './kubernetes-secret.ts'
import { leakedSettings, located } from './leaked-settings.ts'
import type { LeakedSecret } from './leaked-settings.ts'

export type { LeakedSecret } from './leaked-settings.ts'

const FOUND_MAX = 20
/** Each part is bounded: what is read comes from outside. */
const URI = /(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\/[^\s'"`<>\\]{1,2000}/g
const PGPASS = /^([^:\s#]{1,255}):(\d{1,5}|\*):([^:\s]{1,63}):([^:\s]{1,63}):((?:\\.|[^\\:\r\n]){1,1000})$/gm
const PAIR = /\b(\w{1,20})\s{0,9}=\s{0,9}(?:'((?:\\.|[^'\\]){0,1000})'|([^\s']{1,1000}))/g

/** `Host=…;Username=…;Password=…`, as Npgsql and ADO.NET write it; often within a JSON string. */
const DOTNET =
  /(?<=^|[;"])[ \t]{0,9}([A-Za-z][A-Za-z ]{0,19}?)[ \t]{0,9}=[ \t]{0,9}([^;"\\\r\n]{1,1000})(?=;|\r?$|"[,;)}\]\s]|"$)/g
const DOTNET_LINE = /[a-z][ \t]{0,9}=[^;'"]{1,1000};[ \t]{0,9}[a-z][a-z ]{0,19}=/i
const DOTNET_WORDS = {
  secret: ['password', 'pwd'],
  account: ['username', 'user id', 'userid', 'uid', 'user'],
  host: ['host', 'server', 'data source'],
  port: ['port'],
  database: ['database', 'initial catalog'],
} as const

/** What only a setting, a connection string or a quotation has; base64 may end with `=`. */
const NOT_BARE = /[\r\n"'`{}<>]|:\/\/|:\s|:$|=(?!=?$)|^\w{0,99}pass\w{0,99}=+$/i
/** A line of .pgpass that cannot be read as one: a colon within a part, also with a backslash before it. */
const BROKEN_PASS_LINE = /^(?:\\.|[^:\\\s]){1,255}:(?:\d{1,5}|\*):(?:\\.|[^:\\\s]){1,63}:(?:\\.|[^:\\\s]){1,63}:/

/**
 * Each once. Text that was not understood is no secret: it would be tried as a whole, and what leaked would not be. Only `raw`
 * says that all of it is the one value.
 */
export function leakedSecrets(text: string, raw = false): readonly LeakedSecret[] {
  if (raw) return wholly(text)
  // the mark that editors of Windows put before a text is no part of it
  if (text.startsWith('\uFEFF')) return leakedSecrets(text.slice(1))
  const found = decodedSecrets(text).flatMap((part) => [uris(part), passLines(part), leakedSettings(part)].flat())
  if (found.length === 0) found.push(...keyValues(text), ...ofDotNet(text))
  if (found.length === 0 && ![NOT_BARE, BROKEN_PASS_LINE].some((form) => form.test(withoutEnd(text))))
    found.push(...wholly(text))
  return eachOnce(found).slice(0, FOUND_MAX)
}

/** Of the same value, what says less than another and nothing else is the same leak: a URI, and variables beside it. */
function eachOnce(found: readonly LeakedSecret[]): LeakedSecret[] {
  const kept: LeakedSecret[] = []
  for (const one of found.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length))
    if (!kept.some((other) => saysAll(other, one))) kept.push(one)
  return found.filter((one) => kept.includes(one))
}

const saysAll = (other: LeakedSecret, one: LeakedSecret): boolean =>
  (['secret', 'account', 'host', 'port', 'database'] as const).every(
    (part) => one[part] === undefined || one[part] === other[part],
  )

const uris = (text: string): LeakedSecret[] =>
  (text.match(URI) ?? [])
    .flatMap((written) => partsOfUri(written.replace(/[),;\]}.]+$/, '')))
    .filter(({ secret }) => secret !== '')
    .map(({ secret, ...where }) => Object.assign(located(where), { secret, form: 'a connection URI' }))

function passLines(text: string): LeakedSecret[] {
  return [...text.matchAll(PGPASS)].map(([, host, port, database, account, secret = '']) => {
    const given = (word = ''): string => (word === '*' ? '' : word)
    const where = { account: given(account), host: given(host), port: given(port), database: given(database) }
    return Object.assign(located(where), { secret: secret.replaceAll(/\\(.)/g, '$1'), form: 'a line of .pgpass' })
  })
}

function keyValues(text: string): LeakedSecret[] {
  return text.split(/\r?\n/).flatMap((line) => {
    // that is another form
    if (DOTNET_LINE.test(line)) return []
    const pairs = new Map(
      [...line.matchAll(PAIR)].map(([, name = '', quoted, plain]) => [
        name.toLowerCase(),
        quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
      ]),
    )
    const of = (name: string): string => pairs.get(name) ?? ''
    const secret = of('password')
    // a password may hold an equals sign: only beside another word of a connection string is it one
    if (secret === '' || !['host', 'user', 'dbname', 'port', 'hostaddr'].some((name) => pairs.has(name))) return []
    const host = of('host') || of('hostaddr')
    const rest = located({ account: of('user'), host, port: of('port'), database: of('dbname') })
    return [{ secret, ...rest, form: 'a connection string' }]
  })
}

function ofDotNet(text: string): LeakedSecret[] {
  return text.split('\n').flatMap((line) => {
    const pairs = new Map(
      [...line.matchAll(DOTNET)].map(([, name = '', value = '']) => [name.toLowerCase(), value.trim()]),
    )
    const of = (part: keyof typeof DOTNET_WORDS): string =>
      DOTNET_WORDS[part].map((word) => pairs.get(word) ?? '').find((value) => value !== '') ?? ''
    const [secret, host] = [of('secret'), of('host')]
    if (secret === '' || host === '') return []
    const where = { account: of('account'), host, port: of('port'), database: of('database') }
    return [{ secret, ...located(where), form: 'a connection string' }]
  })
}

const withoutEnd = (text: string): string => text.replace(/\r?\n$/, '')

function wholly(text: string): LeakedSecret[] {
  const secret = withoutEnd(text)
  return secret === '' ? [] : [{ secret, form: 'the whole text, as the bare value' }]
}
