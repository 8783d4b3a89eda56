// What stands between servers of Reeve and a target: it knows each statement and login that comes by, and lets a test hold one
// before the target has it, or hold the target's answer to it.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Passing {
  /** Connections, in the order in which they were opened. */
  readonly connection: number
  readonly user: string
  readonly application: string
  /** A login is one, too. */
  readonly text: string
}

type When = 'before' | 'after'
/** Awaited before the statement, or the answer to it, goes on. */
type Hook = (when: When, passing: Passing) => Promise<unknown> | undefined

export interface StatementProxy {
  readonly port: number
  /** All that reached the target, in order. */
  readonly passed: Passing[]
  hook: Hook
  /** Nothing new is let through. */
  refuses: boolean
  /** The port behind it, for what is opened from then on. */
  target: number
  /** Ends all that is open. */
  cut(): void
  close(): Promise<void>
}

const LOGIN = 'login'

export async function statementProxy(target: number): Promise<StatementProxy> {
  const it = { passed: [] as Passing[], hook: (() => undefined) as Hook, refuses: false, target }
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    if (it.refuses) {
      client.destroy()
      return
    }
    const upstream = connect(it.target, '127.0.0.1')
    for (const one of [client, upstream]) {
      open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => open.delete(one))
    }
    client.on('close', () => upstream.destroy())
    relay(it, client, upstream, ++connections)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  return Object.assign(it, {
    port: (server.address() as AddressInfo).port,
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  })
}

function relay(proxy: Pick<StatementProxy, 'passed' | 'hook'>, client: Socket, upstream: Socket, at: number): void {
  const asked: Passing[] = []
  let who = { connection: at, user: '', application: '' }
  const forth = async (): Promise<void> => {
    for await (const message of messagesOf(client, true)) {
      if (message.kind === 'startup') who = { connection: at, ...startupOf(message.bytes) }
      const text = textOf(message)
      if (text !== undefined) {
        const passing = { ...who, text }
        await proxy.hook('before', passing)
        // whoever had sent it is gone, or the test has ended
        if (client.destroyed || upstream.destroyed) return
        proxy.passed.push(passing)
        asked.push(passing)
      }
      upstream.write(message.bytes)
    }
  }
  const back = async (): Promise<void> => {
    for await (const message of messagesOf(upstream, false)) {
      const isAnswer = message.kind === 'Z' || (message.kind === 'E' && asked[0]?.text === LOGIN)
      const passing = isAnswer ? asked.shift() : undefined
      if (passing !== undefined) await proxy.hook('after', passing)
      if (client.destroyed) return
      client.write(message.bytes)
    }
    // not before its last answer has gone on
    client.end()
  }
  for (const way of [forth, back]) void way().catch(() => client.destroy())
}

interface Message {
  readonly kind: string
  readonly bytes: Buffer
}

/** Messages of the protocol, whole; the first of a client has no kind. */
async function* messagesOf(socket: Socket, startsUp: boolean): AsyncGenerator<Message> {
  let held: Buffer = Buffer.alloc(0)
  let first = startsUp
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk as Buffer])
    for (;;) {
      const head = first ? 0 : 1
      if (held.length < head + 4) break
      const length = head + held.readUInt32BE(head)
      if (held.length < length) break
      const bytes = held.subarray(0, length)
      held = held.subarray(length)
      yield { kind: first ? 'startup' : String.fromCharCode(bytes[0] ?? 0), bytes }
      first = false
    }
  }
}

/** A statement, by either protocol; parameters are not looked at. */
function textOf({ kind, bytes }: Message): string | undefined {
  if (kind === 'startup') return LOGIN
  if (kind === 'Q') return bytes.toString('utf8', 5, bytes.length - 1)
  return kind === 'P' ? bytes.toString('utf8', 5).split('\0')[1] : undefined
}

function startupOf(bytes: Buffer): { user: string; application: string } {
  const words = bytes.toString('utf8', 8).split('\0')
  const of = (name: string): string => words[words.indexOf(name) + 1] ?? ''
  return { user: of('user'), application: words.includes('application_name') ? of('application_name') : '' }
}
