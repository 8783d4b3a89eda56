// Keeps the state that decisions are made from as a server tells it: the whole first, then each change. A lost change or a lost
// connection means the whole anew; meanwhile what is known goes on deciding, until it is older than it may be.
import http from 'node:http'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyChange, DECISION_LIMITS, DecisionState } from '#access/decisions'
import type { Change } from '#access/decisions'
import { Fault } from '#kernel'
import { readEvents } from './read-events.ts'
import type { ServerEvent } from './read-events.ts'
import { ServerClock } from './server-clock.ts'

export interface FollowServerOptions {
  /** `https://reeve.example`, or `http://127.0.0.1:7330`. */
  readonly server: string
  /** Asked at each connection, so that a rotated one counts. Scope `decide:follow`. */
  readonly token: () => Promise<string>
  readonly staleAfterMs: number
  readonly say: (event: string) => void
}

const FEED = '/v1/decision-feed'
/** The server says something every two seconds. */
const SILENCE_MS = 10_000
const AGAIN_FIRST_MS = 100
const AGAIN_MAX_MS = 10_000
const CLOCK_TOLD_MS = 30_000

export class ServerFollower {
  readonly #options: FollowServerOptions
  readonly #clock = new ServerClock(Date.now)
  #state: DecisionState
  #whole = false
  #told: () => void = () => undefined
  #failures = 0
  #said = ''
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  /** Resolves when the whole state is known for the first time. */
  readonly ready: Promise<void>

  constructor(options: FollowServerOptions) {
    this.#options = options
    this.#state = this.#empty()
    this.ready = new Promise((resolve) => (this.#told = resolve))
    this.#running = this.#run()
  }

  get state(): DecisionState {
    return this.#state
  }

  /** Milliseconds since 1970, by the clock of the server. */
  get now(): () => number {
    return this.#clock.now
  }

  get isFresh(): boolean {
    return this.#whole && !this.#state.isStale(this.now())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  #empty(): DecisionState {
    const { staleAfterMs } = this.#options
    const answerMaxMs = Math.min(DECISION_LIMITS.answerMaxMs, staleAfterMs)
    return new DecisionState({ ...DECISION_LIMITS, staleAfterMs, answerMaxMs })
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#follow()
        this.#say('the server ended the feed; asking for it again')
      } catch (error) {
        this.#say(`no feed, deciding from what is known: ${whyOf(error)}`)
      }
      const limit = Math.min(AGAIN_FIRST_MS * 2 ** this.#failures++, AGAIN_MAX_MS)
      await sleep(limit / 2 + (limit / 2) * Math.random(), undefined, { signal }).catch(() => undefined)
    }
  }

  /** Until the stream ends or something is wrong with it. */
  async #follow(): Promise<void> {
    const response = await this.#connect()
    const silent = setTimeout(() => response.destroy(new Error('the server is silent')), SILENCE_MS)
    const stream = new Stream(this.#empty(), this.#whole ? this.#state : undefined)
    try {
      response.setEncoding('utf8')
      const alive = touched(response as AsyncIterable<string>, () => silent.refresh())
      for await (const event of readEvents(alive)) this.#take(stream, event)
    } finally {
      clearTimeout(silent)
      response.destroy()
    }
  }

  #take(stream: Stream, event: ServerEvent): void {
    const said = JSON.parse(event.data) as { readonly sentAt?: number }
    if (said.sentAt !== undefined) this.#clock.heard(said.sentAt)
    if (event.event === 'alive') return
    if (event.event !== 'position') {
      const change = said as unknown as Change
      stream.change(change)
      if (change.kind === 'anew')
        throw new Fault('unprocessable', 'the server has another database: asking for everything')
      return
    }
    stream.position(said as unknown as Position)
    this.#failures = 0
    if (this.#state === stream.state) return
    this.#state = stream.state
    this.#whole = true
    this.#told()
    this.#say(`following ${this.#options.server}: ${this.#state.principalCount} principals known`)
    if (Math.abs(this.#clock.offset) > CLOCK_TOLD_MS) {
      this.#say(
        `this machine's clock is ${Math.round(-this.#clock.offset / 1000)} s ahead of the server's, whose time counts`,
      )
    }
  }

  async #connect(): Promise<IncomingMessage> {
    const { server, token } = this.#options
    const url = new URL(FEED, server)
    const headers = { authorization: `Bearer ${await token()}`, accept: 'text/event-stream' }
    return await new Promise((resolve, reject) => {
      const { request } = url.protocol === 'https:' ? https : http
      const sent = request(url, { headers, agent: false, signal: this.#stopping.signal }, (response) => {
        sent.setTimeout(0)
        if (response.statusCode === 200 && (response.headers['content-type'] ?? '').startsWith('text/event-stream')) {
          resolve(response)
          return
        }
        response.destroy()
        reject(
          new Fault('unprocessable', `the server answered ${response.statusCode ?? 0}${hintOf(response.statusCode)}`),
        )
      })
      sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('the server does not answer')))
      sent.on('error', reject)
      sent.end()
    })
  }

  /** Once for each new thing, not at each attempt. */
  #say(event: string): void {
    if (this.#stopping.signal.aborted || event === this.#said) return
    this.#said = event
    this.#options.say(event)
  }
}

type Position = Extract<Change, { kind: 'position' }> & { readonly count: number }

/** One connection: its state is complete from its first position on. */
class Stream {
  readonly state: DecisionState
  /** What decides until then; denials must not wait for the whole. */
  #before: DecisionState | undefined
  #count = 0

  constructor(state: DecisionState, before: DecisionState | undefined) {
    this.state = state
    this.#before = before
  }

  change(change: Change): void {
    this.#count++
    applyChange(this.state, change)
    if (this.#before !== undefined && change.kind !== 'policies') applyChange(this.#before, change)
  }

  /** Throws where a change was lost on the way. */
  position({ count, ...position }: Position): void {
    if (count !== this.#count) throw new Fault('unprocessable', `${count} changes were told and ${this.#count} arrived`)
    this.#count = 0
    this.#before = undefined
    applyChange(this.state, position)
  }
}

async function* touched(chunks: AsyncIterable<string>, touch: () => void): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    touch()
    yield chunk
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: ': the token is not in force there',
  403: ': the token needs the scope `decide:follow`',
  404: ': it has no feed; is it Reeve, and as new as this?',
}
const hintOf = (status = 0): string => HINTS[status] ?? ''

const whyOf = (error: unknown): string => {
  if (error instanceof Fault) return error.detail
  if (!(error instanceof Error)) return 'unknown error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
