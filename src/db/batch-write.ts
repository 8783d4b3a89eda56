// Writes many items in transactions of bounded size. What cannot be written is found and named; the rest is written.
import { Fault } from '#kernel'
import { sqlStateOf } from './pg-faults.ts'
import { sql } from './sql.ts'
import type { LayerDatabase, Tx } from './transaction.ts'

/** Large enough that the cost of a transaction is lost among its rows, small enough that its locks are short. */
export const BATCH = 2000
const ATTEMPTS_MAX = 4
/** Any number that no other advisory lock of Reeve uses: in one database and layer, batches come one after the other. */
const BATCH_LOCK = 726_973_302

export interface Refused {
  readonly id: string
  readonly why: string
}

export function* inBatches<T>(items: Iterable<T>, size = BATCH): Generator<T[]> {
  let batch: T[] = []
  for (const item of items) {
    if (batch.push(item) < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * `write` in a transaction that holds the lock. Where it fails because of a value, halves are tried until the one that
 * cannot be written stands alone; it is told to `onRefused`, everything else is written.
 */
export async function writeBatch<T extends { readonly id: string }, R>(
  layer: LayerDatabase,
  items: readonly T[],
  write: (tx: Tx, items: readonly T[]) => Promise<R>,
  onRefused: (refused: Refused) => void,
): Promise<R[]> {
  if (items.length === 0) return []
  try {
    return [await attempt(layer, (tx) => write(tx, items))]
  } catch (error) {
    const why = whyRefused(error)
    if (why === undefined) throw error
    const [only] = items
    if (items.length === 1 && only !== undefined) {
      onRefused({ id: only.id, why })
      return []
    }
    const middle = items.length >> 1
    return [
      ...(await writeBatch(layer, items.slice(0, middle), write, onRefused)),
      ...(await writeBatch(layer, items.slice(middle), write, onRefused)),
    ]
  }
}

/** Somebody else may write the same in between: then what is there is looked up anew. */
async function attempt<R>(layer: LayerDatabase, work: (tx: Tx) => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      // an import's statements may take longer than what a person waits for
      return await layer.transaction(
        async (tx) => {
          await tx.execute(sql`select pg_advisory_xact_lock(${BATCH_LOCK}, hashtext(${layer.layer}))`)
          return await work(tx)
        },
        { statementTimeoutMs: 0 },
      )
    } catch (error) {
      const raced = sqlStateOf(error) === '23505' || (error instanceof Fault && error.code === 'version_mismatch')
      if (!raced || tries >= ATTEMPTS_MAX) throw error
    }
  }
}

/** Only what is wrong with a value: a constraint, a character, a size. Everything else fails the sync. */
function whyRefused(error: unknown): string | undefined {
  if (error instanceof Fault && ['invalid', 'unprocessable', 'conflict', 'too_large'].includes(error.code))
    return error.detail
  const state = sqlStateOf(error)
  if (state === undefined) return undefined
  if (state === '23514') return 'it breaks a rule of the database'
  if (state === '23505') return 'another record has an identifier of it'
  if (state.startsWith('22') || state.startsWith('54')) return 'a value of it cannot be stored'
  return undefined
}
