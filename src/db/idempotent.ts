// An act that is asked for twice under one key happens once; the second gets the first's answer.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Act, Instant, Json } from '#kernel'
import { identifier, sql } from './sql.ts'
import type { LayerDatabase, Tx } from './transaction.ts'

/** RFC draft httpapi-idempotency-key. `client` scopes the key: two clients may choose the same. */
export interface IdempotencyKey {
  readonly client: string
  readonly key: string
  /** What was asked: the same key with another request is refused. */
  readonly request: Json
}

/**
 * Runs `work` once per key in this transaction's layer and keeps its answer, which must be plain JSON. SECURITY: an
 * answer that holds a secret (a new token) must not go through here. Throws Fault('idempotency_reused').
 */
export async function once<R extends Json>(
  tx: Tx,
  given: IdempotencyKey | undefined,
  at: Instant,
  work: () => Promise<R>,
): Promise<R> {
  if (given === undefined) return await work()
  const table = sql`${identifier(tx.layer)}.idempotency`
  const hash = createHash('sha256').update(canonicalJson(given.request)).digest()
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${given.client} ${given.key}`}, 0))`)
  const [kept] = await tx.query<{ request_hash: Buffer; response: R }>(
    sql`select request_hash, response from ${table} where client = ${given.client} and key = ${given.key}`,
  )
  if (kept !== undefined) {
    if (!kept.request_hash.equals(hash)) {
      throw new Fault('idempotency_reused', 'give another `Idempotency-Key`, or repeat the first request unchanged')
    }
    return kept.response
  }
  const response = await work()
  await tx.execute(sql`insert into ${table} (client, key, request_hash, response, recorded_at)
    values (${given.client}, ${given.key}, ${hash}, ${JSON.stringify(response)}::jsonb, ${at})`)
  return response
}

/**
 * One transaction, and `work` in it once per key of the act. The answer is plain JSON: one that is kept is read back as that,
 * and operations answer records, which are.
 */
export async function transactOnce<R>(
  db: LayerDatabase,
  { idempotency, at }: Pick<Act, 'idempotency' | 'at'>,
  work: (tx: Tx) => Promise<R>,
): Promise<R> {
  return await db.transaction(
    async (tx) => (await once(tx, idempotency, at, async () => (await work(tx)) as Json)) as R,
  )
}

/** Forgets what was answered before this instant: from then on the same key is a new request. */
export async function forgetAnswers(db: LayerDatabase, before: Instant): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`delete from ${identifier(tx.layer)}.idempotency where recorded_at < ${before}`)
  })
}
