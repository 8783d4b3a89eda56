// One process on one folder: a file that names the process that has it. What kill -9 leaves behind is taken over.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { Fault } from '#kernel'
import { isAlive, startMark } from './process.ts'

interface Holder {
  readonly pid: number
  readonly startMark: string
}

const served = (pid: number): Fault =>
  new Fault(
    'database_refused',
    `process ${pid} already serves this data directory: stop it first, or use another directory`,
  )

/** Throws what `refused` makes of the process that has it, Fault('database_refused'). The returned function gives it back. */
export function takeLock(path: string, refused = served): () => void {
  const text = JSON.stringify({ pid: process.pid, startMark: startMark(process.pid) } satisfies Holder)
  for (let attempt = 0; attempt < 20; attempt++) {
    if (linked(path, text)) return () => giveBack(path, text)
    const found = contentOf(path)
    if (found === undefined) continue
    const holder = holderOf(found)
    if (holder !== undefined && isAlive(holder.pid) && startMark(holder.pid) === holder.startMark)
      throw refused(holder.pid)
    removeStale(path, found)
  }
  throw new Fault('database_refused', `the lock \`${path}\` cannot be taken: look who else starts here`)
}

/** A link appears with its whole content, or not at all. */
function linked(path: string, text: string): boolean {
  const own = `${path}.${randomUUID()}`
  writeFileSync(own, text, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(own)
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : undefined
  } catch {
    // half a file, from a disk that was full
    return undefined
  }
}

/** Another starter may have replaced it meanwhile: what was taken away is looked at, and put back if it is not stale. */
function removeStale(path: string, stale: string): void {
  const taken = `${path}.${randomUUID()}`
  try {
    renameSync(path, taken)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (contentOf(taken) !== stale) {
    try {
      linkSync(taken, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  rmSync(taken, { force: true })
}

function giveBack(path: string, text: string): void {
  if (contentOf(path) === text) rmSync(path, { force: true })
}

/**
 * A file names a process of this machine; two containers on one volume do not see each other's. They do see whether
 * somebody listens on a socket there, and that ends with its process too.
 */
export async function listenAlone(path: string): Promise<() => void> {
  if (await answers(path))
    throw new Fault(
      'database_refused',
      'another Reeve, perhaps in another container, already serves this data directory: stop it first',
    )
  rmSync(path, { force: true })
  const server = createServer((socket) => socket.destroy())
  server.unref()
  server.listen(path)
  await once(server, 'listening')
  return () => server.close()
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false
    throw error
  } finally {
    socket.destroy()
  }
}
