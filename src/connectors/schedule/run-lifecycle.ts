// The states of a run as its worker moves them. Whoever calls these holds the lock of the run's connection.
import { REEVE } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql, Tx } from '#db'
import { readCurrent } from '#db/history'
import type { BlindSpot, ReadProblem } from '#connectors/port'
import { CONNECTION } from './connection.ts'
import type { ConnectionData, ConnectionRecord } from './connection.ts'
import { summariseBlindSpots, summariseProblems } from './problems.ts'
import { appendRunEntry, RUN } from './run.ts'
import type { Counts, Run, RunProgress } from './run.ts'

const ATTEMPTS_MAX = 3

/** What a run came to. `failure` says why it is held or failed, in words for everyone who may see the run. */
export interface RunOutcome {
  readonly state: 'succeeded' | 'partial' | 'held' | 'failed'
  readonly counts: Counts
  readonly problems?: readonly ReadProblem[]
  readonly blindSpots?: readonly BlindSpot[]
  readonly failure?: string
  readonly fingerprintKeyId?: string
}

export interface BegunRun {
  readonly run: Run
  readonly connection: ConnectionRecord
}

/** What Reeve does in a run, on behalf of who asked for it. */
export function actOf(run: Run, at: Instant): Act {
  const actor = run.askedBy === REEVE ? { id: REEVE } : { id: REEVE, onBehalfOf: run.askedBy }
  return { actor, at, follows: [run.id] }
}

/**
 * Queued becomes running: of a removed connection that is the run that ends what it saw, for no other is left. So does one that a dead worker left running.
 * `undefined` where there is nothing to run.
 */
export async function beginRun(db: LayerDatabase, runId: string, at: Instant): Promise<BegunRun | undefined> {
  return await db.transaction(async (tx) => {
    const [run] = await tx.query<Run>(sql`
      select ${RUN} from connections.run r where r.id = ${runId} and r.state in ('queued', 'running') for update`)
    if (run === undefined) return undefined
    const connection = (await readCurrent<ConnectionData>(tx, CONNECTION, [run.connectionId])).get(run.connectionId)
    const refusal = refusalOf(run, connection)
    if (refusal !== undefined || connection === undefined) {
      await settle(tx, run, at, { state: 'failed', counts: {}, failure: refusal ?? 'its connection is not there' })
      return undefined
    }
    const [begun] = await tx.query<Run>(sql`
      update connections.run r
      set state = 'running', started_at = coalesce(r.started_at, ${at}), attempts = r.attempts + 1, progress = '{}'
      where r.id = ${runId} returning ${RUN}`)
    return begun === undefined ? undefined : { run: begun, connection }
  })
}

function refusalOf(run: Run, connection: ConnectionRecord | undefined): string | undefined {
  if (connection?.data.state === 'paused' && run.askedBy === REEVE) return 'the connection was paused before it began'
  if (run.attempts < ATTEMPTS_MAX) return undefined
  return `it was begun ${run.attempts} times and the server ended each time before it did: look into the server's log, exclude what it fails on, and run it again`
}

export async function endRun(db: LayerDatabase, run: Run, at: Instant, outcome: RunOutcome): Promise<void> {
  await db.transaction(async (tx) => await settle(tx, run, at, outcome))
}

async function settle(tx: Tx, run: Run, at: Instant, outcome: RunOutcome): Promise<void> {
  const { state, counts, problems = [], blindSpots = [], failure = null, fingerprintKeyId = null } = outcome
  const [ended] = await tx.query<Run>(sql`
    update connections.run r
    set state = ${state}, ended_at = greatest(${at}::timestamptz, r.queued_at), counts = ${json(counts)},
        problems = ${json(summariseProblems(problems))}, blind_spots = ${json(summariseBlindSpots(blindSpots))},
        failure = ${failure}, fingerprint_key_id = ${fingerprintKeyId}, progress = '{}'
    where r.id = ${run.id} and r.state in ('queued', 'running') returning ${RUN}`)
  if (ended !== undefined) await appendRunEntry(tx, actOf(run, at), 'connection.run_ended', ended)
}

const json = (value: object): Sql => sql`${JSON.stringify(value)}::jsonb`

/** The server stops: the run is begun again by the next one, and this time does not count. */
export async function giveBack(db: LayerDatabase, runId: string): Promise<void> {
  await db.transaction(
    async (tx) =>
      await tx.execute(sql`
        update connections.run set state = 'queued', attempts = greatest(attempts - 1, 0), progress = '{}'
        where id = ${runId} and state = 'running'`),
  )
}

export async function writeProgress(db: LayerDatabase, runId: string, progress: RunProgress): Promise<void> {
  await db.transaction(
    async (tx) =>
      await tx.execute(sql`
        update connections.run set progress = ${json(progress)} where id = ${runId} and state = 'running'`),
  )
}
