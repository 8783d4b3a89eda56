// A refused act leaves an entry: who tried what, on which record, and why not.
import type { Actor } from '#kernel'
import { note } from './administration.ts'
import type { Administration } from './administration.ts'

export interface Refusal {
  /** The `operationId` of the API. */
  readonly operation: string
  readonly code: string
  readonly tokenId: string
  /** What was named in the request; only what is spelled as an id is written down. */
  readonly subjects: readonly string[]
  /** How often, where it stands for several refused reads. */
  readonly count?: number
}

const ID = /^[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}$/

export async function noteRefusal(administration: Administration, actor: Actor, refusal: Refusal): Promise<void> {
  const { operation, code, tokenId, subjects, count } = refusal
  await administration.db.transaction(
    async (tx) =>
      await note(
        tx,
        { actor, at: administration.clock() },
        'act.refused',
        [actor.id, ...subjects.filter((id) => ID.test(id))],
        {
          operation,
          code,
          tokenId,
          ...(count === undefined ? {} : { count }),
        },
      ),
  )
}
