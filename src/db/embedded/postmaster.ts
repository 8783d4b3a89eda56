// One postmaster: started, found again after our own crash, asked whether it is ready, stopped.
import { spawn } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type pg from 'pg'
import { Fault } from '#kernel'
import { sqlStateOf } from '../pg-faults.ts'
import type { Account } from './account.ts'
import { ENVIRONMENT } from './cluster.ts'
import type { Directory } from './directory.ts'
import { handing, nameFor, nameFrom } from './handed.ts'
import { commandLine, isAlive, startedSeconds, startMark, worksIn } from './process.ts'

export const PORT = 5432
const LOG_BYTES_MAX = 16 * 1024 * 1024
const ANSWER_TIMEOUT_MS = 5000
/** Recovery after a crash may take long; it is waited for as long as the process lives. */
const READY_TIMEOUT_MS = 600_000
const STOP_TIMEOUT_MS = 60_000
/** Says which folder a server serves that names it by a descriptor: to us when we ask, and in its command line. */
export const FOLDER_SETTING = 'reeve.data_directory'
/** Above what any system gives out. */
const NO_PROCESS = 2_147_483_646

export interface Postmaster {
  readonly pid: number
  readonly startMark: string
  readonly socketFolder: string
}

export interface PostmasterPlan {
  readonly postgres: string
  readonly directory: Directory
  readonly socketFolder: string
  readonly account: Account | undefined
  readonly settings: Readonly<Record<string, string>>
}

/** The process that `postmaster.pid` names, when it is really a server on this directory. */
export function runningPostmaster(pgdata: string): Postmaster | undefined {
  const file = join(pgdata, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const lines = readFileSync(file, 'utf8').split('\n')
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  if (isServerOn(pgdata, pid, Number(lines[2])))
    return { pid, startMark: startMark(pid), socketFolder: nameFrom(pgdata, lines[4] ?? '') }
  // Its number went to another program, which PostgreSQL would take for a server. The file itself stays: by its last
  // lines PostgreSQL sees whether orphans of the old server still hold its shared memory.
  writeFileSync(file, [String(NO_PROCESS), ...lines.slice(1)].join('\n'))
  return undefined
}

function isServerOn(pgdata: string, pid: number, startedAtSeconds: number): boolean {
  const command = commandLine(pid)
  if (command.includes(pgdata) || command.includes(realpathSync(pgdata))) return true
  // it works in its directory; where we may not see that, one that names another says so
  const here = worksIn(pid, pgdata) ?? (command.includes(FOLDER_SETTING) ? false : undefined)
  if (here !== undefined) return here
  const started = startedSeconds(pid)
  return started === undefined ? command.includes('postgres') : Math.abs(started - startedAtSeconds) < 60
}

export function lives({ pid, startMark: mark }: Postmaster): boolean {
  return isAlive(pid) && startMark(pid) === mark
}

/** A session of its own, so that Ctrl-C in a terminal reaches us and not it: we stop it when we are done. */
export async function launch(plan: PostmasterPlan): Promise<Postmaster> {
  const { directory, account } = plan
  trimLog(directory.logFile)
  const log = openSync(directory.logFile, 'a', 0o600)
  try {
    const child = handing(directory, (descriptors) =>
      spawn(plan.postgres, argumentsFor(plan), {
        ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
        cwd: '/',
        env: ENVIRONMENT,
        detached: true,
        stdio: ['ignore', log, log, ...descriptors],
      }),
    )
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', () => resolve(child.pid ?? 0))
    })
    child.unref()
    return { pid, startMark: startMark(pid), socketFolder: plan.socketFolder }
  } finally {
    closeSync(log)
  }
}

function argumentsFor({ directory, socketFolder, settings }: PostmasterPlan): string[] {
  const socket = nameFor(directory, socketFolder).replaceAll('"', '""')
  const all: Record<string, string> = { ...settings, unix_socket_directories: `"${socket}"` }
  if (directory.handed) all[FOLDER_SETTING] = directory.pgdata
  const given = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', nameFor(directory, directory.pgdata), ...given]
}

/** Keeps the last log beside the new one. Emptied in place: the server goes on writing to the file that it has open. */
export function trimLog(logFile: string): void {
  if (!existsSync(logFile) || statSync(logFile).size <= LOG_BYTES_MAX) return
  copyFileSync(logFile, `${logFile}.1`)
  truncateSync(logFile)
}

/** Connects as soon as the server takes connections. `undefined` when the process ended before that. */
export async function whenReady(postmaster: Postmaster, config: pg.ClientConfig): Promise<pg.Client | undefined> {
  const until = Date.now() + READY_TIMEOUT_MS
  for (let pauseMs = 10; Date.now() < until; pauseMs = Math.min(pauseMs * 1.5, 250)) {
    if (!lives(postmaster)) return undefined
    const client = new Client({ ...config, connectionTimeoutMillis: ANSWER_TIMEOUT_MS })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      const state = sqlStateOf(error)
      if (state !== undefined && state !== '57P03' && state !== '53300') throw refusal(postmaster, error)
    }
    await sleep(pauseMs)
  }
  throw new Fault('database_unavailable', 'PostgreSQL does not become ready; look into its log')
}

function refusal(postmaster: Postmaster, cause: unknown): Fault {
  return new Fault(
    'database_refused',
    `the PostgreSQL server with process id ${postmaster.pid} does not accept Reeve's password: this directory ` +
      'belongs to another server, or its passwords.json does not belong to it',
    { cause },
  )
}

/** Fast shutdown: sessions are ended, a checkpoint is written. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!lives(postmaster)) return
    process.kill(postmaster.pid, signal)
    const until = Date.now() + STOP_TIMEOUT_MS
    while (Date.now() < until) {
      if (!lives(postmaster)) return
      await sleep(20)
    }
  }
  throw new Fault('database_unavailable', `PostgreSQL (process ${postmaster.pid}) does not stop`)
}

/** The last lines that say why; they hold no values (`log_error_verbosity` is terse). */
export function lastWords(logFile: string): string {
  const text = existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''
  const fatal = text.split('\n').filter((line) => /FATAL|PANIC|postgres:/.test(line) && !line.includes('starting up'))
  return fatal.at(-1)?.replace(/^.*?(?=FATAL|PANIC|postgres:)/, '') ?? 'it says nothing in its log'
}
