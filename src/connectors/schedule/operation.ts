// How every operation on connections runs: one transaction, once per idempotency key, then the worker is told.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { transactOnce } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { CONNECTION } from './connection.ts'
import type { ConnectionData, ConnectionRecord, ConnectionsLayer } from './connection.ts'

/** The answer is plain JSON. */
export async function operate<R>(layer: ConnectionsLayer, act: Act, work: (tx: Tx) => Promise<R>): Promise<R> {
  const answer = await transactOnce(layer.db, act, work)
  layer.onChanged?.()
  return answer
}

/** Under lock. Faults: not_found, conflict (it was removed, and `removed` is not asked for), version_mismatch. */
export async function lockConnection(
  tx: Tx,
  id: string,
  expectedVersion?: number,
  { removed = false }: { readonly removed?: boolean } = {},
): Promise<ConnectionRecord> {
  const current = (await readCurrent<ConnectionData>(tx, CONNECTION, [id], { lock: true })).get(id)
  if (current === undefined) throw new Fault('not_found', 'no connection has this id')
  if (expectedVersion !== undefined && current.version !== expectedVersion) {
    throw new Fault(
      'version_mismatch',
      `it is at version ${current.version} now: read it again, then repeat the change`,
    )
  }
  if (current.data.state === 'removed' && !removed) throw wasRemoved()
  return current
}

export const wasRemoved = (): Fault => new Fault('conflict', 'the connection was removed: create another one')
