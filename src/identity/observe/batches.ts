// Carries many observations into the roll in transactions of bounded size. What cannot be written is found and named;
// the rest is written.
import { Fault } from '#kernel'
import { sql, sqlStateOf } from '#db'
import type { Tx } from '#db'

export const BATCH = 2000
const ATTEMPTS_MAX = 4
/** Any number that no other advisory lock of Reeve uses: batches of different sources come one after the other. */
const OBSERVE_LOCK = 7_269_733_302

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
  transaction: (work: (tx: Tx) => Promise<R>) => Promise<R>,
  items: readonly T[],
  write: (tx: Tx, items: readonly T[]) => Promise<R>,
  onRefused: (refused: Refused) => void,
): Promise<R[]> {
  if (items.length === 0) return []
  try {
    return [await attempt(transaction, (tx) => write(tx, items))]
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
      ...(await writeBatch(transaction, items.slice(0, middle), write, onRefused)),
      ...(await writeBatch(transaction, items.slice(middle), write, onRefused)),
    ]
  }
}

/** Somebody else may register the same identifier in between: then what the roll holds is looked up anew. */
async function attempt<R>(
  transaction: (work: (tx: Tx) => Promise<R>) => Promise<R>,
  work: (tx: Tx) => Promise<R>,
): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${OBSERVE_LOCK})`)
        return await work(tx)
      })
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
  if (state === '23514') return 'it breaks a rule of the roll'
  if (state === '23505') return 'another record has an identifier of it'
  if (state.startsWith('22') || state.startsWith('54')) return 'a value of it cannot be stored'
  return undefined
}
