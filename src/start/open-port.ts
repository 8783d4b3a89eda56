// Listening: one clear line where the address cannot be had, and a free port where that was allowed.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Fault } from '#kernel'
import type { ListenAddress } from './listen-address.ts'

interface Listening {
  listen(options: { host: string; port: number }): Promise<string>
  readonly server: { address(): AddressInfo | string | null }
}

/** Where it listens in fact. Throws Fault('usage'). */
export async function openPort(
  http: Listening,
  { host, port }: ListenAddress,
  elsePortFree: boolean,
): Promise<ListenAddress> {
  try {
    await http.listen({ host, port })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'EADDRINUSE' && elsePortFree && port !== 0) return await openPort(http, { host, port: 0 }, false)
    throw new Fault('usage', refusal(code, host, port), { cause })
  }
  const address = http.server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP address was asked for')
  return { host, port: address.port }
}

/** Before anything is prepared: a database need not be made to find that its server cannot listen. Throws Fault('usage'). */
export async function refuseTaken({ host, port }: ListenAddress): Promise<void> {
  if (port === 0) return
  const probe = createServer()
  try {
    probe.listen({ host, port, exclusive: true })
    await once(probe, 'listening')
  } catch (cause) {
    throw new Fault('usage', refusal((cause as NodeJS.ErrnoException).code ?? '', host, port), { cause })
  } finally {
    probe.close()
  }
}

function refusal(code: string, host: string, port: number): string {
  if (code === 'EADDRINUSE') {
    return `port ${port} of ${host} is in use: stop what has it, or give another with --listen ${host}:PORT (0 is a free one)`
  }
  if (code === 'EACCES') return `this user may not listen on port ${port}: take one from 1024 on, behind a proxy`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine: see --listen`
  return `${host}:${port} cannot be listened on (${code === '' ? 'unknown error' : code})`
}
