// What a server does by itself, again and again: what was to end by a day ends, tokens and their records agree, answers
// under old idempotency keys are forgotten.
import { repairTokens } from '#access/records'
import type { Administration } from '#access/records'
import { forgetAnswers } from '#db'
import type { Database, Layer } from '#db'
import { repeat } from '#evidence'
import type { Repeating } from '#evidence'
import { quarantineLapsed } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { REEVE } from '#kernel'
import type { Clock, Instant } from '#kernel'

const EVERY_MS = 60_000
const ANSWERS_KEPT_MS = 24 * 60 * 60 * 1000
/** The layers whose operations are asked for under idempotency keys. */
const ANSWERING: readonly Layer[] = ['identity', 'access', 'connections']

/** The first pass begins at once. A pass that fails is told to `say` and made again a minute later. */
export function startUpkeep(parts: {
  readonly database: Database
  readonly identity: IdentityLayer
  readonly access: Administration
  readonly clock: Clock
  readonly say: (event: string) => void
}): Repeating {
  const { database, identity, access, clock, say } = parts
  return repeat(
    async () => {
      const now = clock()
      const { more } = await quarantineLapsed(identity, { actor: { id: REEVE }, at: now })
      if (more) return 'more'
      await repairTokens(identity, access)
      const before = new Date(Date.parse(now) - ANSWERS_KEPT_MS).toISOString() as Instant
      for (const layer of ANSWERING) await forgetAnswers(database.layer(layer), before)
      return 'done'
    },
    {
      everyMs: EVERY_MS,
      onFailure: (error) => {
        say(`upkeep is tried again in a minute: ${error instanceof Error ? error.message : 'unknown error'}`)
      },
    },
  )
}
