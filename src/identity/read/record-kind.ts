// Every kind of record of the roll, and who may see which: one entry each, so that no list invents its own rule.
import { Fault, isId } from '#kernel'
import type { IdKind } from '#kernel'
import { identifier, sql } from '#db'
import type { Sql, Tx } from '#db'
import { CURRENT, readAsOf } from '#db/history'
import type { Current, RecordTable, TwoTimes } from '#db/history'
import { CREDENTIAL, MATCH, OFFER, PERSON, PRINCIPAL, REQUEST, TEAM, VENDOR } from '../record/tables.ts'
import { partyIds, visibleIds } from './viewer.ts'
import type { Viewer } from './viewer.ts'

type Own = Extract<Viewer, { scope: 'own' }>

export interface RecordKind {
  readonly id: IdKind
  readonly table: RecordTable
  /** On rows named `r`: what an own-viewer sees. */
  readonly own: (viewer: Own) => Sql
}

const teamsOf = (viewer: Own): Sql =>
  sql`array(select t.feed_id from identity.team t where t.id = any(${partyIds(viewer)}::text[]))`

export const RECORD_KINDS = {
  principal: { id: 'principal', table: PRINCIPAL, own: (viewer) => sql`r.id = any(${visibleIds(viewer)})` },
  credential: {
    id: 'credential',
    table: CREDENTIAL,
    own: (viewer) => sql`(r.principal_id = any(${visibleIds(viewer)}) or r.data -> 'alsoOf' ?| ${visibleIds(viewer)})`,
  },
  // people of one team know each other; the rest of the feed is nobody's business
  person: {
    id: 'person',
    table: PERSON,
    own: (viewer) => sql`(r.id = ${viewer.personId} or r.team_feed_id = any(${teamsOf(viewer)}))`,
  },
  team: { id: 'team', table: TEAM, own: (viewer) => sql`r.id = any(${partyIds(viewer)}::text[])` },
  vendor: {
    id: 'vendor',
    table: VENDOR,
    own: (viewer) =>
      sql`r.id = any(array(select p.vendor_id from identity.principal p where p.id = any(${visibleIds(viewer)})))`,
  },
  offer: {
    id: 'offer',
    table: OFFER,
    own: (viewer) => sql`(r.to_id = any(${partyIds(viewer)}::text[]) or r.principal_id = any(${visibleIds(viewer)}))`,
  },
  request: {
    id: 'request',
    table: REQUEST,
    own: (viewer) => sql`(
      r.data ->> 'requestedByPerson' = ${viewer.personId}
      or r.data #>> '{owner,id}' = any(${partyIds(viewer)}::text[])
      or r.data #>> '{backup,id}' = any(${partyIds(viewer)}::text[]))`,
  },
  // a match tells of both, so both must be theirs
  match: {
    id: 'match',
    table: MATCH,
    own: (viewer) => sql`(r.a_id = any(${visibleIds(viewer)}) and r.b_id = any(${visibleIds(viewer)}))`,
  },
} as const satisfies Readonly<Record<string, RecordKind>>

const NO_SUCH_RECORD = 'no record of that id; look it up in its list'

/** By the prefix of the id. Throws Fault('not_found') for what is no id of a record of the roll. */
export function kindOfId(id: string): RecordKind {
  const kind = Object.values(RECORD_KINDS).find((one) => isId(one.id, id))
  if (kind === undefined) throw new Fault('not_found', NO_SUCH_RECORD)
  return kind
}

/** Conditions on rows `r` for what the viewer may see. */
export function visible(viewer: Viewer, kind: RecordKind): Sql[] {
  return viewer.scope === 'all' ? [] : [kind.own(viewer)]
}

/** The record as it is, or as it was. Throws Fault('not_found') also for what the viewer may not see. */
export async function readVisible<D>(
  tx: Tx,
  viewer: Viewer,
  kind: RecordKind,
  id: string,
  at?: TwoTimes,
): Promise<Current<D>> {
  const { schema, table } = kind.table
  const seen = viewer.scope === 'all' ? sql`true` : kind.own(viewer)
  const [present] = await tx.query<Current<D>>(
    sql`select ${CURRENT} from ${identifier(schema)}.${identifier(table)} r where r.id = ${id} and ${seen}`,
  )
  if (present === undefined) throw new Fault('not_found', NO_SUCH_RECORD)
  if (at === undefined) return present
  const past = (await readAsOf<D>(tx, kind.table, [id], at)).get(id)
  if (past === undefined) throw new Fault('not_found', 'it was not in the roll then, or not known; ask for a later day')
  return past
}
