// Tokens and roles of Reeve itself at the start: rows that are not as the log was told let nobody in.
import type { Database } from '#db'
import { verifyRows } from '#evidence'
import { Fault } from '#kernel'
import { rowSources } from './told-tables.ts'

/** Who comes in, and who administers. */
const LET_IN = new Set(['access.token', 'access.role_assignment'])

/**
 * Throws Fault('conflict') where one was written, changed or taken away past Reeve. SECURITY: nobody is asked for a token before
 * this was looked at, so a right that somebody gave themselves in the database is not used even once.
 */
export async function refuseForgedRows(database: Database, say: (event: string) => void): Promise<void> {
  const sources = rowSources(database).filter(({ name }) => LET_IN.has(name))
  const found = (await verifyRows(database.layer('evidence'), sources, 'last')).filter(
    ({ outcome }) => outcome === 'failed',
  )
  if (found.length === 0) return
  for (const { detail } of found) say(`ALARM: ${detail}; who wrote there past Reeve gave rights to themselves`)
  throw new Fault(
    'conflict',
    `${found[0]?.detail ?? ''}: take such rows away or put them as they were, as the database's superuser (guide "evidence", tokens and roles); \`reeve evidence verify --state\` names all of them`,
  )
}
