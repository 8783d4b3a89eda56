// Every right that was given, with the request for it and who decided that; and every version of the policies: for controls.
import { sql } from '#db'
import type { LayerDatabase, Sql } from '#db'
import type { GrantRecord } from '../grant/records.ts'
import type { PolicyVersionRecord } from '../policy-version/records.ts'
import type { AccessRequestRecord } from '../request/records.ts'

interface Given<D> {
  readonly id: string
  readonly version: number
  readonly data: D
}

interface Decided {
  readonly verdict: 'approve' | 'deny'
  readonly behind: readonly string[]
}

export type GrantGiven = GrantRecord & {
  readonly request?: AccessRequestRecord
  readonly decisions: readonly Decided[]
}

const BATCH = 1000

/** As it is now, in the order of ids. */
export async function* everyGrant(db: LayerDatabase): AsyncGenerator<Given<GrantGiven>> {
  const rows = inBatches<Given<GrantRecord> & { request: AccessRequestRecord | null; decisions: readonly Decided[] }>(
    db,
    sql`select g.id, g.version, g.data, r.data as request,
               coalesce((select jsonb_agg(jsonb_build_object('verdict', a.verdict, 'behind', to_jsonb(a.behind)) order by a.at, a.id)
                         from access.approval a where a.request_id = r.id), '[]') as decisions
        from access.access_grant g left join access.access_request r on r.id = g.request_id`,
  )
  for await (const { id, version, data, request, decisions } of rows)
    yield { id, version, data: { ...data, decisions, ...(request === null ? {} : { request }) } }
}

/** As it is now, in the order of ids. */
export function everyPolicyVersion(db: LayerDatabase): AsyncGenerator<Given<PolicyVersionRecord>> {
  return inBatches(db, sql`select g.id, g.version, g.data from access.policy_version g`)
}

async function* inBatches<R extends { readonly id: string }>(db: LayerDatabase, from: Sql): AsyncGenerator<R> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) => await tx.query<R>(sql`${from} where g.id > ${after} order by g.id limit ${BATCH}`),
      { readOnly: true },
    )
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}
