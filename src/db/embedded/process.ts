// What can be known of another process: whether it lives, since when, and what it runs.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

/** USER_HZ, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** A process that has ended and that nobody has waited for yet; it still has its number. */
function isZombie(pid: number): boolean {
  return statFields(pid)?.[0] === 'Z'
}

/** From the state on; the name before it may hold anything, so it is cut at its last bracket. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    // no such process, or a system without /proc
    return undefined
  }
}

/** Two processes of one number differ in it: numbers are used again, after a restart of the machine too. */
export function startMark(pid: number): string {
  const started = statFields(pid)?.[19]
  if (started !== undefined) return `${bootId()}:${started}`
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    // gone
    return ''
  }
}

function bootId(): string {
  return readIfAny('/proc/sys/kernel/random/boot_id').trim()
}

/** Seconds since 1970 at which it started, give or take what the clock was set by since; `undefined` without /proc. */
export function startedSeconds(pid: number): number | undefined {
  const ticks = Number(statFields(pid)?.[19])
  const boot = /^btime (\d+)$/m.exec(readIfAny('/proc/stat'))?.[1]
  return Number.isNaN(ticks) || boot === undefined ? undefined : Number(boot) + ticks / TICKS_PER_SECOND
}

/** Whether `folder` is its working directory; `undefined` where we may not see that. */
export function worksIn(pid: number, folder: string): boolean | undefined {
  try {
    const [its, ours] = [statSync(`/proc/${pid}/cwd`), statSync(folder)]
    return its.dev === ours.dev && its.ino === ours.ino
  } catch {
    // gone, another user's, or a system without /proc
    return undefined
  }
}

/** Its command line, arguments apart by NUL where the system keeps them so. */
export function commandLine(pid: number): string {
  const own = readIfAny(`/proc/${pid}/cmdline`)
  if (own !== '') return own
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    // gone
    return ''
  }
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // a system without it
    return ''
  }
}
