// Connections that ask for decisions and nothing else, request by request in plain HTTP/1.1: read and answered on the socket,
// because Node's parser, its request and its response cost more than the decision.
//
// INVARIANT: only what is answered with a decision is answered here. Everything else (another path, a head that is not plain, a
// body in pieces, requests in advance, a token that does not hold, a body that is wrong) goes to Node's parser from its first
// byte on, and its connection with it.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { PlainConnection } from './plain-connection.ts'
import type { PlainDesk } from './plain-connection.ts'

type Listener = (socket: Socket) => void

/** From now on `server` answers its plain connections by `desk`. */
export function answerPlainly(server: Server, desk: PlainDesk): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection'
  const parsing = server.listeners(event) as Listener[]
  server.removeAllListeners(event)
  const open = new Set<PlainConnection>()
  // one timer for all of them: set anew at each request and each answer, it costs more than a part of the decision
  const sweep = setInterval(() => {
    for (const connection of open) connection.closeIfUnused()
  }, server.keepAliveTimeout).unref()
  server.once('close', () => clearInterval(sweep))
  server.on(event, (socket: Socket) => {
    const connection = new PlainConnection(socket, {
      desk,
      isStopping: () => !server.listening,
      idleMs: server.keepAliveTimeout,
      handOver: (rest) => {
        open.delete(connection)
        // read again from what was put back, and only when whoever reads it is there
        socket.pause()
        if (rest.length > 0) socket.unshift(rest)
        for (const listener of parsing) listener.call(server, socket)
        socket.resume()
      },
      closed: () => open.delete(connection),
    })
    open.add(connection)
  })
  // Node knows of no connection that its parser has not seen
  const closing = [server.closeIdleConnections.bind(server), server.closeAllConnections.bind(server)] as const
  server.closeIdleConnections = () => {
    closing[0]()
    for (const connection of open) connection.closeIfIdle()
  }
  server.closeAllConnections = () => {
    closing[1]()
    for (const connection of open) connection.destroy()
  }
}
