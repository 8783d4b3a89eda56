// What leaked, as people find it: the bare value, a connection string, a line of .pgpass, variables. Pure.
// SECURITY: what is read here goes to the fingerprint and to the probe, and nowhere else.

export interface LeakedSecret {
  readonly secret: string
  readonly account?: string
  readonly host?: string
  readonly port?: number
  readonly database?: string
  /** In what form it stood there. */
  readonly form: string
}

const PORT = 5432
const FOUND_MAX = 20
/** Each part is bounded: what is read comes from outside. */
const URI = /(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\/[^\s'"`<>\\]{1,2000}/g
const PGPASS = /^([^:\s#]{1,255}):(\d{1,5}|\*):([^:\s]{1,63}):([^:\s]{1,63}):((?:\\.|[^\\:\r\n]){1,1000})$/gm
const VARIABLE =
  /^\s*(?:export\s+)?(PG(?:HOST|PORT|USER|PASSWORD|DATABASE))\s*[=:]\s*(?:"([^"\r\n]*)"|'([^'\r\n]*)'|([^\s#]*))/gm
const PAIR = /\b(\w{1,20})\s{0,9}=\s{0,9}(?:'((?:\\.|[^'\\]){0,1000})'|([^\s']{1,1000}))/g

/** Each once. A text of several lines in which nothing of this is found holds nothing that can be told from the rest. */
export function leakedSecrets(text: string): readonly LeakedSecret[] {
  const found = [...uris(text), ...passLines(text), ...variables(text)]
  if (found.length === 0) found.push(...keyValues(text))
  if (found.length === 0) found.push(...bare(text))
  const known = new Map(found.map((one) => [JSON.stringify([one.secret, one.account, one.host, one.port]), one]))
  return [...known.values()].slice(0, FOUND_MAX)
}

function uris(text: string): LeakedSecret[] {
  return (text.match(URI) ?? []).flatMap((written) => {
    const url = URL.parse(written.replace(/^jdbc:/, '').replace(/[),;\]}.]+$/, ''))
    if (url === null) return []
    const secret = decoded(url.password) || url.searchParams.get('password') || ''
    const account = decoded(url.username) || url.searchParams.get('user') || ''
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1') || url.searchParams.get('host') || ''
    const port = url.port === '' ? PORT : Number(url.port)
    if (secret === '') return []
    return [
      { secret, ...named({ account, host, port, database: decoded(url.pathname.slice(1)) }), form: 'a connection URI' },
    ]
  })
}

function passLines(text: string): LeakedSecret[] {
  return [...text.matchAll(PGPASS)].map(([, host, port, database, account, secret = '']) => {
    const given = (word = ''): string => (word === '*' ? '' : word)
    const where = {
      account: given(account),
      host: given(host),
      port: Number(given(port)) || PORT,
      database: given(database),
    }
    return Object.assign(named(where), { secret: secret.replaceAll(/\\(.)/g, '$1'), form: 'a line of .pgpass' })
  })
}

function variables(text: string): LeakedSecret[] {
  const values = new Map([...text.matchAll(VARIABLE)].map(([, name, a, b, c]) => [name, a ?? b ?? c ?? '']))
  const of = (name: string): string => values.get(name) ?? ''
  const secret = of('PGPASSWORD')
  const port = Number(of('PGPORT')) || PORT
  if (secret === '') return []
  const rest = named({ account: of('PGUSER'), host: of('PGHOST'), port, database: of('PGDATABASE') })
  return [{ secret, ...rest, form: 'the variable PGPASSWORD' }]
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
    const rest = named({ account: of('user'), host, port: Number(of('port')) || PORT, database: of('dbname') })
    return [{ secret, ...rest, form: 'a connection string' }]
  })
}

function bare(text: string): LeakedSecret[] {
  const secret = text.replace(/\r?\n$/, '')
  return secret === '' || /[\r\n]/.test(secret) ? [] : [{ secret, form: 'the bare value' }]
}

interface Where {
  readonly account: string
  readonly host: string
  readonly port: number
  readonly database: string
}

const named = ({ account, host, port, database }: Where): Omit<LeakedSecret, 'secret' | 'form'> => ({
  ...(account !== '' && { account }),
  ...(host !== '' && { host, port }),
  ...(database !== '' && { database }),
})

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a stray per cent sign is itself
    return text
  }
}
