// Grants begin and end by themselves: one process of those that share the database keeps them, another goes on when it is gone.
import { keepGrants } from '#access/decisions'
import type { DecisionState } from '#access/decisions'
import type { Administration } from '#access/records'
import { holdLock } from '#db'
import type { HeldLock, ReeveDatabase } from '#db'
import { repeat } from '#evidence'
import type { Repeating } from '#evidence'
import { messageOf } from '#kernel'

/** Grants that end together are to be gone within two seconds. */
const EVERY_MS = 500
const LOCK = 'reeve grants'

export function startGrants(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly access: Administration
  readonly state: () => DecisionState
  readonly say: (event: string) => void
}): Pick<Repeating, 'stop'> {
  const { opened, access, state, say } = parts
  const stopping = new AbortController()
  let held: HeldLock | undefined
  const keeping = repeat(
    async () => {
      if (held === undefined || held.lost.aborted) held = await holdLock(opened.connectionFor('access'), LOCK)
      if (held === undefined) return 'done'
      await access.lookForTargets?.()
      return await keepGrants({ access, state, signal: AbortSignal.any([stopping.signal, held.lost]) })
    },
    {
      everyMs: EVERY_MS,
      onFailure: (error) => {
        say(`grants are looked at again: ${messageOf(error)}`)
      },
    },
  )
  return {
    stop: async () => {
      stopping.abort()
      await keeping.stop()
      await held?.release()
    },
  }
}
