// Keeps one postmaster alive: adopts the one that an earlier Reeve left, starts it again when it dies, a bounded number
// of times.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { Fault } from '#kernel'
import { FOLDER_SETTING, lastWords, launch, lives, runningPostmaster, stopPostmaster } from './postmaster.ts'
import { trimLog, whenReady } from './postmaster.ts'
import type { Postmaster, PostmasterPlan } from './postmaster.ts'

const LOOK_EVERY_MS = 250
const TRIM_EVERY_MS = 60_000
const FULL_DISK_EVERY_MS = 3000
const RESTARTS_MAX = 5
const RESTARTS_WITHIN_MS = 60_000
/** Orphaned server processes of a postmaster that was killed end by themselves; until then a new one is refused. */
const ORPHANS_GONE_WITHIN_MS = 20_000

export interface Supervision {
  readonly plan: PostmasterPlan
  /** The superuser's connection through a socket in that folder. */
  admin(socketFolder: string): pg.ClientConfig
  provision(client: pg.Client): Promise<void>
  log(line: string): void
  onDown(): void
  onUp(): void
}

export interface Supervised {
  readonly pid: number
  readonly adopted: boolean
  readonly socketFolder: string
  stop(): Promise<void>
}

export async function supervise(supervision: Supervision): Promise<Supervised> {
  const { plan } = supervision
  const found = runningPostmaster(plan.directory.pgdata)
  const adopted = found !== undefined && (await adopt(found, supervision))
  let current = adopted ? found : await start(supervision)
  const stopped = new AbortController()
  const restarts: number[] = []
  let trimmedAt = Date.now()

  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await pause(LOOK_EVERY_MS, stopped.signal)
      if (Date.now() - trimmedAt > TRIM_EVERY_MS) {
        trimmedAt = Date.now()
        trimLog(plan.directory.logFile)
      }
      if (stopped.signal.aborted || lives(current)) continue
      supervision.log(`PostgreSQL (process ${current.pid}) ended: ${lastWords(plan.directory.logFile)}`)
      supervision.onDown()
      const next = await restart(supervision, restarts, stopped.signal)
      if (next === undefined) return
      current = next
      supervision.onUp()
    }
  }
  const watching = watch().catch((error: unknown) => {
    supervision.log(`PostgreSQL is no longer watched: ${error instanceof Error ? error.message : String(error)}`)
  })

  return {
    get pid() {
      return current.pid
    },
    adopted,
    get socketFolder() {
      return current.socketFolder
    },
    async stop() {
      stopped.abort()
      await watching
      await stopPostmaster(current)
    },
  }
}

async function adopt(found: Postmaster, supervision: Supervision): Promise<boolean> {
  const client = await whenReady(found, supervision.admin(found.socketFolder))
  if (client === undefined) return false
  try {
    const { rows } = await client.query<{ folder: string }>(
      `select coalesce(current_setting('${FOLDER_SETTING}', true), current_setting('data_directory')) as folder`,
    )
    if (rows[0]?.folder !== supervision.plan.directory.pgdata)
      throw new Fault(
        'database_refused',
        `the PostgreSQL server with process id ${found.pid} serves \`${rows[0]?.folder}\`: stop it first`,
      )
    await supervision.provision(client)
  } finally {
    await client.end()
  }
  supervision.log(`PostgreSQL (process ${found.pid}) was still running and is used again`)
  return true
}

async function start(supervision: Supervision): Promise<Postmaster> {
  const { plan } = supervision
  const until = Date.now() + ORPHANS_GONE_WITHIN_MS
  for (;;) {
    const postmaster = await launch(plan)
    if (await provisioned(postmaster, supervision)) {
      supervision.log(`PostgreSQL runs as process ${postmaster.pid}`)
      return postmaster
    }
    const why = lastWords(plan.directory.logFile)
    if (!/shared memory block|lock file/.test(why) || Date.now() > until) throw startFault(why)
    await sleep(200)
  }
}

/** False when it ended before it was ready. A server that cannot be used is not left running. */
async function provisioned(postmaster: Postmaster, supervision: Supervision): Promise<boolean> {
  let client: pg.Client | undefined
  try {
    client = await whenReady(postmaster, supervision.admin(postmaster.socketFolder))
    if (client === undefined) return false
    await supervision.provision(client)
    return true
  } catch (error) {
    await stopPostmaster(postmaster)
    throw error
  } finally {
    await client?.end()
  }
}

function startFault(why: string): Fault {
  if (/no space left/i.test(why))
    return new Fault('storage_full', 'free space where the data directory is, then start again')
  return new Fault('database_refused', `PostgreSQL does not start: ${why.trim()}`)
}

async function restart(
  supervision: Supervision,
  restarts: number[],
  stopped: AbortSignal,
): Promise<Postmaster | undefined> {
  while (!stopped.aborted) {
    const recent = restarts.filter((at) => at > Date.now() - RESTARTS_WITHIN_MS)
    if (recent.length >= RESTARTS_MAX) {
      supervision.log(`PostgreSQL ended ${RESTARTS_MAX} times within a minute and is left alone until a minute is over`)
      await pause(RESTARTS_WITHIN_MS, stopped)
      continue
    }
    restarts.push(Date.now())
    try {
      return await start(supervision)
    } catch (error) {
      supervision.log(error instanceof Error ? error.message : String(error))
      const full = error instanceof Fault && error.code === 'storage_full'
      // a full disk is no fault of the server's; it is looked at until there is space
      if (full) restarts.pop()
      await pause(full ? FULL_DISK_EVERY_MS : LOOK_EVERY_MS, stopped)
    }
  }
  return undefined
}

/** Keeps no process alive, and ends early when `stopped` is. */
async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { ref: false, signal: stopped })
  } catch (error) {
    if (!stopped.aborted) throw error
  }
}
