// Asks again and again whether something still may be, and says when it may not.
import { setTimeout as sleep } from 'node:timers/promises'

interface Answer {
  readonly decision: boolean
  readonly context: { readonly reason: string; readonly [key: string]: unknown }
}

/** Why it may not; `undefined`: it may. This wrapper fulfils no obligation, so an answer that has one is a no. */
export function refusalOf({ decision, context }: Answer): string | undefined {
  if (!decision) return context.reason
  const { obligations } = context
  return obligations === undefined || (Array.isArray(obligations) && obligations.length === 0)
    ? undefined
    : 'obligation_unknown'
}

/** Rejects where there is no answer. */
export type Ask = () => Promise<Answer>

export interface Watched {
  /** Resolves with the reason when it may no more; never where it stops before. */
  readonly lost: Promise<string>
  stop(): void
}

/**
 * Without an answer the last one counts until it is over, a minute at most.
 */
export function onlyWhileAllowed(asked: {
  readonly ask: Ask
  readonly first: Answer
  readonly everyMs: number
}): Watched {
  const stopping = new AbortController()
  const lost = watch(asked, stopping.signal)
  return { lost, stop: () => stopping.abort() }
}

/** Answers of a server are good for a minute at most. */
const GOOD_MAX_MS = 60_000

async function watch(
  { ask, first, everyMs }: { readonly ask: Ask; readonly first: Answer; readonly everyMs: number },
  signal: AbortSignal,
): Promise<string> {
  let goodUntil = performance.now() + goodFor(first)
  for (;;) {
    const stopped = await sleep(everyMs, false, { signal }).catch(() => true)
    if (stopped) return await new Promise<never>(() => undefined)
    const answer = await ask().catch(() => undefined)
    const refusal = answer === undefined ? undefined : refusalOf(answer)
    if (refusal !== undefined) return `its access ended (${refusal})`
    if (answer !== undefined) goodUntil = performance.now() + goodFor(answer)
    else if (performance.now() >= goodUntil) return 'nobody answers whether it still may'
  }
}

function goodFor({ context }: Answer): number {
  const until = typeof context['expires_at'] === 'string' ? Date.parse(context['expires_at']) - Date.now() : Number.NaN
  return Number.isNaN(until) ? 0 : Math.min(Math.max(until, 0), GOOD_MAX_MS)
}
