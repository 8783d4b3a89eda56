// Decisions on record against the log: each batch is what its entries name, and none that the log knows is gone.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { DECISION_TYPES, DecisionBatches } from '../offline/decision-batches.ts'
import type { DecisionBatch } from '../offline/decision-batches.ts'
import type { LiveFinding } from './live-findings.ts'
import { named } from './verify-rows.ts'

/** What evidence asks of the layer that keeps them. */
export interface DecisionSource {
  /** In the order of source and first number. */
  batches(): AsyncIterable<DecisionBatch>
}

interface Entry {
  readonly ordinal: number
  readonly type: string
  readonly at: string
  readonly content: Readonly<Record<string, unknown>> | null
}

const BATCH = 5000
/** What differs at first may have been written or pruned meanwhile: it is looked at so often. */
const LOOKS = 3

export async function verifyDecisions(evidence: LayerDatabase, source: DecisionSource): Promise<LiveFinding[]> {
  for (let look = 1; ; look++) {
    const { problems, count } = await problemsOf(evidence, source)
    if (problems.length === 0 || look === LOOKS)
      return named('decisions', problems, `${count} batches, each as its entries name it`)
  }
}

async function problemsOf(
  evidence: LayerDatabase,
  source: DecisionSource,
): Promise<{ readonly problems: readonly string[]; readonly count: number }> {
  const known = await saidIn(evidence)
  const problems: string[] = []
  let count = 0
  for await (const batch of source.batches()) {
    count += 1
    const problem = known.problemOf(batch)
    if (problem !== undefined) problems.push(problem)
  }
  return { problems: [...problems, ...known.missing()], count }
}

async function saidIn(evidence: LayerDatabase): Promise<DecisionBatches> {
  const said = new DecisionBatches()
  const types = [...DECISION_TYPES, 'decision.pruned']
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const batch = await evidence.transaction(
      async (tx) =>
        await tx.query<Entry>(sql`select ordinal, type, at, content from evidence.entry
          where type = any(${types}) and ordinal > ${after} order by ordinal limit ${BATCH}`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    for (const { type, at, content } of batch) {
      if (type === 'decision.pruned') said.takePruned(at, content ?? undefined)
      else said.take(type, at, content ?? undefined)
    }
    const last = batch.at(-1)
    if (last === undefined || batch.length < BATCH) return said
    after = last.ordinal
  }
}
