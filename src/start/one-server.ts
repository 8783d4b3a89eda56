// What one of the servers that share a database does again and again; another goes on when that one is gone.
import { holdLock } from '#db'
import type { Connection, HeldLock } from '#db'
import { repeat } from '#evidence'
import type { Repeating } from '#evidence'

type Pass = Parameters<typeof repeat>[0]

/** A server that is stopped, and not gone, keeps nothing from being done for longer. */
const LEASE_MS = 10_000

/** `pass` is given a signal that is aborted when the lock is lost or the server stops, and the lock. */
export function repeatOnOneServer(
  lock: { readonly name: string; readonly connection: Connection },
  pass: (signal: AbortSignal, held: HeldLock) => ReturnType<Pass>,
  options: Parameters<typeof repeat>[1],
): Pick<Repeating, 'stop'> {
  const stopping = new AbortController()
  let held: HeldLock | undefined
  const keeping = repeat(async () => {
    if (held === undefined || held.lost.aborted)
      held = await holdLock(lock.connection, lock.name, { leaseMs: LEASE_MS })
    return held === undefined ? 'done' : await pass(AbortSignal.any([stopping.signal, held.lost]), held)
  }, options)
  return {
    stop: async () => {
      stopping.abort()
      await keeping.stop()
      await held?.release()
    },
  }
}
