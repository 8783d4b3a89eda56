// How much one token, and one address that fails to authenticate, may ask for. Counted in memory: a restart forgives.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import rateLimit from '@fastify/rate-limit'
import { Fault } from '#kernel'
import type { Caller } from './caller.ts'
import type { HttpSettings } from './doors.ts'
import { TokensSeen } from './tokens-seen.ts'

export interface Limits {
  /**
   * Before authentication: what an address that failed too often presents is not looked up, unless it was good lately or
   * `isGood` knows it without a query; nor is a token that itself failed too often, wherever it comes from.
   */
  readonly refuseFailing: (
    request: FastifyRequest,
    presented: string | undefined,
    isGood: () => boolean,
  ) => Promise<void>
  readonly countFailure: (request: FastifyRequest, presented: string | undefined) => Promise<void>
  readonly noteGood: (presented: string) => void
  readonly countCall: (request: FastifyRequest, reply: FastifyReply, caller: Caller) => Promise<void>
}

const MINUTE_MS = 60_000

export async function installLimits(server: FastifyInstance, settings: HttpSettings): Promise<Limits> {
  await server.register(rateLimit, { global: false, cache: 10_000 })
  const failures = server.createRateLimit({
    max: settings.failuresPerAddressPerMinute,
    timeWindow: MINUTE_MS,
    // an IPv6 host has its whole /64: counting single addresses would count nothing
    ipv6Subnet: 64,
  })
  const seen = new TokensSeen(settings.failuresPerAddressPerMinute)
  const callers = new WeakMap<FastifyRequest, Caller>()
  const calls = server.createRateLimit({
    max: settings.perTokenPerMinute,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callers.get(request)?.tokenId ?? '',
  })
  return {
    refuseFailing: async (request, presented, isGood) => {
      if (presented !== undefined && seen.goesOnFailing(presented)) tooMany()
      const state = await failures(request, { increment: false })
      if (state.isAllowed || state.remaining > 0) return
      if (presented === undefined || !(seen.wasGood(presented) || isGood())) tooMany()
    },
    countFailure: async (request, presented) => {
      if (presented !== undefined) seen.failed(presented)
      await failures(request)
    },
    noteGood: (presented) => seen.good(presented),
    countCall: async (request, reply, caller) => {
      callers.set(request, caller)
      const state = await calls(request)
      if (state.isAllowed) return
      reply.header('ratelimit-limit', state.max).header('ratelimit-remaining', state.remaining)
      reply.header('ratelimit-reset', state.ttlInSeconds)
      if (!state.isExceeded) return
      reply.header('retry-after', state.ttlInSeconds)
      tooMany()
    },
  }
}

function tooMany(): never {
  throw new Fault('rate_limited', 'wait a minute, then go on more slowly')
}
