// The day on which a token was last used: written at most once per day, so that no request costs a write.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Administration } from '../role/administration.ts'

export async function markTokenUsed(administration: Administration, tokenId: string, at: Instant): Promise<void> {
  const day = at.slice(0, 10)
  await administration.db.transaction((tx) =>
    tx.execute(sql`
      update access.token set used_on = ${day}::date where id = ${tokenId} and (used_on is null or used_on < ${day}::date)`),
  )
}
