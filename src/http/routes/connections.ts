// Connections: configured sources, read by schedule or when asked.
import { z } from 'zod'
import { cursorOf, placeOf } from '#identity/roll'
import { Fault, isId, parseInstant } from '#kernel'
import type { Json } from '#kernel'
import {
  createConnection,
  getConnection,
  getRun,
  listConnections,
  listRuns,
  pauseConnection,
  previewRemoval,
  removeConnection,
  resumeConnection,
  runConnection,
  testConnection,
  updateConnection,
} from '#connections'
import type { ConnectionInput, ConnectionPatch, ConnectionsLayer, RunCursor } from '#connections'
import type { Doors } from '../doors.ts'
import { assertMayConfirmLeavers } from '../confirm-leavers.ts'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint, Who } from '../endpoint.ts'
import {
  Connection,
  CONNECTION_FIELDS,
  CONNECTION_TYPE,
  ConnectionPage,
  ConnectionTest,
  ConnectionView,
  Run,
  RunPage,
} from '../form/connection.ts'
import { id, PAGE_QUERY, present } from '../form/fields.ts'
import { WHY } from './principal-facts.ts'

const PATH = z.strictObject({ connectionId: id('connection') })
const READERS: Who = { roles: ['identity-admin', 'access-admin', 'auditor'] }
const CONFIGURERS: Who = { roles: ['identity-admin', 'access-admin'] }
const OPTIONAL_REASON = z.strictObject(WHY).meta({ id: 'OptionalReason' })
const PAGE = { limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor }

function connectionsOf({ connections }: Doors): ConnectionsLayer {
  if (connections === undefined) throw new Fault('not_found', 'this server reads no sources by itself')
  return connections
}

const runQuery = (connectionId: string | undefined): Json => ({ list: 'runs', connectionId: connectionId ?? null })
const nameQuery = (state: string | undefined): Json => ({ list: 'connections', state: state ?? null })

const notOfThisList = (): Fault => new Fault('invalid', 'the cursor is not of this query; begin again without one')

function runCursor(cursor: string | undefined, query: Json): { after?: RunCursor } {
  const place = placeOf(cursor, query)
  if (place === undefined) return {}
  const at = parseInstant(place.key)
  if (at === undefined || at !== place.key || !isId('run', place.id)) throw notOfThisList()
  return { after: { queuedAt: at, id: place.id } }
}

function nameCursor(cursor: string | undefined, query: Json): { after?: string } {
  const place = placeOf(cursor, query)
  if (place === undefined) return {}
  if (place.id.includes('\0')) throw notOfThisList()
  return { after: place.id }
}

