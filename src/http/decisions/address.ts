// The address that a failure is counted for. An IPv6 host has its whole /64: counting single addresses would count nothing.
import type { IncomingMessage } from 'node:http'

export function addressOf(request: IncomingMessage, behindProxy: boolean): string {
  const own = request.socket.remoteAddress ?? ''
  if (!behindProxy) return network(own)
  // the proxy in front added the last one; those before it are the word of whoever asks
  const said = request.headers['x-forwarded-for']
  const last = (Array.isArray(said) ? said.join(',') : said)?.split(',').at(-1)?.trim()
  return network(last === undefined || last === '' ? own : last)
}

function network(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length)
  if (!address.includes(':')) return address
  const [head = ''] = address.split('::')
  return `${head.split(':').slice(0, 4).join(':')}::/64`
}
