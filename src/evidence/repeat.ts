// Work that is done again and again until it is stopped, one pass after another.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Repeating {
  /** Ends after the pass that is under way. */
  stop(): Promise<void>
}

/** `pass` says whether there is more to do at once, or after how long. One that throws is told to `onFailure` and tried again. */
export function repeat(
  pass: () => Promise<'more' | 'done' | { readonly afterMs: number }>,
  options: { readonly everyMs: number; readonly onFailure: (error: unknown) => void },
): Repeating {
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const left = await pass().catch((error: unknown) => {
        options.onFailure(error)
        return 'done' as const
      })
      if (left === 'more') continue
      const ms = left === 'done' ? options.everyMs : left.afterMs
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
