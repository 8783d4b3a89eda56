// Ctrl-C: ends at once with 130, without a half-written file and without half a progress line.
import { rmSync } from 'node:fs'
import { unfinished } from './write-out.ts'

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

export function endOnInterrupt(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
      for (const path of unfinished) rmSync(path, { force: true })
      if (lastWords !== undefined) process.stderr.write(`${lastWords}\n`)
      process.exit(code)
    })
  }
}

let lastWords: string | undefined

/** What somebody who ends it meanwhile has to know: what they asked for goes on elsewhere. */
export async function withLastWords<T>(words: string, work: () => Promise<T>): Promise<T> {
  lastWords = words
  try {
    return await work()
  } finally {
    lastWords = undefined
  }
}

/**
 * For long work that never waits: a handler would not be called before its end, so the system's own way to end the
 * process is put back while it lasts. Only for work that leaves nothing behind.
 */
export function whileBusy<T>(work: () => T): T {
  for (const signal of Object.keys(SIGNALS)) process.removeAllListeners(signal)
  try {
    return work()
  } finally {
    endOnInterrupt()
  }
}

/** For a command that ends in order: the first signal is told, the second one ends the process at once. */
export function onSignals(): { readonly first: Promise<string> } {
  for (const signal of Object.keys(SIGNALS)) process.removeAllListeners(signal)
  const first = new Promise<string>((resolve) => {
    let told = false
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (told) process.exit(code)
        told = true
        resolve(signal)
      })
    }
  })
  return { first }
}
