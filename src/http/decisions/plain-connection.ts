// One connection that asks for decisions in plain HTTP/1.1. A request is read where its bytes are there, whole and alone.
import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import { plainHead } from './plain-head.ts'
import type { PlainHead } from './plain-head.ts'

export interface PlainDesk {
  /** The whole answer as it goes over the wire, or nothing: then the request is not for here. Rejects likewise. */
  readonly answer: (asked: PlainAsked) => PlainAnswer | undefined | Promise<PlainAnswer>
}

export interface PlainAnswer {
  readonly text: string
  /** Written as Latin-1, text of ASCII costs half. */
  readonly encoding: 'latin1' | 'utf8'
}

interface PlainAsked {
  readonly head: PlainHead
  readonly text: string
  /** The headers that tell what becomes of the connection. */
  readonly staying: string
}

export interface PlainConnectionOptions {
  readonly desk: PlainDesk
  readonly isStopping: () => boolean
  /** So long nothing may come; whoever holds the connections asks for it. */
  readonly idleMs: number
  /** To Node's parser, with what was not answered. */
  readonly handOver: (rest: Buffer) => void
  readonly closed: () => void
}

interface Begin {
  readonly bytes: Buffer
  readonly head: PlainHead
}

const HEAD_BYTES_MAX = 4096
const HEAD_END = Buffer.from('\r\n\r\n')
const LEAVING = 'Connection: close\r\n'
const NOTHING: Buffer = Buffer.alloc(0)
/** Clients repeat their heads but for the length of the body. */
const HEADS_MAX = 16

export class PlainConnection {
  readonly #socket: Socket
  readonly #options: PlainConnectionOptions
  /** SECURITY: these hold the token as it was sent, as long as the connection is open and no longer. */
  readonly #heads = new Map<string, PlainHead>()
  /** The one before, which most requests repeat to the letter: found without making a text of it. SECURITY: likewise. */
  #last: Begin | undefined
  /** The head is here, the body is not. */
  #begun = NOTHING
  /** What is being answered. */
  #asked = NOTHING
  /** Came meanwhile. */
  #early = NOTHING
  #isLast = false
  /** Something came or left since that was last asked. */
  #wasUsed = true
  readonly #staying: string

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#staying = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(options.idleMs / 1000)}\r\n`
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('drain', this.#onDrain)
    socket.on('error', this.destroy)
    socket.on('close', options.closed)
  }

  readonly destroy = (): void => {
    this.#socket.destroy()
  }

  closeIfIdle(): void {
    if (this.#asked.length === 0 && this.#begun.length === 0) this.#socket.destroy()
  }

  /** Where nothing came and nothing left since this was last called, the connection ends. */
  closeIfUnused(): void {
    if (!this.#wasUsed) this.#socket.destroy()
    this.#wasUsed = false
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#wasUsed = true
    if (this.#asked.length > 0) {
      // asked in advance: the rest of this connection is Node's, after this answer
      this.#early = Buffer.concat([this.#early, bytes])
      this.#socket.pause()
      return
    }
    const isSecond = this.#begun.length > 0
    const all = isSecond ? Buffer.concat([this.#begun, bytes]) : bytes
    this.#begun = NOTHING
    const begin = this.#headIn(all)
    if (begin === undefined) return this.#handOver(all)
    const length = begin.bytes.length + begin.head.length
    if (all.length > length) return this.#handOver(all)
    if (all.length === length) this.#ask(begin.head, all, begin.bytes.length)
    // many send the body after the head; whoever sends it in more pieces than one is waited for by Node
    else if (isSecond) this.#handOver(all)
    else this.#begun = all
  }

  #headIn(all: Buffer): Begin | undefined {
    const last = this.#last
    if (last !== undefined && all.length >= last.bytes.length && last.bytes.compare(all, 0, last.bytes.length) === 0)
      return last
    const end = all.indexOf(HEAD_END) + HEAD_END.length
    if (end < HEAD_END.length || end > HEAD_BYTES_MAX) return undefined
    const text = all.toString('latin1', 0, end)
    const head = this.#heads.get(text) ?? this.#read(text)
    if (head === undefined) return undefined
    const bytes = all.subarray(0, end)
    // a copy, so that the body is not kept with it; one that names its request comes once
    if (head.requestId === undefined) this.#last = { bytes: Buffer.from(bytes), head }
    return { bytes, head }
  }

  #read(text: string): PlainHead | undefined {
    const head = plainHead(text)
    if (head === undefined || head.requestId !== undefined) return head
    if (this.#heads.size >= HEADS_MAX) this.#heads.clear()
    this.#heads.set(text, head)
    return head
  }

  #ask(head: PlainHead, all: Buffer, end: number): void {
    const body = all.subarray(end)
    if (!isUtf8(body)) return this.#handOver(all)
    this.#asked = all
    this.#isLast = this.#options.isStopping()
    const staying = this.#isLast ? LEAVING : this.#staying
    try {
      const answer = this.#options.desk.answer({ head, text: body.toString('utf8'), staying })
      if (answer instanceof Promise) answer.then(this.#send, this.#unanswered)
      else this.#send(answer)
    } catch {
      // said where the request is answered in full
      this.#unanswered()
    }
  }

  readonly #send = (answer: PlainAnswer | undefined): void => {
    if (answer === undefined) return this.#unanswered()
    this.#wasUsed = true
    this.#asked = NOTHING
    if (this.#isLast || this.#options.isStopping()) this.#socket.end(answer.text, answer.encoding)
    else if (!this.#socket.write(answer.text, answer.encoding)) this.#socket.pause()
    if (this.#early.length > 0) this.#handOver(this.#early)
  }

  readonly #unanswered = (): void => {
    this.#handOver(this.#early.length === 0 ? this.#asked : Buffer.concat([this.#asked, this.#early]))
  }

  readonly #onDrain = (): void => {
    if (this.#early.length === 0) this.#socket.resume()
  }

  readonly #onEnd = (): void => {
    this.#isLast = true
    if (this.#asked.length === 0) this.#socket.end()
  }

  #handOver(rest: Buffer): void {
    const socket = this.#socket
    if (socket.destroyed) return
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('drain', this.#onDrain)
    socket.off('close', this.#options.closed)
    this.#options.handOver(rest)
    socket.off('error', this.destroy)
  }
}
