// A real proxy in front of a real decision point and an application that says what it was sent.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DecisionState, ResidentAnswer, RouteTable } from '#access/decisions'
import { buildDecisionServer, HTTP_SETTINGS } from '#http'
import { NOON } from '../../src/access/decide/state-in-test.ts'
import { freePort } from '../../src/db/free-port-in-test.ts'
import type { DecisionsDoor } from '../../src/http/decisions/door.ts'
import { makeCertificates } from './certificates-in-test.ts'
import type { Certificate } from './certificates-in-test.ts'

export type ProxyKind = 'nginx' | 'caddy'

export function proxyMissing(kind: ProxyKind): string | false {
  if (spawnSync('openssl', ['version']).status !== 0) return 'openssl is not here'
  return spawnSync(kind, [kind === 'nginx' ? '-v' : 'version']).status === 0 ? false : `${kind} is not here`
}

interface Passed {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** What the application was sent; `undefined` where it was not asked. */
  readonly arrived:
    | { readonly url: string; readonly method: string; readonly headers: Record<string, string> }
    | undefined
}

export interface Proxy {
  readonly port: number
  readonly tls: Certificate
  /** How often the application was. */
  readonly asked: () => number
  ask(
    path: string,
    more?: { readonly method?: string; readonly headers?: Record<string, string>; readonly as?: string },
  ): Promise<Passed>
  close(): Promise<void>
}

export interface Proxied extends Proxy {
  stopPoint(): Promise<void>
}

/** With a decision point of its own, in this process, over a state that a test made. */
export async function proxied(
  kind: ProxyKind,
  state: DecisionState,
  routes: RouteTable,
  door: Partial<DecisionsDoor> = {},
): Promise<Proxied> {
  const folder = mkdtempSync(join(tmpdir(), `reeve-${kind}-`))
  const socket = join(folder, 'pdp.sock')
  const point = pointOf(state, routes, door)
  await point.listen({ path: socket })
  const proxy = await startProxy(kind, folder, socket, routes.mode === 'observe')
  return {
    ...proxy,
    stopPoint: async () => await point.close(),
    close: async () => {
      await proxy.close()
      await point.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Below a folder of the test's, which stays; no service of the machine. `socket` is where the decision point listens. */
export async function startProxy(kind: ProxyKind, folder: string, socket: string, observe = false): Promise<Proxy> {
  const certificates = makeCertificates(folder)
  let asked = 0
  const application = http.createServer(({ url, method, headers }, response) => {
    asked++
    response.end(JSON.stringify({ url, method, headers }))
  })
  application.listen(0, '127.0.0.1')
  await once(application, 'listening')
  const behind = `127.0.0.1:${(application.address() as AddressInfo).port}`
  const port = await freePort()
  const child = start(kind, folder, { port, socket, behind, observe })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  const ended = once(child, 'close')
  await reachable(port, () => (child.exitCode === null ? undefined : said))
  return {
    port,
    tls: certificates.of('app'),
    asked: () => asked,
    ask: async (path, { as = 'app', ...more } = {}) => {
      const before = asked
      const { status, headers, text } = await send(port, path, certificates.of(as), more)
      const arrived = asked === before || text === '' ? undefined : (JSON.parse(text) as NonNullable<Passed['arrived']>)
      return { status, headers, arrived }
    },
    close: async () => {
      child.kill('SIGTERM')
      await ended
      application.closeAllConnections()
      application.close()
    },
  }
}

/** On its socket anybody may ask. */
function pointOf(
  state: DecisionState,
  routes: RouteTable,
  door: Partial<DecisionsDoor>,
): ReturnType<typeof buildDecisionServer> {
  const local = { id: 'local', hash: '', subjectId: 'local', scopes: ['decide'], expiresAt: Infinity, revoked: false }
  const authenticate = (): ResidentAnswer => ({ token: local })
  return buildDecisionServer(
    { state: () => state, now: () => NOON, authenticate, withoutToken: local, routes, ...door },
    { ...HTTP_SETTINGS, hosts: ['*'] },
    () => true,
  )
}

async function send(
  port: number,
  path: string,
  certificate: Certificate,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> },
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }> {
  const where = { host: '127.0.0.1', servername: 'localhost', port, path, agent: false, ...certificate }
  return await new Promise((resolve, reject) => {
    const sent = https.request({ ...where, method, headers: { host: 'localhost', ...headers } }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

interface Places {
  readonly port: number
  readonly socket: string
  readonly behind: string
  readonly observe: boolean
}

/** With the file that users are given, at other places. */
function start(kind: ProxyKind, folder: string, places: Places): ReturnType<typeof spawnPiped> {
  const given = readFileSync(`deploy/enforcement/${kind === 'nginx' ? 'nginx.conf' : 'Caddyfile'}`, 'utf8')
  const text = (places.observe ? given.replaceAll('#observe ', '') : given)
    .replaceAll('/run/reeve/pdp.sock', places.socket)
    .replaceAll('127.0.0.1:8080', places.behind)
    .replaceAll(/\/etc\/(?:nginx|caddy)\/tls/g, folder)
    .replace('listen 443 ssl', `listen 127.0.0.1:${places.port} ssl`)
    .replace('https://localhost:443 {', `https://localhost:${places.port} {\n\tbind 127.0.0.1`)
  const file = join(folder, kind)
  if (kind === 'caddy') {
    writeFileSync(file, text)
    const home = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder, PATH: process.env['PATH'] ?? '' }
    return spawnPiped('caddy', ['run', '--adapter', 'caddyfile', '--config', file], home)
  }
  mkdirSync(join(folder, 'temporary'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/temporary/${of};`,
  )
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;
     events { worker_connections 64; } http { access_log off; ${temporary.join(' ')}\n${text}\n}`,
  )
  return spawnPiped('nginx', ['-e', 'stderr', '-p', folder, '-c', file], process.env)
}

const spawnPiped = (command: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
  spawn(command, [...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })

async function reachable(port: number, dead: () => string | undefined): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const why = dead()
    if (why !== undefined) throw new Error(`the proxy ended: ${why}`)
    const open = await new Promise<boolean>((resolve) => {
      const probe = http.get({ host: '127.0.0.1', port, agent: false }, () => resolve(true))
      probe.on('error', (error) => resolve(!('code' in error && error.code === 'ECONNREFUSED')))
      probe.on('response', () => probe.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the proxy does not listen')
}
