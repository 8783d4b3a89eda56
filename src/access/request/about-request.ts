// What whoever decides on a request should see beside it: what the requester asked for before, what the right can do, which grants
// of it there are, and what the principal used of it last time.
import { levelOfAction, msAfter } from '#kernel'
import type { ActionLevel, Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import type { AccessRequestRecord, RequestState } from './records.ts'

export interface AboutRequest {
  /** How many requests of theirs came to what; emergencies of theirs by what their review said, `open` without one. */
  readonly requester: {
    readonly requests: Readonly<Partial<Record<RequestState, number>>>
    readonly emergencies: Readonly<Record<string, number>>
  }
  readonly actions: readonly { readonly action: string; readonly level: ActionLevel }[]
  /** Grants of the principal that give something of what is asked for, the newest first. */
  readonly grants: readonly {
    readonly id: string
    readonly state: string
    readonly from: Instant
    readonly until: Instant | null
  }[]
  /** Decisions of the last 90 days on these actions, most often used first. */
  readonly used: readonly {
    readonly action: string
    readonly allowed: number
    readonly denied: number
    readonly lastAt: Instant
  }[]
}

const USED_DAYS = 90
const ROWS_MAX = 20

export async function aboutRequest(
  db: LayerDatabase,
  { principalId, requestedBy, actions, resources }: AccessRequestRecord,
  now: Instant,
): Promise<AboutRequest> {
  const since = msAfter(now, -USED_DAYS * 86_400_000)
  return await db.transaction(
    async (tx) => ({
      requester: {
        requests: await counted(
          tx,
          sql`select state as word from access.access_request where requested_by = ${requestedBy}`,
        ),
        emergencies: await counted(
          tx,
          sql`select coalesce(data #>> '{review,verdict}', 'open') as word from access.break_glass
            where data ->> 'usedBy' = ${requestedBy}`,
        ),
      },
      actions: actions.map((action) => ({ action, level: levelOfAction(action) })),
      grants: await tx.query<AboutRequest['grants'][number]>(sql`
        select id, state, data ->> 'from' as from, until from access.access_grant
        where principal_id = ${principalId}
          and exists (select from jsonb_array_elements_text(data -> 'actions') g, unnest(${[...actions]}::text[]) a
            where access.pattern_covers(g, a) or access.pattern_covers(a, g))
          and exists (select from jsonb_array_elements_text(data -> 'resources') g, unnest(${[...resources]}::text[]) r
            where access.pattern_covers(g, r) or access.pattern_covers(r, g))
        order by data ->> 'from' desc, id limit ${ROWS_MAX}`),
      used: await tx.query<AboutRequest['used'][number]>(sql`
        select action, coalesce(sum(count) filter (where allowed), 0)::float8 as allowed,
          coalesce(sum(count) filter (where not allowed), 0)::float8 as denied, max(minute) as "lastAt"
        from access.decision_count
        where principal_id = ${principalId} and minute >= ${since}
          and exists (select from unnest(${[...actions]}::text[]) a where access.pattern_covers(a, action))
        group by action order by sum(count) desc, action limit ${ROWS_MAX}`),
    }),
    { readOnly: true },
  )
}

async function counted(tx: Tx, words: ReturnType<typeof sql>): Promise<Record<string, number>> {
  const rows = await tx.query<{ word: string; count: string }>(
    sql`select word, count(*)::text as count from (${words}) w group by word order by word`,
  )
  return Object.fromEntries(rows.map(({ word, count }) => [word, Number(count)]))
}
