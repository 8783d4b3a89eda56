// One run from its lock to its end: whoever holds the lock of the connection runs it, and nobody else.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#kernel'
import { holdLock } from '#db'
import type { Connection, HeldLock } from '#db'
import type { ConnectionRecord, ConnectionsLayer } from './connection.ts'
import { beginRun, endRun, giveBack, writeProgress } from './run-lifecycle.ts'
import type { RunOutcome } from './run-lifecycle.ts'
import type { Run, RunProgress } from './run.ts'

export interface RunInput {
  readonly connection: ConnectionRecord
  readonly run: Run
  /** Aborted when the lock is lost or the server stops: from then on nothing may be written. */
  readonly signal: AbortSignal
  readonly progress: (progress: RunProgress) => void
}

/**
 * Does what a connection is for. It may be called again for a run that was cut off at any instant, and has to give what
 * one uninterrupted call gives. What it throws fails the run: a Fault with its detail, anything else without its words.
 */
export type RunHandler = (input: RunInput) => Promise<RunOutcome>

export interface PerformOptions {
  readonly layer: ConnectionsLayer
  /** Of the role of the layer, for the lock's own connection. */
  readonly connection: Connection
  readonly onRun: RunHandler
  readonly onFailure: (error: unknown, doing: string) => void
}

/** What every holder calls the lock of a connection. */
export const lockName = (connectionId: string): string => `run of ${connectionId}`

const PROGRESS_EVERY_MS = 1000
/** How long the outcome of a run is kept for a database that is away; then the run is begun anew. */
const END_ATTEMPTS = 20
const END_PAUSE_MS = 3000

/** `stopping` is aborted when the server stops. Does nothing where the run is over, or somebody else has it. */
export async function perform(
  options: PerformOptions,
  { runId, connectionId }: { readonly runId: string; readonly connectionId: string },
  stopping: AbortSignal,
): Promise<void> {
  const lock = await holdLock(options.connection, lockName(connectionId))
  if (lock === undefined) return
  try {
    const begun = await beginRun(options.layer.db, runId, options.layer.clock())
    if (begun !== undefined) await carryOut(options, begun, lock, stopping)
  } finally {
    await lock.release()
  }
}

async function carryOut(
  options: PerformOptions,
  begun: { readonly run: Run; readonly connection: ConnectionRecord },
  lock: HeldLock,
  stopping: AbortSignal,
): Promise<void> {
  const { layer, onFailure } = options
  const { run } = begun
  const signal = AbortSignal.any([lock.lost, stopping])
  const outcome = await outcomeOf(options, begun, signal)
  // the lock is another's now, or will be: what became of the run is for its next holder to say
  if (lock.lost.aborted) return
  if (stopping.aborted && outcome.state === 'failed') {
    await giveBack(layer.db, run.id)
    return
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await endRun(layer.db, run, layer.clock(), outcome)
      return
    } catch (error) {
      onFailure(error, `writing the end of run ${run.id}`)
      if (signal.aborted || attempt >= END_ATTEMPTS) return
      await sleep(END_PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function outcomeOf(
  { layer, onRun, onFailure }: PerformOptions,
  { run, connection }: { readonly run: Run; readonly connection: ConnectionRecord },
  signal: AbortSignal,
): Promise<RunOutcome> {
  let latest: RunProgress | undefined
  let writing: Promise<void> | undefined
  const timer = setInterval(() => {
    if (latest === undefined || writing !== undefined) return
    const progress = latest
    latest = undefined
    // progress is a courtesy: where it cannot be written, the run goes on
    writing = writeProgress(layer.db, run.id, progress)
      .catch(() => undefined)
      .finally(() => (writing = undefined))
  }, PROGRESS_EVERY_MS)
  try {
    return await onRun({ connection, run, signal, progress: (progress) => (latest = progress) })
  } catch (error) {
    if (!signal.aborted) onFailure(error, `run ${run.id}`)
    const failure =
      error instanceof Fault
        ? error.detail
        : "an error of Reeve's own: the server's log has it under the id of this run"
    return { state: 'failed', counts: {}, failure }
  } finally {
    clearInterval(timer)
    await writing
  }
}
