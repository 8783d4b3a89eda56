// The command that `reeve run` starts: with its own streams, told of every signal, and ended with all that it started.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Fault } from '#kernel'
import { codeOf } from '../terminal/write-out.ts'

export interface Child {
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** TERM, and KILL where that does not end it. */
  end(): void
}

const KILL_AFTER_MS = 10_000
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const
/** A terminal sends these to everything in front by itself. */
const BY_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH'])
const NOT_THERE = 127
const NOT_RUN = 126

/** `more` is set in its environment. */
export function startChild([command = '', ...args]: readonly string[], more: NodeJS.ProcessEnv = {}): Child {
  const terminal = process.stdin.isTTY
  const { REEVE_TOKEN: _, ...own } = process.env
  const env = { ...own, ...more }
  const group = !terminal && process.platform !== 'win32'
  // a group of its own, which can be ended whole; at a terminal it must stay in front
  const child = spawn(command, args, { stdio: 'inherit', env, detached: group })
  const kill = (signal: NodeJS.Signals): void => {
    const { pid } = child
    if (pid === undefined) return
    try {
      process.kill(group ? -pid : pid, signal)
    } catch (cause) {
      if (codeOf(cause) !== 'ESRCH') throw cause
    }
  }
  for (const signal of PASSED_ON) {
    process.removeAllListeners(signal)
    process.on(signal, () => {
      if (!terminal || !BY_TERMINAL.has(signal)) kill(signal)
    })
  }
  let timer: NodeJS.Timeout | undefined
  return {
    ended: ending(child, command).finally(() => {
      if (timer === undefined) return
      clearTimeout(timer)
      // what it started and left behind
      if (group) kill('SIGKILL')
    }),
    end: () => {
      kill('SIGTERM')
      timer = setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS)
    },
  }
}

async function ending(child: ReturnType<typeof spawn>, command: string): ReturnType<() => Child['ended']> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return { code, signal }
  } catch (cause) {
    const why = codeOf(cause)
    // also said where a folder of PATH may not be searched, or has a folder of this name
    if (why === 'ENOENT' || (why === 'EACCES' && !isThere(command))) return { code: NOT_THERE, signal: null }
    if (why === 'EACCES') return { code: NOT_RUN, signal: null }
    throw new Fault('usage', `the command cannot be started (${why})`, { cause })
  }
}

/** As a shell looks for it. */
function isThere(command: string): boolean {
  if (command.includes('/')) return true
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.some((folder) => {
    try {
      return statSync(join(folder, command)).isFile()
    } catch {
      // not there, or not to be seen
      return false
    }
  })
}
