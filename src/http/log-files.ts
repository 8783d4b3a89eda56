// The log as other implementations read it (C2SP tlog-tiles) below `/v1/log`, and the proof of one entry. Bytes, not JSON: so
// these are no endpoints of the table, but pass the same authentication, limits and authorisation.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Fault } from '#kernel'
import { parseTilePath, proveEntry } from '#evidence'
import { authoriseOrNote, callerOf } from './admit.ts'
import type { Caller } from './caller.ts'
import type { Doors } from './doors.ts'
import type { Guarded } from './endpoint.ts'
import type { Limits } from './limits.ts'

// its leaves hold ids and hashes, and who acted: for those who may list entries
const guarded = (operationId: string): Guarded => ({
  operationId,
  method: 'GET',
  tag: 'evidence',
  who: { roles: ['auditor', 'identity-admin', 'access-admin'] },
  scope: 'read',
})

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
/** Whoever may read it may keep it, and nobody between. A full tile never becomes another one. */
const KEPT = 'private, max-age=31536000, immutable'

interface LogFile {
  readonly type: string
  readonly cache: string
  readonly bytes: Buffer | string | undefined
}

interface Served {
  readonly operationId: string
  readonly url: string
  readonly params?: z.ZodObject
  /** `undefined` bytes: there is no such thing. */
  readonly read: (doors: Doors, params: Readonly<Record<string, string>>) => Promise<LogFile>
}

const SERVED: readonly Served[] = [
  {
    operationId: 'getLogCheckpoint',
    url: '/v1/log/checkpoint',
    read: async ({ tiles }) => ({ type: TEXT, cache: 'no-store', bytes: await tiles?.readPath('checkpoint') }),
  },
  {
    operationId: 'getLogTile',
    url: '/v1/log/tile/*',
    params: z.strictObject({ '*': z.string() }),
    read: async ({ tiles }, params) => {
      // SECURITY: no other path is ever looked for on disk
      const path = `tile/${params['*'] ?? ''}`
      const name = parseTilePath(path)
      // a partial one is as good for ever, and of no use once there is a wider one
      const cache = name?.width === 256 ? KEPT : 'private, max-age=600'
      return { type: BYTES, cache, bytes: name === undefined ? undefined : await tiles?.find(name) }
    },
  },
  {
    operationId: 'getEntryProof',
    url: '/v1/entries/:entryId/proof',
    params: z.strictObject({
      entryId: z.string().regex(/^evt_[0-9a-z]{26}$/, { error: 'must be the id of an entry' }),
    }),
    read: async ({ evidence, tiles, witnesses = [] }, { entryId = '' }) => ({
      type: TEXT,
      cache: 'no-store',
      bytes: tiles === undefined ? undefined : await proveEntry(evidence, tiles, entryId, witnesses),
    }),
  },
]

export function installLogFiles(server: FastifyInstance, doors: Doors, limits: Limits): void {
  for (const served of SERVED) {
    const guard = guarded(served.operationId)
    const callers = new WeakMap<FastifyRequest, Caller>()
    server.route({
      method: 'GET',
      url: served.url,
      schema: { params: served.params ?? z.strictObject({}), querystring: z.strictObject({}) },
      onRequest: async (request, reply) => {
        callers.set(request, await callerOf(doors, limits, request, reply))
      },
      preHandler: async (request) => {
        const caller = callers.get(request)
        if (caller === undefined) throw new Error('a request that came so far has a caller')
        await authoriseOrNote(doors, guard, caller, request)
      },
      handler: async (request, reply) => {
        const params = request.params as Readonly<Record<string, string>>
        await answer(reply, await served.read(doors, params))
        return await reply
      },
    })
  }
}

function answer(reply: FastifyReply, { type, cache, bytes }: LogFile): FastifyReply {
  if (bytes === undefined)
    throw new Fault('not_found', 'the log has no such part, or not yet: entries have their place within a second or so')
  return reply.header('cache-control', cache).header('content-type', type).send(bytes)
}
