// A decision point on a socket, over a state that a test made: no database.
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { ResidentAuthentication } from '#access/decisions'
import type { DecisionState } from '#access/decisions'
import { mintToken } from '#access/records'
import type { Scope } from '#access/records'
import { facts, HOUR, NOON, principalId } from '../../access/decide/state-in-test.ts'
import { hashToken } from '../../access/token/token-value.ts'
import { HTTP_SETTINGS } from '../doors.ts'
import type { HttpSettings } from '../doors.ts'
import { listenerOf } from '../listener.ts'
import { serverLog } from '../log.ts'
import { sendProblem } from '../problem.ts'
import { decisionsBeside } from './beside.ts'
import type { DecisionsDoor } from './door.ts'
import type { PlainDesk } from './plain-connection.ts'

export interface Told {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  // tests look into answers of every form
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

export interface PointInTest {
  readonly state: DecisionState
  readonly token: string
  readonly url: string
  /** A token of this client of the roll. */
  tokenOf(name: string, scopes?: readonly Scope[]): string
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Told>
  ask(method: string, path: string, text: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Told>
  close(): Promise<void>
}

export async function pointInTest(
  state: DecisionState,
  more: {
    readonly door?: Partial<DecisionsDoor>
    readonly settings?: Partial<HttpSettings>
    /** What answers before Node's parser does, in place of the point's own. */
    readonly plain?: (own: PlainDesk | undefined) => PlainDesk | undefined
  } = {},
): Promise<PointInTest> {
  const key = { keyId: 'hk_test', key: randomBytes(32) }
  const now = more.door?.now ?? ((): number => NOON)
  const tokens = new ResidentAuthentication(() => [key])
  const settings = { ...HTTP_SETTINGS, ...more.settings }
  const beside = decisionsBeside(
    {
      state: () => state,
      now,
      authenticate: (presented, shown) => tokens.authenticate(state, presented, now(), shown),
      ...more.door,
    },
    settings,
    serverLog(settings),
  )
  const plain = (more.plain ?? ((own) => own))(beside.plain)
  const server: FastifyInstance = Fastify({
    serverFactory: (handler, options) => listenerOf(settings, options, beside.before(handler), plain),
  })
  server.setErrorHandler(sendProblem)
  beside.install(server)
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const tokenOf = (name: string, scopes: readonly Scope[] = ['decide']): string => {
    const value = mintToken('client')
    const hash = hashToken(value, key).toString('hex')
    if (state.principal(principalId(name)) === undefined)
      state.putPrincipal(facts(name, { kind: 'api_client', system: 'reeve' }))
    const id = `tok_${hash.slice(0, 26)}`
    state.tokens.put({ id, hash, subjectId: principalId(name), scopes, expiresAt: NOON + HOUR, revoked: false })
    return value
  }
  const token = tokenOf('gateway')
  const ask: PointInTest['ask'] = async (method, path, text, headers = {}) =>
    await asked(port, method, path, text, { authorization: `Bearer ${token}`, ...headers })
  return {
    state,
    token,
    url: `http://127.0.0.1:${port}`,
    tokenOf,
    ask,
    post: async (path, body, headers = {}) =>
      await ask('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers }),
    close: async () => await server.close(),
  }
}

async function asked(
  port: number,
  method: string,
  path: string,
  text: string | Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<Told> {
  return await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8') || 'null')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    sent.on('error', reject)
    sent.end(text)
  })
}
