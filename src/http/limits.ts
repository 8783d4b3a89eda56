// How much one token, and one address that fails to authenticate, may ask for. Counted in memory: a restart forgives.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import rateLimit from '@fastify/rate-limit'
import { Fault } from '#kernel'
import type { Caller } from './caller.ts'
import type { HttpSettings } from './doors.ts'

export interface Limits {
  /** Before authentication: an address that failed too often is not even looked at. */
  readonly refuseFailing: (request: FastifyRequest) => Promise<void>
  readonly countFailure: (request: FastifyRequest) => Promise<void>
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
  const callers = new WeakMap<FastifyRequest, Caller>()
  const calls = server.createRateLimit({
    max: settings.perTokenPerMinute,
    timeWindow: MINUTE_MS,
    keyGenerator: (request) => callers.get(request)?.tokenId ?? '',
  })
  return {
    refuseFailing: async (request) => {
      const state = await failures(request, { increment: false })
      if (!state.isAllowed && state.remaining === 0) tooMany()
    },
    countFailure: async (request) => {
      await failures(request)
    },
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
