// Grants begin and end by themselves: one process of those that share the database keeps them, another goes on when it is gone.
import { GrantKeeper } from '#access/decisions'
import type { DecisionState } from '#access/decisions'
import type { Administration } from '#access/records'
import { fencedBy } from '#db'
import type { ReeveDatabase } from '#db'
import type { Repeating } from '#evidence'
import { messageOf } from '#kernel'
import { repeatOnOneServer } from './one-server.ts'

/** Grants that end together are to be gone within two seconds. */
const EVERY_MS = 500

export function startGrants(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly access: Administration
  readonly state: () => DecisionState
  readonly say: (event: string) => void
}): Pick<Repeating, 'stop'> {
  const { opened, access, state, say } = parts
  const keeper = new GrantKeeper()
  const keeping = repeatOnOneServer(
    { name: 'reeve grants', connection: opened.connectionFor('access') },
    async (signal, held) => {
      await access.lookForTargets?.()
      return await keeper.pass({ access: { ...access, db: fencedBy(held, access.db) }, state, signal })
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
      await keeping.stop()
      await keeper.settled()
    },
  }
}
