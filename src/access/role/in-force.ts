// Who could use Reeve itself at an instant: holders of roles, and tokens that were not revoked.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Role } from './role.ts'

const BATCH = 1000

export interface RoleHolder {
  readonly subjectId: string
  readonly roles: readonly Role[]
}

/** By subject. */
export async function* roleHolders(db: LayerDatabase, at: Instant): AsyncGenerator<RoleHolder> {
  yield* inBatches(
    async (after) =>
      await db.transaction(
        async (tx) =>
          await tx.query<RoleHolder>(sql`
            select subject_id as "subjectId", array_agg(distinct role order by role) as roles from access.role_assignment
            where subject_id > ${after} and assigned_at <= ${at} and (ended_at is null or ended_at > ${at})
            group by subject_id order by subject_id limit ${BATCH}`),
        { readOnly: true },
      ),
    ({ subjectId }) => subjectId,
  )
}

export interface TokenInForce {
  readonly id: string
  /** A person or an API client; null for the bootstrap token. */
  readonly subjectId: string | null
  readonly expiresAt: Instant
}

/** By id; also what has expired by then. */
export async function* tokensInForce(db: LayerDatabase, at: Instant): AsyncGenerator<TokenInForce> {
  yield* inBatches(
    async (after) =>
      await db.transaction(
        async (tx) =>
          await tx.query<TokenInForce>(sql`
            select id, coalesce(person_id, principal_id) as "subjectId", expires_at as "expiresAt" from access.token
            where id > ${after} and created_at <= ${at} and (revoked_at is null or revoked_at > ${at})
            order by id limit ${BATCH}`),
        { readOnly: true },
      ),
    ({ id }) => id,
  )
}

async function* inBatches<T>(
  read: (after: string) => Promise<readonly T[]>,
  keyOf: (row: T) => string,
): AsyncGenerator<T> {
  for (let after = ''; ;) {
    const rows = await read(after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = keyOf(last)
  }
}
