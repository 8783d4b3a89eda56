// Denials and acts of high risk as decision points sent them, for whoever holds them against the log.
import { sql } from '#db'
import type { LayerDatabase } from '#db'

export interface DecisionBatchOnRecord {
  /** The spool. */
  readonly source: string
  /** The number of the first line of the batch that they came in. */
  readonly first: number
  /** JSON, each as it was sent. */
  readonly lines: readonly string[]
}

/** A batch is at most some hundred lines. */
const AT_ONCE = 200

/** In the order of source and first number; each page is read in a transaction of its own. */
export async function* everyDecisionBatch(db: LayerDatabase): AsyncGenerator<DecisionBatchOnRecord> {
  for (let after: readonly [source: string, first: number] = ['', 0]; ;) {
    const page = await db.transaction(
      async (tx) =>
        await tx.query<DecisionBatchOnRecord>(sql`
          select source, first_seq as first, lines from access.decision_batch
          where (source, first_seq) > (${after[0]}, ${after[1]}) order by source, first_seq limit ${AT_ONCE}`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < AT_ONCE) return
    after = [last.source, last.first]
  }
}
