// The servers that `bench/http.ts` asks beside Reeve: a bare echo of the same bodies, and Cerbos where its program is to be had.
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import type { Answered, Load } from './http-load.ts'

export interface Served {
  readonly pid: number
  readonly port: number
  readonly stop: () => Promise<void>
}

const hasTaskset = ((): boolean => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return availableParallelism() > 1
  } catch {
    return false
  }
})()

/** Servers on one core, who asks on another; where the system can. */
export const PINNED = hasTaskset
const SERVER_CORE = '0'
const CLIENT_CORE = '1'

export function pin(pid: number): void {
  if (PINNED) execFileSync('taskset', ['-a', '-c', '-p', SERVER_CORE, String(pid)], { stdio: 'ignore' })
}

export async function ask(load: Load): Promise<Answered> {
  const program = [process.execPath, new URL('http-load.ts', import.meta.url).pathname]
  const [command = '', ...args] = PINNED ? ['taskset', '-c', CLIENT_CORE, ...program] : program
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const parts: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stdin.end(JSON.stringify(load))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`who asks ended with ${code}`)
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as Answered
}

export async function startEcho(): Promise<Served> {
  const child = spawn(process.execPath, [new URL('http-echo.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return served(child, Number(line.toString('utf8')))
}

/** Its program, by `REEVE_BENCH_CERBOS` or the package `cerbos`, which is no dependency: it weighs 90 MB. */
export function cerbosProgram(): string | undefined {
  const named = process.env['REEVE_BENCH_CERBOS']
  if (named !== undefined) return named
  const name = `cerbos-${process.platform}-${process.arch}`
  try {
    return createRequire(import.meta.url).resolve(`@cerbos/${name}/${name}`)
  } catch {
    // not installed: the bench says so
    return undefined
  }
}

/** Decides by the role in the subject's properties; no record is kept of it. */
const POLICY = `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  version: default
  resource: table
  rules:
    - actions: ['pg:SELECT']
      effect: EFFECT_ALLOW
      roles: ['reader']
`

export async function startCerbos(program: string, folder: string): Promise<Served> {
  const policies = join(folder, 'cerbos')
  await mkdir(policies, { recursive: true })
  await writeFile(join(policies, 'table.yaml'), POLICY)
  const port = await freePort()
  const settings = [
    `server.httpListenAddr=127.0.0.1:${port}`,
    `server.grpcListenAddr=unix:${join(folder, 'cerbos.sock')}`,
    'storage.driver=disk',
    `storage.disk.directory=${policies}`,
    'telemetry.disabled=true',
  ]
  const args = ['server', '--log-level=error', '--debug-listen-addr=', ...settings.map((set) => `--set=${set}`)]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  for (let tries = 0; tries < 100; tries++) {
    await passed(200)
    if (await answers(port)) return served(child, port)
  }
  child.kill('SIGKILL')
  throw new Error('Cerbos does not answer')
}

const answers = async (port: number): Promise<boolean> =>
  await fetch(`http://127.0.0.1:${port}/_cerbos/health`).then(
    ({ ok }) => ok,
    () => false,
  )

function served(child: ChildProcess, port: number): Served {
  const ended = once(child, 'close')
  return {
    pid: child.pid ?? 0,
    port,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
