// What tests of the embedded server share: one in a process of its own that can be killed, and questions to it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { Fault } from '#kernel'
import type { Connection } from '../connect.ts'
import { blockedAt, databaseAccount, isRoot } from './account.ts'

export const SERVER = fileURLToPath(new URL('./server-in-test.ts', import.meta.url))

interface Told {
  readonly pid: number
  readonly adopted: boolean
  readonly uid: number
  readonly fault?: string
}

/** For `assert.rejects`: a refusal that says this. */
export function isRefusal(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, 'database_refused')
    assert.match(error.detail, pattern)
    return true
  }
}

export async function startedApart(
  dataDirectory: string,
  as: SpawnOptions = {},
): Promise<readonly [ChildProcess, Told]> {
  const child = spawn(process.execPath, [SERVER, dataDirectory], { ...as, stdio: ['pipe', 'pipe', 'inherit'] })
  assert.ok(child.stdout !== null)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return [child, JSON.parse(line) as Told]
}

export async function endedApart(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.stdin?.end()
  await exit
}

export async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

export async function ask(connection: Connection, text: string): Promise<unknown[]> {
  const client = new Client(connection)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

export function ordinaryUserMissing(): string | false {
  if (!isRoot()) return 'the other tests run as an ordinary user already'
  return blockedAt(databaseAccount(), dirname(SERVER)) === undefined ? false : 'the sources are closed to other users'
}

/** A folder of `mkdtemp` that other users may pass through. */
export async function openPath(path: string): Promise<void> {
  await chmod(path, 0o711)
}
