// The server's clock: the machine's, held back from ever going backwards within one process.
import type { Clock, Instant } from '#kernel'

/**
 * A machine's clock may be set back; records would then be made before what they follow. Until the machine has caught
 * up, the latest instant that was given is given again.
 */
export function monotonicClock(machine: Clock): Clock {
  let latest = '' as Instant
  return () => {
    const now = machine()
    if (now > latest) latest = now
    return latest
  }
}
