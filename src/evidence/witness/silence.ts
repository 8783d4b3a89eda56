// A log that offers nothing any more: a witness that is bypassed, or a server that stands still, looks like this.
import { repeat } from '../repeat.ts'
import type { Repeating } from '../repeat.ts'
import type { Witness } from './witness.ts'

export interface Silence {
  readonly origin: string
  /** Seconds since 1970; absent where it was never cosigned. */
  readonly cosignedAt?: number
  /** It was silent, and was cosigned again. */
  readonly over: boolean
}

/** Says it once when a log falls silent, and once when it is cosigned again. A start counts as a sign of life. */
export function watchSilence(parts: {
  readonly witness: Pick<Witness, 'cosignedAt'>
  readonly origins: () => readonly string[]
  readonly clock: () => number
  readonly expectEverySeconds: number
  readonly onSilence: (what: Silence) => void
  readonly onFailure: (error: unknown) => void
}): Repeating {
  const { witness, origins, clock, expectEverySeconds, onSilence, onFailure } = parts
  const started = clock()
  const silent = new Set<string>()
  const everyMs = Math.min(expectEverySeconds * 250, 60_000)
  return repeat(
    async () => {
      for (const origin of origins()) {
        const cosignedAt = await witness.cosignedAt(origin)
        const is = clock() - Math.max(started, cosignedAt ?? 0) > expectEverySeconds
        if (is === silent.has(origin)) continue
        if (is) silent.add(origin)
        else silent.delete(origin)
        onSilence({ origin, over: !is, ...(cosignedAt === undefined ? {} : { cosignedAt }) })
      }
      return 'done'
    },
    { everyMs, onFailure },
  )
}
