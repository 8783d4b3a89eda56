// Runs of connections: queued, running, then succeeded, partial, failed or held. Never two of one connection at once.
import { Fault, newId } from '#kernel'
import type { Act, Instant } from '#kernel'
import { refusedBy, sql } from '#db'
import type { Tx } from '#db'
import { appendEntries } from '#evidence/port'
import type { ConnectionsLayer } from './connection.ts'
import { lockConnection, operate } from './operation.ts'
import type { BlindSpotKind, ProblemKind } from './problems.ts'

export type RunState = 'queued' | 'running' | 'succeeded' | 'partial' | 'failed' | 'held'

export interface Run {
  readonly id: string
  readonly connectionId: string
  readonly state: RunState
  /** The id of who asked, or `reeve` for the schedule. */
  readonly askedBy: string
  /** Who asked has looked at the leavers that an earlier run held, and says that they did leave. */
  readonly confirmLeavers: boolean
  readonly queuedAt: Instant
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  readonly attempts: number
  readonly progress: RunProgress
  /** What it saw and changed, by kind. */
  readonly counts: Counts
  readonly problems: readonly ProblemKind[]
  readonly blindSpots: readonly BlindSpotKind[]
  readonly failure: string | null
  readonly fingerprintKeyId: string | null
}

/** Whole numbers, in groups: `{principals: {created: 3}}`. */
export interface Counts {
  readonly [kind: string]: number | Counts
}

export interface RunProgress {
  readonly files?: number
  readonly bytes?: number
  readonly totalFiles?: number
  /** Of a source without files. */
  readonly facts?: number
  readonly totalBytes?: number
  /** What it is doing: reading, writing. */
  readonly step?: string
}

export const RUN = sql`r.id, r.connection_id as "connectionId", r.state, r.asked_by as "askedBy", r.confirm_leavers as "confirmLeavers", r.queued_at as "queuedAt",
  r.started_at as "startedAt", r.ended_at as "endedAt", r.attempts, r.progress, r.counts, r.problems,
  r.blind_spots as "blindSpots", r.failure, r.fingerprint_key_id as "fingerprintKeyId"`

/** Queues a run. Faults: not_found, conflict (removed; or one is queued or running already). */
export async function runConnection(
  layer: ConnectionsLayer,
  act: Act,
  connectionId: string,
  { confirmLeavers = false }: { readonly confirmLeavers?: boolean } = {},
): Promise<Run> {
  const busy = {
    code: 'conflict',
    detail: 'a run of this connection is queued or under way: wait for it to end',
  } as const
  return await refusedBy(
    'run_one',
    busy,
    async () =>
      await operate(layer, act, async (tx) => {
        await lockConnection(tx, connectionId)
        return await queueRun(tx, act, connectionId, confirmLeavers)
      }),
  )
}

/** For a connection that is locked and has no run open. */
export async function queueRun(tx: Tx, act: Act, connectionId: string, confirmLeavers: boolean): Promise<Run> {
  const id = newId('run')
  const [run] = await tx.query<Run>(sql`
    insert into connections.run as r (id, connection_id, state, asked_by, confirm_leavers, queued_at)
    values (${id}, ${connectionId}, 'queued', ${act.actor.id}, ${confirmLeavers}, ${act.at}) returning ${RUN}`)
  if (run === undefined) throw new Error('a run was inserted')
  await appendRunEntry(tx, act, 'connection.run_queued', run)
  return run
}

/** Whether the last run of a removed connection, which ends what it saw, is not queued and did not come through. */
export async function lacksEnd(tx: Tx, connectionId: string): Promise<boolean> {
  const [newest] = await tx.query<{ state: RunState }>(sql`
    select state from connections.run where connection_id = ${connectionId} order by queued_at desc, id limit 1`)
  return newest?.state === 'failed'
}

/** For a connection that is being removed. Throws Fault('conflict') while one is running. */
export async function endQueuedRun(tx: Tx, act: Act, connectionId: string): Promise<void> {
  const [open] = await tx.query<{ id: string; state: RunState }>(sql`
    select id, state from connections.run
    where connection_id = ${connectionId} and state in ('queued', 'running') for update`)
  if (open === undefined) return
  if (open.state === 'running') throw new Fault('conflict', 'a run of this connection is under way: wait for it to end')
  const [run] = await tx.query<Run>(sql`
    update connections.run r set state = 'failed', ended_at = ${act.at}, failure = 'the connection was removed'
    where r.id = ${open.id} returning ${RUN}`)
  if (run !== undefined) await appendRunEntry(tx, act, 'connection.run_ended', run)
}

export async function appendRunEntry(tx: Tx, act: Act, type: string, run: Run): Promise<void> {
  const { actor, at, reason, follows } = act
  await appendEntries(tx, [
    {
      id: newId('entry'),
      layer: tx.layer,
      type,
      at,
      actor: actor.id,
      ...(actor.onBehalfOf === undefined ? {} : { onBehalfOf: actor.onBehalfOf }),
      subjects: [run.connectionId, run.id],
      ...(reason === undefined ? {} : { reason }),
      ...(follows === undefined ? {} : { follows }),
      content: {
        state: run.state,
        counts: { ...run.counts },
        ...(run.confirmLeavers ? { confirmLeavers: true } : {}),
      },
    },
  ])
}
