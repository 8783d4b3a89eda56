// Versions of the policies, and their text.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { PolicyVersionRecord } from './records.ts'

export interface PolicyVersionWithText extends Current<PolicyVersionRecord> {
  readonly text: string
  readonly schema?: string
}

/** The newest first. */
export async function listPolicyVersions(
  db: LayerDatabase,
  limit: number,
  before?: number,
): Promise<Current<PolicyVersionRecord>[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<Current<PolicyVersionRecord>>(sql`
        select ${CURRENT} from access.policy_version
        where ${before === undefined ? sql`true` : sql`number < ${before}`} order by number desc limit ${limit}`),
    { readOnly: true },
  )
}

/** By number, or the one in force. Throws Fault('not_found'). */
export async function getPolicyVersion(db: LayerDatabase, which: number | 'active'): Promise<PolicyVersionWithText> {
  const [found] = await db.transaction(
    async (tx) =>
      await tx.query<Current<PolicyVersionRecord> & { text: string; schema: string | null; text_hash: string }>(sql`
        select v.*, t.text, t.schema
        from (select ${CURRENT}, text_hash from access.policy_version
          where ${which === 'active' ? sql`state = 'active'` : sql`number = ${which}`}) v
        join access.policy_text t on encode(t.hash, 'hex') = v.text_hash`),
    { readOnly: true },
  )
  if (found === undefined) throw new Fault('not_found', 'there is no such version of the policies')
  const { schema, text_hash: _hash, ...version } = found
  return { ...version, ...(schema !== null && { schema }) }
}
