// A connection URI, taken apart: once for each host that it names. Pure.
import type { Written } from './leaked-settings.ts'

const HOSTS_MAX = 10
/** `user:password@`, the hosts, and the rest. */
const PARTS = /^([a-z+\w]{1,40}:\/\/)((?:[^/?#]{0,1500}@)?)([^/?#@]{0,1500})([^]*)$/

/** JDBC's too. What was not written is ''; nothing where it is no URI. */
export function partsOfUri(written: string): (Written & { readonly secret: string })[] {
  const [, scheme = '', credentials = '', hosts = '', rest = ''] = PARTS.exec(written.replace(/^jdbc:/, '')) ?? []
  return hosts
    .split(',')
    .slice(0, HOSTS_MAX)
    .flatMap((host) => atOneHost(`${scheme}${credentials}${host}${rest}`))
}

function atOneHost(written: string): (Written & { readonly secret: string })[] {
  const url = URL.parse(written)
  if (url === null) return []
  const of = (name: string): string => url.searchParams.get(name) ?? ''
  return [
    {
      secret: decoded(url.password) || of('password'),
      account: decoded(url.username) || of('user'),
      host: url.hostname.replace(/^\[(.*)\]$/, '$1') || of('host'),
      port: url.port,
      database: decoded(url.pathname.slice(1)),
    },
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a stray per cent sign is itself
    return text
  }
}
