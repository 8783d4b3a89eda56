// The feed for decision points of their own (`GET /v1/decision-feed`): server-sent events, first the whole state, then each
// change. After every look a `position` says how many changes came since the last one, so that whoever lost one knows.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '#kernel'
import type { Change, TokenFacts } from '#access/decisions'
import type { Desk } from './desk.ts'
import type { DecisionsDoor, FeedDoor } from './door.ts'
import { requestIdOf } from './respond.ts'

export const FEED_PATH = '/v1/decision-feed'

const FOLLOWERS_MAX = 200
const ALIVE_EVERY_MS = 2000
/** Whoever takes up no more than this is cut off, and begins anew. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024
const WAITING_MAX = 100_000
const DRAIN_LIMIT_MS = 30_000

export class FeedDesk {
  readonly #desk: Desk
  readonly #door: DecisionsDoor
  readonly #feed: FeedDoor
  readonly #followers = new Set<FeedFollower>()
  #closed = false

  constructor(desk: Desk, door: DecisionsDoor, feed: FeedDoor) {
    this.#desk = desk
    this.#door = door
    this.#feed = feed
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request)
    let token: TokenFacts
    try {
      token = this.#desk.admit(request, 'decide:follow')
      if (this.#closed || this.#followers.size >= FOLLOWERS_MAX) {
        throw new Fault('rate_limited', 'this server tells as many decision points as it can; wait, or ask another one')
      }
      // up to where it is known cannot be said
      if (this.#door.state().position === '') {
        throw new Fault('database_unavailable', 'what is decided from is being read anew; ask again in a moment')
      }
    } catch (error) {
      this.#desk.refuse(response, requestId, error)
      return
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      // proxies that gather answers would hold back a denial
      'x-accel-buffering': 'no',
    })
    const follower = new FeedFollower(response, this.#door.now)
    const stop = this.#feed.follow((change) => follower.tell(change))
    this.#followers.add(follower)
    // SECURITY: who may not ask any more is told nothing more
    const timer = setInterval(() => {
      if (this.#desk.stillGood(request, token)) follower.alive()
      else response.destroy()
    }, ALIVE_EVERY_MS)
    response.once('close', () => {
      clearInterval(timer)
      stop()
      this.#followers.delete(follower)
    })
    // known up to here before the whole is read: what is committed meanwhile is told after it
    const { position, knownAt, silentMs } = this.#door.state()
    follower
      .begin(this.#feed.whole(), { kind: 'position', position, knownAt, silentMs: silentMs() })
      .catch(() => response.destroy())
  }

  /** Ends every stream, so that a server that stops waits for none. */
  close(): void {
    this.#closed = true
    for (const follower of this.#followers) follower.end()
  }
}

type Position = Extract<Change, { kind: 'position' }>

/** SECURITY: hashes of tokens go no further than servers. */
const isOfServers = ({ kind }: Change): boolean => kind === 'token' || kind === 'token_revoked'

/** The text of a change is made once, however many follow. */
const texts = new WeakMap<Change, string>()
function textOf(change: Change): string {
  let text = texts.get(change)
  if (text === undefined) texts.set(change, (text = `data: ${JSON.stringify(change)}\n\n`))
  return text
}

class FeedFollower {
  readonly #response: ServerResponse
  readonly #now: () => number
  /** While the whole is told. */
  #waiting: Change[] | undefined = []
  #count = 0

  constructor(response: ServerResponse, now: () => number) {
    this.#response = response
    this.#now = now
  }

  get #isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed
  }

  async begin(whole: AsyncIterable<Change>, position: Position): Promise<void> {
    for await (const change of whole) {
      if (!this.#isOpen) return
      if (isOfServers(change)) continue
      this.#count++
      if (!this.#response.write(textOf(change))) await this.#drained()
    }
    if (!this.#isOpen) return
    this.#position(position)
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const change of waiting) this.tell(change)
  }

  tell(change: Change): void {
    if (isOfServers(change) || !this.#isOpen) return
    if (change.kind === 'anew') this.#response.end(textOf(change))
    else if (this.#waiting !== undefined) {
      if (this.#waiting.push(change) > WAITING_MAX) this.#response.destroy()
    } else if (this.#response.writableLength > UNREAD_BYTES_MAX) this.#response.destroy()
    else if (change.kind === 'position') this.#position(change)
    else {
      this.#count++
      this.#response.write(textOf(change))
    }
  }

  alive(): void {
    if (!this.#isOpen) return
    if (this.#waiting === undefined) this.#response.write(`event: alive\ndata: {"sentAt":${this.#now()}}\n\n`)
    else this.#response.write(': reading\n\n')
  }

  end(): void {
    this.#response.end()
  }

  #position(position: Position): void {
    const said = { ...position, count: this.#count, sentAt: this.#now() }
    this.#count = 0
    this.#response.write(`event: position\ndata: ${JSON.stringify(said)}\n\n`)
  }

  async #drained(): Promise<void> {
    await once(this.#response, 'drain', { signal: AbortSignal.timeout(DRAIN_LIMIT_MS) })
  }
}
