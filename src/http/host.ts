// Which `Host` is answered.
import { Fault } from '#kernel'
import type { HttpSettings } from './doors.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** SECURITY: a page that makes its own name point to this address (DNS rebinding) gets nothing. */
export function assertHost(host: string | undefined, { hosts, behindProxy }: HttpSettings): void {
  const allowed = hosts ?? (behindProxy ? undefined : LOOPBACK)
  if (allowed === undefined || allowed.includes('*')) return
  const name = (host ?? '').toLowerCase().replace(/:\d{1,5}$/, '')
  if (!allowed.includes(name)) throw new Fault('invalid', 'this server does not answer to that `Host`')
}
