// What can stand between a prober and a server: a proxy that counts logins and misbehaves as it is told.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { TargetAddress } from '#connectors/target'

export type Manner =
  | 'forwards'
  | 'black hole'
  | 'resets'
  | 'closes'
  | { readonly sqlstate: string; readonly message: string; readonly asks?: true }

export interface Between {
  readonly address: TargetAddress
  manner: Manner
  /** User names of the logins that came by, in order. */
  readonly logins: readonly string[]
  /** What each of them called its session. */
  readonly applications: readonly string[]
  /** Answers to a question for the password that came by. */
  readonly proofs: () => number
  close(): Promise<void>
}

export async function between(port: number): Promise<Between> {
  const [logins, applications]: [string[], string[]] = [[], []]
  let proofs = 0
  const open = new Set<Socket>()
  const it = { manner: 'forwards' as Manner }
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => undefined)
    client.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      const user = /\0user\0([^\0]+)\0/.exec(text)?.[1]
      if (user !== undefined) {
        logins.push(user)
        applications.push(/\0application_name\0([^\0]*)\0/.exec(text)?.[1] ?? '')
      }
      if (user === undefined && bytes[0] === 'p'.charCodeAt(0)) proofs++
      answerBadly(client, it.manner, user !== undefined)
    })
    if (it.manner !== 'forwards') return
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => client.destroy())
    client.pipe(upstream)
    upstream.pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(it, {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    logins,
    applications,
    proofs: () => proofs,
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

const SCRAM = Buffer.concat([Buffer.from([0x52, 0, 0, 0, 23, 0, 0, 0, 10]), Buffer.from('SCRAM-SHA-256\0\0')])

function answerBadly(client: Socket, manner: Manner, isStartup: boolean): void {
  if (manner === 'resets') client.resetAndDestroy()
  else if (manner === 'closes') client.end()
  else if (typeof manner === 'object') {
    // AuthenticationSASL, then the refusal
    if (manner.asks === true && isStartup) client.write(SCRAM)
    else client.end(refusal(manner.sqlstate, manner.message))
  }
}

/** As a pooler says it: without a routine. */
function refusal(sqlstate: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
