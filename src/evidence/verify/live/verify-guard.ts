// What guards the log in the database: rights, triggers and functions as the release made them, and how long content is kept.
import { schemaDifferences, sql } from '#db'
import type { Connection, LayerDatabase } from '#db'
import { LEAST_DAYS } from '../offline/least-days.ts'
import type { LiveFinding } from './live-findings.ts'
import { named } from './verify-rows.ts'

export async function verifyGuard(evidence: LayerDatabase, connection: Connection): Promise<LiveFinding[]> {
  return [
    ...named('guard', await schemaDifferences(connection), 'tables, rights, functions and triggers are as released'),
    ...named('retention', await shortened(evidence), 'content is kept for as long as the release says, or longer'),
  ]
}

async function shortened(evidence: LayerDatabase): Promise<string[]> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ type: string; days: number | null }>(
        sql`select type, days_min as days from evidence.retention order by type`,
      ),
    { readOnly: true },
  )
  const found = new Map(rows.map(({ type, days }) => [type, days]))
  const gone = Object.keys(LEAST_DAYS).filter((type) => !found.has(type))
  return [
    ...gone.map((type) => `evidence.retention has no row for \`${type}\` any more`),
    ...rows.flatMap(({ type, days }) => {
      const least = LEAST_DAYS[Object.hasOwn(LEAST_DAYS, type) ? type : '*'] ?? null
      const kept = days === null || (least !== null && days >= least)
      return kept ? [] : [`evidence.retention keeps \`${type}\` for ${days} days: ${least ?? 'for ever'} is the least`]
    }),
  ]
}
