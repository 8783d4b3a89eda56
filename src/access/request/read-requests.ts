// Requests, grants and denials for who may see them. `mine` bounds what somebody sees who does not see all.
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { DenialRecord, GrantRecord, GrantState } from '../grant/records.ts'
import type { AccessRequestRecord, RequestState } from './records.ts'

/** What they asked for themselves, and what is about a principal that they see or a manager's to decide. */
export interface Mine {
  readonly actorId: string
  readonly personId?: string
  /** The person and their team, as parties. */
  readonly parties?: readonly string[]
  readonly principalIds: readonly string[]
}

export interface Page {
  readonly after?: string
  readonly limit: number
}

export interface Word {
  readonly verdict: 'approve' | 'deny'
  readonly by: string
  readonly reason: string
  readonly at: Instant
}

export async function listAccessRequests(
  db: LayerDatabase,
  { state, mine }: { readonly state?: RequestState; readonly mine?: Mine },
  page: Page,
): Promise<Current<AccessRequestRecord>[]> {
  return await rows(
    db,
    sql`access.access_request where ${stateIs(state)} and ${mine === undefined ? ALL : asked(mine)}`,
    page,
  )
}

export async function getAccessRequest(
  db: LayerDatabase,
  id: string,
  mine: Mine | undefined,
): Promise<Current<AccessRequestRecord> & { readonly words: readonly Word[] }> {
  return await db.transaction(
    async (tx) => {
      const [found] = await tx.query<Current<AccessRequestRecord>>(
        sql`select ${CURRENT} from access.access_request where id = ${id} and ${mine === undefined ? ALL : asked(mine)}`,
      )
      if (found === undefined) throw new Fault('not_found', 'there is no such request, or it is not yours to see')
      const words = await tx.query<Word>(
        sql`select verdict, actor as by, reason, at from access.approval where request_id = ${id} order by at, id`,
      )
      return { ...found, words }
    },
    { readOnly: true },
  )
}

export async function listGrants(
  db: LayerDatabase,
  filter: { readonly principalId?: string; readonly state?: GrantState; readonly kind?: string; readonly mine?: Mine },
  page: Page,
): Promise<Current<GrantRecord>[]> {
  const { principalId, state, kind, mine } = filter
  return await rows(
    db,
    sql`access.access_grant where ${stateIs(state)}
      and ${principalId === undefined ? ALL : sql`principal_id = ${principalId}`}
      and ${kind === undefined ? ALL : sql`kind = ${kind}`}
      and ${mine === undefined ? ALL : sql`principal_id = any(${[...mine.principalIds]})`}`,
    page,
  )
}

export async function getGrant(db: LayerDatabase, id: string, mine: Mine | undefined): Promise<Current<GrantRecord>> {
  const [found] = await db.transaction(
    async (tx) =>
      await tx.query<Current<GrantRecord>>(sql`
        select ${CURRENT} from access.access_grant where id = ${id}
          and ${mine === undefined ? ALL : sql`principal_id = any(${[...mine.principalIds]})`}`),
    { readOnly: true },
  )
  if (found === undefined) throw new Fault('not_found', 'there is no such grant, or it is not yours to see')
  return found
}

/** Those that stand. */
export async function listDenials(db: LayerDatabase, page: Page): Promise<Current<DenialRecord>[]> {
  return await rows(db, sql`access.denial where lifted_at is null`, page)
}

const ALL = sql`true`
const stateIs = (state: string | undefined): Sql => (state === undefined ? ALL : sql`state = ${state}`)

const asked = ({ actorId, personId = '', parties = [], principalIds }: Mine): Sql => sql`(
  requested_by = ${actorId} or principal_id = any(${[...principalIds]})
  or data #>> '{needs,managerId}' = ${personId} or data #> '{needs,owners}' ?| ${[...parties]}::text[])`

async function rows<D>(db: LayerDatabase, from: Sql, { after = '', limit }: Page): Promise<Current<D>[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<Current<D>>(sql`select ${CURRENT} from ${from} and id > ${after} order by id limit ${limit}`),
    { readOnly: true },
  )
}
