// A server that speaks the first messages of the protocol and is not the one that was meant: it asks otherwise, proves nothing, or
// repeats what it was told.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { TargetAddress } from '#connectors/target'

/** How it asks. `gss` is what `pg` cannot read; `scram` is right where it knows the password. */
export type Asks =
  | 'in clear'
  | 'as md5'
  | 'gss'
  | 'nothing'
  | 'scram, then in clear'
  | 'scram without its proof'
  | 'scram with a wrong proof'
  | 'scram'

export interface Hostile {
  readonly address: TargetAddress
  asks: Asks
  /** What it says once somebody is in, whatever is asked after the first question. */
  says: string
  /** Whom it says that somebody signed in as. */
  names?: string
  /** When it begins a message of 2 GiB and goes on with it for as long as it is listened to. */
  floods?: 'at once' | 'once somebody is in'
  /** Of its SCRAM; as text, so that it can be wrong. */
  rounds: string
  /** Each message that answers a question for the password. */
  readonly answers: Buffer[]
  close(): Promise<void>
}

export const ROUNDS_BY_DEFAULT = '4096'

export async function startHostile(password: string): Promise<Hostile> {
  const open = new Set<Socket>()
  const it: Omit<Hostile, 'address' | 'close'> = {
    asks: 'in clear',
    says: 'no',
    rounds: ROUNDS_BY_DEFAULT,
    answers: [],
  }
  const server = createServer((client) => {
    open.add(client)
    const exchange = new ScramServer(password)
    client.on('error', () => undefined)
    client.on('data', (bytes: Buffer) => {
      const isBegun =
        it.floods === 'at once' || (it.floods !== undefined && 'QP'.includes(String.fromCharCode(bytes[0] ?? 0)))
      if (isBegun) flood(client)
      else client.write(reply(bytes, it, exchange))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(it, {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

function flood(client: Socket): void {
  const more = Buffer.alloc(1024 * 1024)
  const go = (): void => {
    while (!client.destroyed && client.write(more));
  }
  client.on('drain', go)
  client.write(Buffer.concat([Buffer.from('D'), int(2 ** 31 - 1)]))
  go()
}

const READY = message('Z', Buffer.from('I'))
const OK = Buffer.concat([message('R', int(0)), READY])

function reply(bytes: Buffer, it: Omit<Hostile, 'address' | 'close'>, exchange: ScramServer): Buffer {
  const type = String.fromCharCode(bytes[0] ?? 0)
  if (type === '\0') return first(it.asks)
  if (type !== 'p') {
    if (exchange.questions++ === 0)
      return Buffer.concat([row(it.names), message('C', Buffer.from('SELECT 0\0')), READY])
    return Buffer.concat([message('E', Buffer.from(`SERROR\0VERROR\0CXX000\0M${it.says}\0\0`)), READY])
  }
  it.answers.push(bytes)
  const text = bytes.toString('latin1')
  if (!it.asks.startsWith('scram')) return OK
  const nonce = /n=\*,r=(.+)$/.exec(text)?.[1]
  if (nonce !== undefined) {
    const challenge = message('R', Buffer.concat([int(11), Buffer.from(exchange.challenged(nonce, it.rounds))]))
    return it.asks === 'scram, then in clear' ? message('R', int(3)) : challenge
  }
  if (it.asks === 'scram without its proof') return OK
  const proof = it.asks === 'scram' ? exchange.proof(text.slice(5)) : randomBytes(32)
  return Buffer.concat([message('R', Buffer.concat([int(12), Buffer.from(`v=${proof.toString('base64')}`)])), OK])
}

/** One row with one column `name`, of type text. */
function row(name: string | undefined): Buffer {
  if (name === undefined) return Buffer.alloc(0)
  const type = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0])
  const column = message('T', Buffer.concat([Buffer.from([0, 1]), Buffer.from('name\0'), type]))
  const value = Buffer.from(name)
  return Buffer.concat([column, message('D', Buffer.concat([Buffer.from([0, 1]), int(value.length), value]))])
}

function first(asks: Asks): Buffer {
  if (asks === 'in clear') return message('R', int(3))
  if (asks === 'as md5') return message('R', Buffer.concat([int(5), Buffer.from('salt')]))
  if (asks === 'gss') return message('R', int(7))
  if (asks === 'nothing') return OK
  return message('R', Buffer.concat([int(10), Buffer.from('SCRAM-SHA-256\0\0')]))
}

class ScramServer {
  readonly #password: string
  readonly #salt = randomBytes(16)
  #before = ''
  #rounds = 0
  questions = 0

  constructor(password: string) {
    this.#password = password
  }

  challenged(nonce: string, rounds: string): string {
    const whole = `r=${nonce}${randomBytes(9).toString('base64')},s=${this.#salt.toString('base64')},i=${rounds}`
    this.#rounds = Number(rounds)
    this.#before = `n=*,r=${nonce},${whole}`
    return whole
  }

  /** Of what it knows: that the password is the one. */
  proof(last: string): Buffer {
    const salted = pbkdf2Sync(this.#password, this.#salt, this.#rounds, 32, 'sha256')
    const said = `${this.#before},${last.replace(/,p=.*$/, '')}`
    return hmac(hmac(salted, 'Server Key'), said)
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What `pg` would answer to the question for MD5. */
export const md5Answer = (user: string, password: string): string => {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
  return `md5${md5(`${md5(password + user)}salt`)}`
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int(body.length + 4), body])
}
