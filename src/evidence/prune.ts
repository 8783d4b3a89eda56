// Takes away what entries say after its time: reason and content may name people. Their hashes stay in the log.
import { Fault, newId } from '#kernel'
import type { Act } from '#kernel'
import { ENTRY_TYPES } from './entry-types/entry-types.ts'
import { sql, sqlStateOf } from '#db'
import type { LayerDatabase } from '#db'

export interface Retention {
  /** `*` is every type that has no row of its own. */
  readonly type: string
  /** Null: for ever. */
  readonly daysMin: number | null
}

const APART_SECONDS_MAX = 3600

/** What the database will not let anybody undercut. */
export async function readRetention(evidence: LayerDatabase): Promise<Retention[]> {
  return await evidence.transaction(
    async (tx) =>
      await tx.query<Retention>(sql`select type, days_min as "daysMin" from evidence.retention order by type`),
    { readOnly: true },
  )
}

/**
 * Of entries of this type that are older than `days`. The pruning is an entry of its own in the same transaction. Returns
 * how many lost their content. Throws Fault('forbidden') below the least retention, Fault('invalid') for what is no type,
 * Fault('conflict') where the clock of the database, which counts, is not that of the act: what was taken too early by a wrong
 * clock is missed by every verifier for ever.
 */
export async function pruneContent(
  evidence: LayerDatabase,
  act: Act,
  input: { readonly type: string; readonly days: number },
): Promise<number> {
  const { type, days } = input
  if (!Object.hasOwn(ENTRY_TYPES, type))
    throw new Fault('invalid', `\`${type}\` is no type of entry, as \`principal.registered\` is`)
  if (!Number.isSafeInteger(days) || days < 0 || days > 100_000) throw new Fault('invalid', 'days are a whole number')
  try {
    return await evidence.transaction(
      async (tx) => {
        const [apart] = await tx.query(
          sql`select where abs(extract(epoch from now() - ${act.at}::timestamptz)) > ${APART_SECONDS_MAX}`,
        )
        if (apart !== undefined)
          throw new Fault('conflict', 'the clocks of this machine and of its database are apart: set them right first')
        const [row] = await tx.query<{ pruned: number }>(
          sql`select evidence.prune(${type}, ${days}, ${newId('entry')}, ${act.at}, ${act.actor.id}) as pruned`,
        )
        return row?.pruned ?? 0
      },
      { statementTimeoutMs: 0 },
    )
  } catch (error) {
    if (sqlStateOf(error) === '42501')
      throw new Fault('forbidden', `the content of \`${type}\` has to be kept longer than ${days} days`, {
        cause: error,
      })
    throw error
  }
}
