// The socket side of the server: plain or TLS, with the limits that hold for every connection.
import http from 'node:http'
import type { RequestListener, Server } from 'node:http'
import https from 'node:https'
import { answerPlainly } from './decisions/plain-connections.ts'
import type { PlainDesk } from './decisions/plain-connection.ts'
import type { HttpSettings } from './doors.ts'

const HEADER_BYTES_MAX = 16 * 1024
const HEADERS_TIMEOUT_MS = 10_000

interface Timeouts {
  readonly keepAliveTimeout?: number
  readonly requestTimeout?: number
  readonly connectionTimeout?: number
}

/**
 * Not listening yet. Whoever makes the server by themselves sets the time-outs by themselves. `plain` answers what it can
 * before Node's parser sees it.
 */
export function listenerOf(
  { tls }: HttpSettings,
  timeouts: Timeouts,
  listener: RequestListener,
  plain?: PlainDesk,
): Server {
  const limits = { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_TIMEOUT_MS }
  const answering: RequestListener = (request, response) => {
    // a busy connection would keep a server from stopping
    if (!server.listening) response.shouldKeepAlive = false
    listener(request, response)
  }
  const server: Server =
    tls === undefined
      ? http.createServer(limits, answering)
      : https.createServer({ ...tls, minVersion: 'TLSv1.2', ...limits }, answering)
  server.keepAliveTimeout = timeouts.keepAliveTimeout ?? server.keepAliveTimeout
  server.requestTimeout = timeouts.requestTimeout ?? server.requestTimeout
  server.setTimeout(timeouts.connectionTimeout)
  if (plain !== undefined) answerPlainly(server, plain)
  return server
}
