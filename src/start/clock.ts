// The server's clock: the machine's, held back from small steps backwards.
import type { Clock, Instant } from '#kernel'

/** A step backwards of at most this is ridden out; a longer one undoes a step ahead that was wrong. */
const RIDDEN_OUT_MS = 5 * 60_000

/**
 * A machine's clock may be set back by a little, again and again; records would then be made before what they follow. Until
 * the machine has caught up, the latest instant that was given is given again. After a longer step back the machine is
 * believed at once: it had run ahead, and holding on to that would end everything that ends by then. `onSetBack` is told, since
 * what was recorded meanwhile bears the wrong time for good; versions and the log keep their order by number.
 */
export function monotonicClock(
  machine: Clock,
  onSetBack: (from: Instant, to: Instant) => void = () => undefined,
): Clock {
  const milliseconds = monotonicMilliseconds(
    () => Date.parse(machine()),
    (from, to) => onSetBack(instantOf(from), instantOf(to)),
  )
  return () => instantOf(milliseconds())
}

const instantOf = (at: number): Instant => new Date(at).toISOString() as Instant

/** The same in milliseconds since 1970, for what asks it at every decision. */
export function monotonicMilliseconds(
  machine: () => number,
  onSetBack: (from: number, to: number) => void = () => undefined,
): () => number {
  let latest = -Infinity
  return () => {
    const now = machine()
    if (now >= latest) latest = now
    else if (latest - now > RIDDEN_OUT_MS) {
      const from = latest
      latest = now
      onSetBack(from, now)
    }
    return latest
  }
}
