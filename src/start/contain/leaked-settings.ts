// What leaked, as settings have it: variables, lines of YAML or properties, members of JSON. Pure.
// SECURITY: what is read here goes to the fingerprint and to the probe, and nowhere else.

import { partsOfUri } from './connection-uri.ts'

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

/** A key, then `=` or `: `, then one value to the end of the line; each part is bounded. */
const SETTING =
  /^[ \t]{0,200}(?:- )?(?:export[ \t]{1,9})?(["']?)([A-Za-z][\w.-]{0,99})\1[ \t]{0,9}(?:=[ \t]{0,9}|:[ \t]{1,9})(?:"((?:\\.|[^"\\\r\n]){0,1000})"|'([^'\r\n]{0,1000})'|([^\s"'`#,;{}[\]()][^\s"'`]{0,999}))[ \t]{0,9}[,;]?(?:[ \t]{1,9}#[^\r\n]{0,1000})?\r?$/gm
const SECRET_KEY = /^(|pg|.*_)(?:password|passwd|pwd|pass)$/
/** What may stand beside it under the same beginning: `DB_HOST` beside `DB_PASSWORD`. */
const BESIDE = {
  account: ['user', 'username', 'login'],
  host: ['host', 'hostname', 'server'],
  port: ['port'],
  database: ['database', 'dbname', 'db'],
} as const
/** Where its server is, as one: `spring.datasource.url` beside `spring.datasource.password`. */
const URIS_BESIDE = ['url', 'uri', 'jdbc_url', 'dsn', 'connection_string']
/** It stands for a value that is elsewhere: of `|` and `>`, on the lines below. */
const REFERENCE = /^\$(?:\w|[{(])|^%\w+%$|^<[^>]*>$|^[|>][-+\d]{0,2}$|:\/\//
const MEMBERS_MAX = 2000

type Setting = readonly [key: string, value: string]

/** Each secret with what stands beside it. A key that has two values says nothing of where a secret belongs. */
export function leakedSettings(text: string): LeakedSecret[] {
  const json = jsonIn(text)
  return (json === undefined ? [linesOf(text)] : objectsIn(json)).flatMap(secretsAmong)
}

function secretsAmong(settings: readonly Setting[]): LeakedSecret[] {
  const values = new Map<string, Set<string>>()
  for (const [key, value] of settings) values.set(wordOf(key), (values.get(wordOf(key)) ?? new Set()).add(value))
  return settings.flatMap(([key, secret]) => {
    const start = SECRET_KEY.exec(wordOf(key))?.[1]
    if (start === undefined || secret === '' || REFERENCE.test(secret)) return []
    const of = (part: keyof typeof BESIDE): string => {
      const found = new Set(BESIDE[part].flatMap((word) => Array.from(values.get(start + word) ?? [])))
      const [only = ''] = found
      return found.size === 1 && !REFERENCE.test(only) ? only : ''
    }
    const where = { account: of('account'), host: of('host'), port: of('port'), database: of('database') }
    const uris = URIS_BESIDE.flatMap((word) => Array.from(values.get(start + word) ?? [])).flatMap(serversIn)
    const places = where.host === '' && uris.length > 0 ? uris.map((uri) => filledIn(where, uri)) : [where]
    return places.map((place) => Object.assign(located(place), { secret, form: `the value of ${key}` }))
  })
}

/** Those of databases: a page of the web says nothing of where a password belongs. */
const serversIn = (uri: string): Written[] =>
  (/^https?:/.test(uri) ? [] : partsOfUri(uri)).filter(({ host }) => host !== '')

const filledIn = (where: Written, uri: Written): Written => ({
  account: where.account || uri.account,
  host: uri.host,
  port: uri.port || where.port,
  database: where.database || uri.database,
})

/** `spring.datasource.dbPassword` is `spring_datasource_db_password`. */
const wordOf = (key: string): string =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[.-]/g, '_')
    .toLowerCase()

const linesOf = (text: string): Setting[] =>
  [...text.matchAll(SETTING)].map(([, , key = '', double, single, plain = '']) => [
    key,
    double?.replaceAll(/\\(["\\$`/])/g, '$1') ?? single ?? plain,
  ])

function jsonIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // what only begins like it is read line by line
    return undefined
  }
}

/** Members of each object by themselves: what stands in another one is not beside it. */
function objectsIn(json: unknown): Setting[][] {
  const found: Setting[][] = []
  const waiting: unknown[] = [json]
  for (let seen = 0; waiting.length > 0 && seen < MEMBERS_MAX; seen++) {
    const one = waiting.pop()
    if (typeof one !== 'object' || one === null) continue
    const members = Object.entries(one).slice(0, MEMBERS_MAX)
    waiting.push(...members.map(([, value]) => value as unknown))
    found.push(
      members.flatMap(([key, value]): Setting[] =>
        (typeof value === 'string' || typeof value === 'number') && /^[\w.-]{1,100}$/.test(key)
          ? [[key, String(value)]]
          : [],
      ),
    )
  }
  return found
}

export interface Written {
  readonly account: string
  readonly host: string
  readonly port: string
  readonly database: string
}

/** Without what was not written. */
export const located = ({ account, host, port, database }: Written): Omit<LeakedSecret, 'secret' | 'form'> => ({
  ...(account !== '' && { account }),
  ...(host !== '' && { host, port: Number(port) || PORT }),
  ...(database !== '' && { database }),
})
