// What leaked, as people find it: the bare value, a connection string, a line of .pgpass, settings. Pure.
// SECURITY: what is read here goes to the fingerprint and to the probe, and nowhere else.
import { leakedSettings, located } from './leaked-settings.ts'
import type { LeakedSecret } from './leaked-settings.ts'

export type { LeakedSecret } from './leaked-settings.ts'

const FOUND_MAX = 20
/** Each part is bounded: what is read comes from outside. */
const URI = /(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\/[^\s'"`<>\\]{1,2000}/g
/** `user:password@`, the hosts, and the rest. */
const PARTS = /^([a-z+\w]{1,40}:\/\/)((?:[^/?#]{0,1500}@)?)([^/?#@]{0,1500})([^]*)$/
const HOSTS_MAX = 10
const PGPASS = /^([^:\s#]{1,255}):(\d{1,5}|\*):([^:\s]{1,63}):([^:\s]{1,63}):((?:\\.|[^\\:\r\n]){1,1000})$/gm
const PAIR = /\b(\w{1,20})\s{0,9}=\s{0,9}(?:'((?:\\.|[^'\\]){0,1000})'|([^\s']{1,1000}))/g

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
  const found = [...uris(text), ...passLines(text), ...leakedSettings(text)]
  if (found.length === 0) found.push(...keyValues(text))
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

function uris(text: string): LeakedSecret[] {
  return (text.match(URI) ?? []).flatMap((written) => {
    const whole = written.replace(/^jdbc:/, '').replace(/[),;\]}.]+$/, '')
    const [, scheme = '', credentials = '', hosts = '', rest = ''] = PARTS.exec(whole) ?? []
    return hosts
      .split(',')
      .slice(0, HOSTS_MAX)
      .flatMap((host) => ofUri(`${scheme}${credentials}${host}${rest}`))
  })
}

function ofUri(written: string): LeakedSecret[] {
  const url = URL.parse(written)
  if (url === null) return []
  const secret = decoded(url.password) || url.searchParams.get('password') || ''
  if (secret === '') return []
  const account = decoded(url.username) || url.searchParams.get('user') || ''
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || url.searchParams.get('host') || ''
  const { port } = url
  return [
    { secret, ...located({ account, host, port, database: decoded(url.pathname.slice(1)) }), form: 'a connection URI' },
  ]
}

function passLines(text: string): LeakedSecret[] {
  return [...text.matchAll(PGPASS)].map(([, host, port, database, account, secret = '']) => {
    const given = (word = ''): string => (word === '*' ? '' : word)
    const where = { account: given(account), host: given(host), port: given(port), database: given(database) }
    return Object.assign(located(where), { secret: secret.replaceAll(/\\(.)/g, '$1'), form: 'a line of .pgpass' })
  })
}

function keyValues(text: string): LeakedSecret[] {
  return text.split(/\r?\n/).flatMap((line) => {
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

const withoutEnd = (text: string): string => text.replace(/\r?\n$/, '')

function wholly(text: string): LeakedSecret[] {
  const secret = withoutEnd(text)
  return secret === '' ? [] : [{ secret, form: 'the whole text, as the bare value' }]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a stray per cent sign is itself
    return text
  }
}
