// Asks one server as fast as it answers, over connections that stay open, and prints how often it was answered. A process of its
// own, so that it can have a core of its own; it reads no more of an answer than its status, its length and whether it allows.
import { connect } from 'node:net'

export interface Load {
  readonly port: number
  /** Whole requests, as they go over the wire. */
  readonly requests: readonly string[]
  readonly connections: number
  readonly seconds: number
  /** No more than so many. */
  readonly answersMax?: number
}

export interface Answered {
  readonly count: number
  /** Answers in which a decision allows. */
  readonly allowed: number
  readonly failed: number
  readonly seconds: number
}

const ALLOWS = Buffer.from('"decision":true')
const HEAD_END = Buffer.from('\r\n\r\n')

async function load({ port, requests, connections, seconds, answersMax = Infinity }: Load): Promise<Answered> {
  const texts = requests.map((text) => Buffer.from(text))
  let [count, allowed, failed, asked] = [0, 0, 0, 0]
  const started = performance.now()
  const end = started + seconds * 1000
  const one = async (): Promise<void> =>
    await new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      let rest: Buffer = Buffer.alloc(0)
      const ask = (): void => {
        if (performance.now() >= end || asked >= answersMax) socket.end()
        else socket.write(texts[asked++ % texts.length] ?? '')
      }
      socket.setNoDelay(true)
      socket.once('connect', ask)
      socket.on('data', (part: Buffer) => {
        rest = rest.length === 0 ? part : Buffer.concat([rest, part])
        const length = answerLength(rest)
        if (length === undefined || rest.length < length) return
        count++
        if (!rest.subarray(0, 15).includes(' 200 ')) failed++
        if (rest.includes(ALLOWS)) allowed++
        rest = Buffer.alloc(0)
        ask()
      })
      socket.once('error', reject)
      socket.once('close', () => resolve())
    })
  await Promise.all(Array.from({ length: connections }, one))
  return { count, allowed, failed, seconds: (performance.now() - started) / 1000 }
}

/** Of head and body; `undefined` while the head is not whole. */
function answerLength(bytes: Buffer): number | undefined {
  const head = bytes.indexOf(HEAD_END)
  if (head === -1) return undefined
  const said = /content-length: (\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1]
  if (said === undefined) throw new Error('an answer without its length')
  return head + HEAD_END.length + Number(said)
}

if (import.meta.main) {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  process.stdout.write(JSON.stringify(await load(JSON.parse(Buffer.concat(parts).toString('utf8')) as Load)))
}
