// Runs the real server as a process, as an operator does, and the real command line against it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { COMMAND } from '../scan/run-reeve.ts'

const START_LIMIT_MS = 120_000

interface Account {
  readonly uid: number
  readonly gid: number
}

export interface ServerInTest {
  readonly url: string
  /** Of the first start only. */
  readonly token: string | undefined
  readonly sample: string | undefined
  readonly pid: number
  readonly stderr: () => string
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>
  /** kill -9: nothing is closed. */
  kill(): Promise<void>
}

export interface ServerOptions {
  readonly dataDirectory: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly as?: Account
  readonly cwd?: string
  /** In place of the clone's own. */
  readonly command?: string
}

/** The environment of the one who runs the tests must not reach the server under test. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !name.startsWith('REEVE_') && !name.startsWith('NODE_TEST'),
  ) as [string, string][]
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...more }
}

export async function startServer(options: ServerOptions): Promise<ServerInTest> {
  const { dataDirectory, args = [], env = {}, as = {}, cwd = process.cwd(), command = COMMAND } = options
  const child = spawn(process.execPath, [command, 'serve', '--json', '--listen', '127.0.0.1:0', ...args], {
    cwd,
    env: cleanEnvironment({ REEVE_DATA_DIR: dataDirectory, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  })
  const ended = endOf(child)
  const stderr = collect(child)
  const line = await firstLine(child, ended, stderr)
  const { address, token, sample } = JSON.parse(line) as { address: string; token?: string; sample?: string }
  return {
    url: address,
    token,
    sample,
    pid: child.pid ?? 0,
    stderr,
    stop: async () => {
      child.kill('SIGTERM')
      return await ended
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const endOf = async (child: ChildProcess): Promise<number | null> =>
  await new Promise((done) => {
    child.on('close', done)
  })

function collect(child: ChildProcess): () => string {
  const pieces: Buffer[] = []
  child.stderr?.on('data', (data: Buffer) => pieces.push(data))
  return () => Buffer.concat(pieces).toString('utf8')
}

async function firstLine(child: ChildProcess, ended: Promise<number | null>, stderr: () => string): Promise<string> {
  let text = ''
  const line = new Promise<string>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString('utf8')
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
  })
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`no address after ${START_LIMIT_MS} ms: ${stderr()}`))
    }, START_LIMIT_MS)
  })
  const gone = ended.then((code) => {
    throw new Error(`the server ended with ${code}: ${stderr()}`)
  })
  gone.catch(() => undefined)
  try {
    return await Promise.race([line, gone, tooLong])
  } finally {
    clearTimeout(timer)
  }
}

/** A folder that any user can pass through, gone after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-e2e-'))
  t.after(async () => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  await chmod(folder, 0o755)
  return folder
}