const READS: AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/connections',
    operationId: 'listConnections',
    tag: 'connections',
    summary: 'List connections, each with its last and next run',
    who: READERS,
    scope: 'read',
    query: z.strictObject({ state: z.enum(['enabled', 'paused', 'removed']).optional(), ...PAGE }),
    answer: ConnectionPage,
    handle: async ({ doors, query }) => {
      const { state, limit, cursor } = query
      const asked = nameQuery(state)
      const place = nameCursor(cursor, asked)
      const { items, next } = await listConnections(connectionsOf(doors), { limit, ...present({ state }), ...place })
      return { items, ...(next === undefined ? {} : { next: cursorOf({ key: null, id: next }, asked) }) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/connections/{connectionId}',
    operationId: 'getConnection',
    tag: 'connections',
    summary: 'Read one connection, with what its last run could not read',
    who: READERS,
    scope: 'read',
    params: PATH,
    answer: ConnectionView,
    versioned: 'read',
    handle: async ({ doors, params }) => await getConnection(connectionsOf(doors), params.connectionId),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/connections/{connectionId}/removal',
    operationId: 'previewConnectionRemoval',
    tag: 'connections',
    summary: 'What of the roll only this connection sees',
    who: READERS,
    scope: 'read',
    params: PATH,
    answer: z.object({ seenOnlyHere: z.record(z.string(), z.int()) }).meta({ id: 'ConnectionRemoval' }),
    refuses: ['conflict'],
    handle: async ({ doors, params }) => await previewRemoval(connectionsOf(doors), params.connectionId),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/runs',
    operationId: 'listRuns',
    tag: 'connections',
    summary: 'List runs, newest first',
    who: READERS,
    scope: 'read',
    query: z.strictObject({ connectionId: id('connection').optional(), ...PAGE }),
    answer: RunPage,
    handle: async ({ doors, query }) => {
      const { connectionId, limit, cursor } = query
      const asked = runQuery(connectionId)
      const place = runCursor(cursor, asked)
      const { items, next } = await listRuns(connectionsOf(doors), { limit, ...present({ connectionId }), ...place })
      return { items, ...(next === undefined ? {} : { next: cursorOf({ key: next.queuedAt, id: next.id }, asked) }) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/runs/{runId}',
    operationId: 'getRun',
    tag: 'connections',
    summary: 'Read one run: how far it is, what it changed, what it could not read',
    who: READERS,
    scope: 'read',
    params: z.strictObject({ runId: id('run') }),
    answer: Run,
    handle: async ({ doors, params }) => await getRun(connectionsOf(doors), params.runId),
  }),
]

const change = {
  method: 'POST',
  tag: 'connections',
  who: CONFIGURERS,
  scope: 'write',
  refuses: ['idempotency_reused'],
} as const

const CHANGES: AnyEndpoint[] = [
  endpoint({
    ...change,
    path: '/v1/connections',
    operationId: 'createConnection',
    summary: 'Configure a source; its path is looked at first',
    body: z.strictObject({ type: CONNECTION_TYPE, ...CONNECTION_FIELDS, ...WHY }).meta({ id: 'NewConnection' }),
    answer: Connection,
    status: 201,
    versioned: 'read',
    handle: async ({ doors, body, act }) => {
      const { reason: why, ...input } = body
      return await createConnection(connectionsOf(doors), act(why), present(input) as ConnectionInput)
    },
  }),
  endpoint({
    ...change,
    path: '/v1/connection-tests',
    operationId: 'testNewConnection',
    summary: 'Whether a connection that is only thought of could be read, and what would be; changes nothing',
    body: z
      .strictObject({
        type: CONNECTION_TYPE,
        settings: CONNECTION_FIELDS.settings,
        options: CONNECTION_FIELDS.options,
        credentials: CONNECTION_FIELDS.credentials,
      })
      .meta({ id: 'ConnectionToTest' }),
    answer: ConnectionTest,
    handle: async ({ doors, body }) =>
      await testConnection(connectionsOf(doors), present(body) as Parameters<typeof testConnection>[1]),
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/update',
    operationId: 'updateConnection',
    summary: 'Change what is said of a connection',
    params: PATH,
    body: z
      .strictObject({
        name: CONNECTION_FIELDS.name.optional(),
        settings: CONNECTION_FIELDS.settings.optional(),
        options: CONNECTION_FIELDS.options,
        credentials: CONNECTION_FIELDS.credentials,
        schedule: CONNECTION_FIELDS.schedule,
        ...WHY,
      })
      .meta({ id: 'ConnectionChange' }),
    answer: Connection,
    versioned: 'update',
    handle: async ({ doors, params, body, act, expectedVersion }) => {
      const { reason: why, ...patch } = body
      return await updateConnection(connectionsOf(doors), act(why), {
        id: params.connectionId,
        patch: present(patch) as ConnectionPatch,
        ...present({ expectedVersion }),
      })
    },
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/test',
    operationId: 'testConnection',
    summary: 'Whether it can be read, and what would be; changes nothing',
    params: PATH,
    answer: ConnectionTest,
    handle: async ({ doors, params }) => await testConnection(connectionsOf(doors), { id: params.connectionId }),
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/run',
    operationId: 'runConnection',
    scope: 'connections:run',
    summary: 'Run it now',
    params: PATH,
    body: z
      .strictObject({
        confirmLeavers: z
          .boolean()
          .optional()
          .describe(
            'apply the leavers of a feed although they are more than the bound; only a person who is identity-admin says so',
          ),
        ...WHY,
      })
      .meta({ id: 'RunRequest' }),
    answer: Run,
    status: 202,
    handle: async ({ doors, caller, params, body, act }) => {
      await assertMayConfirmLeavers(doors, caller, 'runConnection', body.confirmLeavers)
      const { confirmLeavers } = body
      return await runConnection(
        connectionsOf(doors),
        act(body.reason),
        params.connectionId,
        present({ confirmLeavers }),
      )
    },
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/pause',
    operationId: 'pauseConnection',
    summary: 'Run it only when asked',
    params: PATH,
    body: OPTIONAL_REASON,
    answer: Connection,
    handle: async ({ doors, params, body, act }) =>
      await pauseConnection(connectionsOf(doors), act(body.reason), params.connectionId),
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/resume',
    operationId: 'resumeConnection',
    summary: 'Run it by its schedule again',
    params: PATH,
    body: OPTIONAL_REASON,
    answer: Connection,
    handle: async ({ doors, params, body, act }) =>
      await resumeConnection(connectionsOf(doors), act(body.reason), params.connectionId),
  }),
  endpoint({
    ...change,
    path: '/v1/connections/{connectionId}/remove',
    operationId: 'removeConnection',
    summary: 'Read it no more; a last run marks as gone what no other source sees',
    params: PATH,
    body: OPTIONAL_REASON,
    answer: Connection,
    versioned: 'update',
    handle: async ({ doors, params, body, act, expectedVersion }) =>
      await removeConnection(connectionsOf(doors), act(body.reason), {
        id: params.connectionId,
        ...present({ expectedVersion }),
      }),
  }),
]

export const CONNECTIONS: readonly AnyEndpoint[] = [...READS, ...CHANGES]
