// At the start of a server, and from time to time: what is over at a target and forgotten by a restore is ended there.
import type { ReeveDatabase } from '#db'
import { reapTargets } from '#effect'
import type { EffectLayer } from '#effect'
import type { Repeating } from '#evidence'
import { messageOf } from '#kernel'
import { repeatOnOneServer } from './one-server.ts'

/** How soon it is seen that acts are allowed again, or that another server went. */
const LOOK_MS = 30_000
const AGAIN_MS = 15 * 60_000

export function startReaper(parts: {
  readonly opened: Pick<ReeveDatabase, 'connectionFor'>
  readonly effect: EffectLayer
  readonly say: (event: string) => void
}): Pick<Repeating, 'stop'> {
  const { opened, effect, say } = parts
  let reapedAt = Number.NEGATIVE_INFINITY
  let told = ''
  return repeatOnOneServer(
    { name: 'reeve reaper', connection: opened.connectionFor('effect') },
    async (signal) => {
      if (performance.now() - reapedAt < AGAIN_MS) return 'done'
      const not = await reapTargets(effect, signal)
      if (not === 'stopped') return 'done'
      reapedAt = performance.now()
      const words = not.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
      // the same every quarter of an hour is read by nobody
      if (words !== told && words !== '') say(`what is over may still be at targets: ${words}`)
      told = words
      return 'done'
    },
    { everyMs: LOOK_MS, onFailure: (error) => say(`targets are reaped again in half a minute: ${messageOf(error)}`) },
  )
}
