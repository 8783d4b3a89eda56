// One request of the decision point: who asks, whether they may, what they ask, and the answer. All from memory.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { Fault } from '#kernel'
import type { DecisionPoint, ResidentAnswer, TokenFacts } from '#access/decisions'
import { covers } from '#access/records'
import type { Scope } from '#access/records'
import { presentedBy, Unauthenticated } from '../authenticate.ts'
import type { HttpSettings } from '../doors.ts'
import { assertHost } from '../host.ts'
import { addressOf } from './address.ts'
import { assertJson, receive } from './body.ts'
import { CountedByMinute } from './counted.ts'
import type { DecisionsDoor } from './door.ts'
import type { PlainDesk } from './plain-connection.ts'
import type { PlainHead } from './plain-head.ts'
import { newRequestId, requestIdOf, responder } from './respond.ts'
import type { Responder } from './respond.ts'

/** May throw a Fault, or promise. */
export type Answering = (point: DecisionPoint, text: string, token: TokenFacts) => unknown

const DAY_MS = 86_400_000
const RETRY = ['Retry-After', '60'] as const

const tooMany = (): Fault => new Fault('rate_limited', 'wait a minute, then go on more slowly')

export class Desk {
  /** What decides for whoever may ask. */
  readonly point: DecisionPoint
  readonly #door: DecisionsDoor
  readonly #settings: HttpSettings
  readonly #log: FastifyBaseLogger
  readonly #respond: Responder
  readonly #failures: CountedByMinute
  readonly #calls: CountedByMinute
  /** The last one that is answered: nearly all ask under the same. */
  #goodHost: string | undefined
  /** By token: the day on which its use was told. */
  readonly #usedOn = new Map<string, number>()

  constructor(door: DecisionsDoor, settings: HttpSettings, log: FastifyBaseLogger) {
    const { state, now, onDecided, requestable } = door
    this.point = {
      state,
      now,
      ...(requestable !== undefined && { hint: requestable.hint }),
      ...(onDecided !== undefined && { onDecided }),
    }
    this.#door = door
    this.#settings = settings
    this.#log = log
    this.#respond = responder(settings)
    this.#failures = new CountedByMinute(settings.failuresPerAddressPerMinute)
    this.#calls = new CountedByMinute(settings.decisionsPerTokenPerMinute)
  }

  answer(answering: Answering, request: IncomingMessage, response: ServerResponse, scope: Scope = 'decide'): void {
    const requestId = requestIdOf(request)
    try {
      const token = this.admit(request, scope)
      assertJson(request)
      receive(request, (text) => {
        if (typeof text === 'string') this.#decide(answering, token, text, response, requestId)
        else this.refuse(response, requestId, text)
      })
    } catch (error) {
      this.refuse(response, requestId, error)
    }
  }

  #decide(answering: Answering, token: TokenFacts, text: string, response: ServerResponse, requestId: string): void {
    try {
      const answer = answering(this.point, text, token)
      if (!(answer instanceof Promise)) return this.#respond.send(response, requestId, answer)
      answer.then(
        (later: unknown) => this.#respond.send(response, requestId, later),
        (error: unknown) => this.refuse(response, requestId, error),
      )
    } catch (error) {
      this.refuse(response, requestId, error)
    }
  }

  /** Throws Unauthenticated, Fault('forbidden'), Fault('rate_limited'). */
  admit(request: IncomingMessage, scope: Scope): TokenFacts {
    const { host, authorization } = request.headers
    if (host !== this.#goodHost) assertHost(host, this.#settings)
    this.#goodHost = host
    const presented = presentedBy(authorization)
    const result = presented === undefined ? this.#unpresented() : this.#door.authenticate(presented)
    // looked up first, which costs no query: what others behind the address fail at is not held against a good token
    if ('denied' in result) {
      if (!this.#failures.count(addressOf(request, this.#settings.behindProxy))) throw tooMany()
      throw new Unauthenticated(result.denied)
    }
    const { token } = result
    if (!covers(token.scopes as readonly Scope[], scope)) {
      throw new Fault('forbidden', `the token lacks the scope \`${scope}\`; make one that has it`)
    }
    if (!this.#calls.count(token.id)) throw tooMany()
    this.#used(token.id)
    return token
  }

  #unpresented(): ResidentAnswer {
    const { withoutToken: token } = this.#door
    return token === undefined ? { denied: 'absent or malformed' } : { token }
  }

  /** For these paths. Where anything is wrong it answers nothing, and counts nothing: `answer` says what. */
  plainly(paths: ReadonlyMap<string, Answering>): PlainDesk {
    return {
      answer: ({ head, text, staying }) => {
        const answering = paths.get(head.path)
        const token = answering === undefined ? undefined : this.#knownBy(head)
        if (answering === undefined || token === undefined) return undefined
        const answer = answering(this.point, text, token)
        // what is told once a day is looked at once a minute
        if (this.#calls.counted(token.id) === 1) this.#used(token.id)
        const requestId = head.requestId ?? newRequestId()
        return answer instanceof Promise
          ? answer.then((later: unknown) => this.#respond.plain(requestId, later, staying))
          : this.#respond.plain(requestId, answer, staying)
      },
    }
  }

  #knownBy({ host, presented, shown }: PlainHead): TokenFacts | undefined {
    if (host !== this.#goodHost) assertHost(host, this.#settings)
    this.#goodHost = host
    const result = presented === undefined ? this.#unpresented() : this.#door.authenticate(presented, shown)
    if ('denied' in result) return undefined
    const { id, scopes } = result.token
    return covers(scopes as readonly Scope[], 'decide') && !this.#calls.isSpent(id) ? result.token : undefined
  }

  /** Whether what was presented still is that token; for what lasts longer than a request. */
  stillGood(request: IncomingMessage, { id }: TokenFacts): boolean {
    const presented = presentedBy(request.headers.authorization)
    if (presented === undefined) return false
    const result = this.#door.authenticate(presented)
    return 'token' in result && result.token.id === id
  }

  #used(tokenId: string): void {
    const day = Math.floor(this.#door.now() / DAY_MS)
    if (this.#usedOn.get(tokenId) === day) return
    this.#usedOn.set(tokenId, day)
    this.#door.onTokenUsed?.(tokenId)
  }

  refuse(response: ServerResponse, requestId: string, error: unknown): void {
    if (response.headersSent) return
    const more = error instanceof Fault && error.code === 'rate_limited' ? [RETRY] : []
    const status = this.#respond.refuse(response, requestId, error, more)
    if (error instanceof Unauthenticated) this.#log.warn({ why: error.why }, 'not authenticated')
    else if (status >= 500) this.#log.error({ err: error, requestId }, 'request failed')
    else this.#log.info({ status }, 'request refused')
  }
}
