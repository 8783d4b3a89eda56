// Grants begin and end by themselves: one process of those that share the database keeps them, another goes on when it is gone.
import { GrantKeeper, nextGrantDue } from '#access/decisions'
import type { DecisionState } from '#access/decisions'
import type { Administration } from '#access/records'
import { fencedBy } from '#db'
import type { HeldLock, ReeveDatabase } from '#db'
import type { Repeating } from '#evidence'
import { messageOf } from '#kernel'
import { repeatOnOneServer } from './one-server.ts'

/** Grants that end together are to be gone within two seconds; whoever is held or let go meanwhile is seen within this. */
const EVERY_MS = 500
const SOON_MS = 10

export function startGrants(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly access: Administration
  readonly state: () => DecisionState
  readonly say: (event: string) => void
  /** Whoever has to know of grants that are unproven is told, each once; safe to repeat. */
  readonly tellUnproven?: () => Promise<void>
}): Pick<Repeating, 'stop'> {
  const { opened, access, state, say, tellUnproven } = parts
  const keeper = new GrantKeeper()
  // by whom they were looked at last, for this process: what another one left untold is told by who goes on
  let toldUnder: HeldLock | undefined
  const keeping = repeatOnOneServer(
    { name: 'reeve grants', connection: opened.connectionFor('access') },
    async (signal, held) => {
      await access.lookForTargets?.()
      const onUnproven = (): void => void (toldUnder = undefined)
      const work = { access: { ...access, db: fencedBy(held, access.db) }, state, signal, onUnproven }
      const left = await keeper.pass(work)
      if (toldUnder !== held) {
        toldUnder = held
        await tellUnproven?.().catch((error: unknown) => {
          toldUnder = undefined
          throw error
        })
      }
      return left === 'more' ? left : { afterMs: await pauseOf(access) }
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

/** Until the next one is due, where that is sooner. */
async function pauseOf(access: Administration): Promise<number> {
  const due = await nextGrantDue(access)
  if (due === undefined) return EVERY_MS
  return Math.min(EVERY_MS, Math.max(SOON_MS, Date.parse(due) - Date.parse(access.clock())))
}
