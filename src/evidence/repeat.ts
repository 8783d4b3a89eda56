// Work that is done again and again until it is stopped, one pass after another.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Repeating {
  /** Ends after the pass that is under way. */
  stop(): Promise<void>
  /** The next pass begins at once. */
  wake(): void
}

/** `pass` says whether there is more to do at once, or after how long. One that throws is told to `onFailure` and tried again. */
export function repeat(
  pass: () => Promise<'more' | 'done' | { readonly afterMs: number }>,
  options: { readonly everyMs: number; readonly onFailure: (error: unknown) => void },
): Repeating {
  const stopping = new AbortController()
  let pausing = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      // made before the pass: who wakes it meanwhile wants another one
      pausing = new AbortController()
      const left = await pass().catch((error: unknown) => {
        options.onFailure(error)
        return 'done' as const
      })
      if (left === 'more') continue
      const ms = left === 'done' ? options.everyMs : left.afterMs
      await sleep(ms, undefined, { signal: pausing.signal }).catch(() => undefined)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      pausing.abort()
      await running
    },
    wake: () => pausing.abort(),
  }
}
