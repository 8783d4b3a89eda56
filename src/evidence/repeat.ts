// Work that is done again and again until it is stopped, one pass after another.

export interface Repeating {
  /** Ends after the pass that is under way. */
  stop(): Promise<void>
}

/** `pass` says whether there is more to do at once. One that throws is told to `onFailure` and tried again. */
export function repeat(
  pass: () => Promise<'more' | 'done'>,
  options: { readonly everyMs: number; readonly onFailure: (error: unknown) => void },
): Repeating {
  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      const left = await pass().catch((error: unknown) => {
        options.onFailure(error)
        return 'done' as const
      })
      if (left === 'done') await pause(options.everyMs, stopping.signal)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}
