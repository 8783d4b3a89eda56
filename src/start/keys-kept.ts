// Keys that a command has rotated or retired count in the running server within seconds. The key of the log does not: it is
// announced in the log by the one before it, while nothing else is written, which is at the start.
import { repeat } from '#evidence'
import type { Repeating } from '#evidence'
import { messageOf } from '#kernel'
import { KEY_KIND_NAMES } from '#keys'
import type { Keys } from '#keys'

const EVERY_MS = 3000

/** A file that is not whole is told to `say` once, and changes nothing. */
export function followKeys(parts: {
  readonly keys: Pick<Keys, 'reread'>
  readonly say: (event: string) => void
  /** Some key is another one now. */
  readonly onChanged: () => Promise<unknown>
  readonly everyMs?: number
}): Repeating {
  const { keys, say, onChanged, everyMs = EVERY_MS } = parts
  const kinds = KEY_KIND_NAMES.filter((kind) => kind !== 'log')
  let told: string | undefined
  let behind = false
  return repeat(
    async () => {
      const changed = await keys.reread(kinds)
      if (changed.length > 0) say(`the keys of ${changed.join(', ')} were changed and count from now on`)
      behind ||= changed.length > 0
      if (behind) await onChanged()
      behind = false
      told = undefined
      return 'done'
    },
    {
      everyMs,
      onFailure: (error) => {
        const why = messageOf(error)
        if (why !== told) say(`the keys that were read before stay in use: ${why}`)
        told = why
      },
    },
  )
}
