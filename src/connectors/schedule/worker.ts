// Fires schedules and takes queued runs, on pg-boss. Its jobs are calls to wake up; what is true stands in our own tables.
import { PgBoss } from 'pg-boss'
import { Fault, REEVE } from '#kernel'
import { lockIsHeld, sql } from '#db'
import { perform } from './perform.ts'
import type { PerformOptions } from './perform.ts'
import { runConnection } from './run.ts'
import { recurrenceOf } from './schedule.ts'
import type { Recurrence, Schedule } from './schedule.ts'

const RUNS = 'connection-run'
const DUE = 'connection-due'
const DAY_SECONDS = 86_400

export interface WorkerOptions extends PerformOptions {
  /** Runs at once in this process; 2 unless said otherwise. */
  readonly concurrency?: number
  /** How often it looks for queued runs, for runs of dead workers and for changed schedules: 15,000 unless said otherwise. */
  readonly everyMs?: number
  /** How often schedules are compared with the clock: 30 unless said otherwise, at most 45. */
  readonly schedulesEverySeconds?: number
}

export interface ConnectionWorker {
  /** Looks at once for what is to be done; for `ConnectionsLayer.onChanged`. */
  wake(): void
  /** What is running is given back to be begun anew; resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** Rejects where the queue's tables are not those of this release, or the database cannot be reached. */
export async function startConnectionWorker(options: WorkerOptions): Promise<ConnectionWorker> {
  const worker = new Worker(options)
  await worker.start()
  return worker
}

class Worker implements ConnectionWorker {
  readonly #options: WorkerOptions
  readonly #boss: PgBoss
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #again = false

  constructor(options: WorkerOptions) {
    this.#options = options
    const { schedulesEverySeconds = 30 } = options
    const { connection } = options
    this.#boss = new PgBoss({
      ...(connection as { host: string }),
      application_name: 'reeve jobs',
      max: 3,
      schema: 'jobs',
      // its tables come by our migrations, and the role may not make any
      migrate: false,
      createSchema: false,
      persistQueueStats: false,
      persistWarnings: false,
      reindex: false,
      monitorVacuum: false,
      registerInstance: false,
      cronMonitorIntervalSeconds: schedulesEverySeconds,
      cronWorkerIntervalSeconds: Math.min(5, schedulesEverySeconds),
    })
    this.#boss.on('error', (error) => options.onFailure(error, 'the job queue'))
  }

  async start(): Promise<void> {
    const { concurrency = 2, everyMs = 15_000 } = this.#options
    await this.#boss.start()
    // a lost job is found again by `#look`, so none is retried; a run may take as long as a day
    await this.#boss.createQueue(RUNS, { retryLimit: 0, expireInSeconds: DAY_SECONDS, deleteAfterSeconds: 3600 })
    // rows stay for a week: while one is there, the clock may go back without firing the same moment again
    await this.#boss.createQueue(DUE, { retryLimit: 5, retryDelay: 10, deleteAfterSeconds: 7 * DAY_SECONDS })
    await this.#boss.work<RunJob>(
      RUNS,
      { localConcurrency: concurrency, batchSize: 1, pollingIntervalSeconds: 1 },
      async ([job]) => {
        if (job !== undefined) await perform(this.#options, job.data, this.#stopping.signal)
      },
    )
    await this.#boss.work<DueJob>(DUE, { batchSize: 1, pollingIntervalSeconds: 2 }, async ([job]) => {
      if (job !== undefined) await this.#queueDue(job.id, job.data.connectionId)
    })
    this.#timer = setInterval(() => this.wake(), everyMs)
    this.wake()
  }

  wake(): void {
    this.#again = true
    this.#looking ??= this.#lookWhileAsked().finally(() => (this.#looking = undefined))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#stopping.abort()
    this.#again = false
    await this.#looking
    await this.#boss.stop({ graceful: true, timeout: 20_000 })
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false
      await this.#look().catch((error: unknown) => this.#options.onFailure(error, 'looking for runs'))
    }
  }

  async #look(): Promise<void> {
    await this.#keepSchedules()
    for (const { runId, connectionId } of await this.#runsWithoutWorker()) {
      await this.#boss.send(RUNS, { runId, connectionId }, { singletonKey: runId, singletonSeconds: 5 })
    }
  }

  /** Queued ones, and those whose worker is gone: nobody holds their lock. */
  async #runsWithoutWorker(): Promise<RunJob[]> {
    return await this.#options.layer.db.transaction(
      async (tx) =>
        await tx.query<RunJob>(sql`
          select r.id as "runId", r.connection_id as "connectionId" from connections.run r
          where r.state in ('queued', 'running') and not ${lockIsHeld(sql`'run of ' || r.connection_id`)}
          order by r.queued_at limit 1000`),
      { readOnly: true },
    )
  }

  /** Makes the schedules of the queue what the connections say. */
  async #keepSchedules(): Promise<void> {
    const wanted = await this.#wanted()
    for (const { key, cron, timezone } of await this.#schedules()) {
      const recurrence = wanted.get(key)
      if (recurrence === undefined) await this.#boss.unschedule(DUE, key)
      else if (recurrence.expression === cron && recurrence.timeZone === timezone) wanted.delete(key)
    }
    for (const [connectionId, { expression, timeZone }] of wanted) {
      await this.#boss.schedule(DUE, expression, { connectionId }, { tz: timeZone, key: connectionId, missed: 'once' })
    }
  }

  async #wanted(): Promise<Map<string, Recurrence>> {
    const rows = await this.#options.layer.db.transaction(
      async (tx) =>
        await tx.query<{ id: string; schedule: Schedule }>(sql`
          select c.id, c.data -> 'schedule' as schedule from connections.connection c
          where c.state = 'enabled' and jsonb_typeof(c.data -> 'schedule') = 'object'`),
      { readOnly: true },
    )
    return new Map(rows.map(({ id, schedule }) => [id, recurrenceOf(schedule)]))
  }

  async #schedules(): Promise<{ key: string; cron: string; timezone: string }[]> {
    const all = []
    const limit = 1000
    let after: { name: string; key: string } | undefined
    do {
      const page = await this.#boss.getSchedules(DUE, undefined, { limit, ...(after === undefined ? {} : { after }) })
      all.push(...page)
      after = page.length === limit ? page.at(-1) : undefined
    } while (after !== undefined)
    return all
  }

  /** Once per job, also when the queue delivers it twice. A run that is under way already is enough. */
  async #queueDue(jobId: string, connectionId: string): Promise<void> {
    const { layer } = this.#options
    const idempotency = { client: DUE, key: jobId, request: { connectionId } }
    try {
      await runConnection(layer, { actor: { id: REEVE }, at: layer.clock(), idempotency }, connectionId)
    } catch (error) {
      if (!(error instanceof Fault && (error.code === 'conflict' || error.code === 'not_found'))) throw error
    }
    this.wake()
  }
}

interface RunJob {
  readonly runId: string
  readonly connectionId: string
}

interface DueJob {
  readonly connectionId: string
}
