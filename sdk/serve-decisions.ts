// A decision point as a process of its own: on loopback for callers with a token, or on a Unix socket that only its own user
// can open.
import { hash, timingSafeEqual } from 'node:crypto'
import { chmod, lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { ResidentAnswer, TokenFacts } from '#access/decisions'
import type { RouteTable } from '#access/point'
import { buildDecisionServer, HTTP_SETTINGS, stopServer } from '#http'
import { Fault } from '#kernel'
import { openDecisionPoint } from './decision-point.ts'
import type { LocalDecisionPoint, LocalDecisionPointOptions } from './decision-point.ts'

export interface ServeDecisionsOptions extends LocalDecisionPointOptions {
  /** `127.0.0.1:0`, `[::1]:7332`, `unix:/run/reeve/pdp.sock`. */
  readonly listen: string
  /** What callers present. Needed but on a Unix socket. */
  readonly callerToken?: string
  /** For proxies and Kubernetes; without it they are not answered. */
  readonly routes?: RouteTable
  readonly log?: { write(line: string): void }
}

export interface ServedDecisions {
  /** Where it listens in fact. */
  readonly address: string
  readonly point: LocalDecisionPoint
  stop(): Promise<void>
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const TOKEN_FORM = /^[\w-]{32,200}$/

/** Answers at once: with denials (`stale`) until the whole state is known. Throws Fault('usage'). */
export async function serveDecisions(options: ServeDecisionsOptions): Promise<ServedDecisions> {
  const target = targetOf(options.listen)
  const { callerToken, log, routes } = options
  if (callerToken === undefined && 'host' in target) {
    throw new Fault('usage', 'give --caller-token-file, or listen on a Unix socket: any process here could ask')
  }
  if (callerToken !== undefined && !TOKEN_FORM.test(callerToken)) {
    throw new Fault(
      'usage',
      'a caller’s token is 32 to 200 letters, digits, `-` or `_`; `openssl rand -hex 32` makes one',
    )
  }
  const point = await openDecisionPoint(options)
  const server = buildDecisionServer(
    {
      state: point.state,
      now: point.now,
      onDecided: point.onDecided,
      authenticate: callerToken === undefined ? takeAll : holderOf(callerToken),
      ...(callerToken === undefined && { withoutToken: CALLER }),
      ...(routes !== undefined && { routes }),
    },
    // no page of a browser reaches a Unix socket, so its `Host` says nothing
    { ...HTTP_SETTINGS, ...(log !== undefined && { log }), ...('path' in target && { hosts: ['*'] }) },
    point.isFresh,
  )
  try {
    const address = 'path' in target ? await onSocket(server, target.path) : await server.listen(target)
    return {
      address,
      point,
      stop: async () => {
        await stopServer(server)
        await point.stop()
      },
    }
  } catch (cause) {
    await point.stop()
    if (cause instanceof Fault) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new Fault('usage', `${options.listen} cannot be listened on (${code})`, { cause })
  }
}

function targetOf(listen: string): { readonly host: string; readonly port: number } | { readonly path: string } {
  if (listen.startsWith('unix:/')) return { path: listen.slice('unix:'.length) }
  const [, bracketed, bare, port = ''] = /^(?:\[([0-9a-f:]+)\]|([\w.]+)):(\d{1,5})$/.exec(listen) ?? []
  const host = bracketed ?? bare ?? ''
  if (LOOPBACK.has(host) && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new Fault('usage', `\`${listen}\`: a decision point listens on this machine only: 127.0.0.1:0 or unix:/path`)
}

/** Whoever holds the token, or can open the socket: not known to the roll, only to this process. */
const CALLER: TokenFacts = {
  id: 'local',
  hash: '',
  subjectId: 'local',
  scopes: ['decide'],
  expiresAt: Infinity,
  revoked: false,
}
/** The socket lets nobody else in: what is presented on it says nothing more. */
const takeAll = (): ResidentAnswer => ({ token: CALLER })

function holderOf(token: string): (presented: string) => ResidentAnswer {
  const expected = hash('sha256', token, 'buffer')
  return (presented) =>
    timingSafeEqual(hash('sha256', presented, 'buffer'), expected) ? { token: CALLER } : { denied: 'unknown' }
}

async function onSocket(server: ReturnType<typeof buildDecisionServer>, path: string): Promise<string> {
  await removeStale(path)
  // SECURITY: closed to others from its first moment on
  const before = process.umask(0o177)
  try {
    await server.listen({ path })
  } finally {
    process.umask(before)
  }
  await chmod(path, 0o600)
  return `unix:${path}`
}

/** A socket that nobody listens on is left from a process that was killed. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw new Fault('usage', `\`${path}\` is there and is no socket`)
  const taken = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
  if (taken) throw new Fault('usage', `another process listens on \`${path}\``)
  await rm(path)
}
