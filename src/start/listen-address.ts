// Where the server listens. SECURITY: plain HTTP leaves the machine only behind a proxy that was declared.
import { isIP } from 'node:net'
import { Fault } from '#kernel'

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export const LISTEN_DEFAULT = '127.0.0.1:7330'

/** `host:port`, `[::1]:port`, `:port` (loopback). Throws Fault('usage'). */
export function parseListen(text: string): ListenAddress {
  const [, bracketed, bare, port = ''] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]*)):(\d{1,5})$/.exec(text.trim()) ?? []
  const host = bracketed ?? (bare === '' ? '127.0.0.1' : bare)
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6) || Number(port) > 65_535) {
    throw new Fault('usage', `\`${text}\` is no address to listen on: write it as ${LISTEN_DEFAULT} or [::1]:7330`)
  }
  return { host, port: Number(port) }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Throws Fault('usage') where tokens would travel in the clear. */
export function refuseExposed(
  { host, port }: ListenAddress,
  { tls, behindProxy }: { readonly tls: boolean; readonly behindProxy: boolean },
): void {
  if (isLoopback(host) || tls || behindProxy) return
  throw new Fault(
    'usage',
    `${host}:${port} can be reached from other machines and tokens would travel unencrypted: set server.tls in reeve.yaml, ` +
      'or server.behindProxy when a proxy in front ends TLS, or listen on 127.0.0.1',
  )
}

export function urlOf({ host, port }: ListenAddress, tls: boolean): string {
  return `${tls ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}
