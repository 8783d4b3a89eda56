// Principals that nobody answers for: why, and who is proposed.
import { sql } from '#db'
import type { Sql } from '#db'
import type { Current } from '#db/history'
import type { Instant } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import type { OwnerOfRecord, Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { countCapped, readPage } from './page.ts'
import type { Page, PageRequest } from './page.ts'
import { visibleIds } from './viewer.ts'
import type { Viewer } from './viewer.ts'

export interface Orphan {
  readonly principal: Current<PrincipalRecord>
  /** `owner_left`: somebody answered for it until `since`. `never_owned`: nobody ever did, as far as the roll knows. */
  readonly why: 'owner_left' | 'never_owned'
  readonly since?: Instant
  readonly formerOwner?: OwnerOfRecord
  /** Who was asked and has not answered yet. */
  readonly proposed?: { readonly offerId: string; readonly party: Party; readonly why: string }
}

export interface OrphanQuery {
  readonly why?: Orphan['why']
}

/** What has no owner here and needs none, so that it is counted and not listed. */
export interface LeftOut {
  /** Reeve's own identities: who runs the server answers for them. */
  readonly builtIn: number
  /** Actions and reusable workflows of others that a workflow only uses: their makers answer for them. */
  readonly thirdPartyActions: number
}

const BUILT_IN = sql`p.data -> 'provenance' ->> 'how' = 'built_in'`
// an app of a vendor that holds rights here is not among these: somebody here has to answer for it
const THIRD_PARTY_ACTION = sql`(p.system = 'github' and p.data ? 'integration' and p.data ->> 'nativeType' in
  ('github-action', 'github-reusable-workflow', 'github-action-image'))`

interface OrphanRow extends Current<PrincipalRecord> {
  readonly offerId: string | null
  readonly offeredTo: Party | null
  readonly offerWhy: string | null
}

/**
 * By name. People and groups need no owner, and what is retired needs none any more. A principal whose owner is only
 * derived has somebody to ask; it is found by the filter `gap: owner`, not here.
 */
export async function listOrphans(
  identity: IdentityLayer,
  viewer: Viewer,
  { why }: OrphanQuery = {},
  page: PageRequest = {},
): Promise<Page<Orphan> & { readonly leftOut?: LeftOut }> {
  const where = [
    sql`p.owner_id is null and p.state <> 'retired' and p.kind not in ('human', 'group')`,
    ...(why === undefined ? [] : [why === 'owner_left' ? sql`p.orphaned_at is not null` : sql`p.orphaned_at is null`]),
    ...(viewer.scope === 'all' ? [] : [sql`p.id = any(${visibleIds(viewer)})`]),
  ]
  const from = sql`identity.principal p`
  return await identity.db.transaction(
    async (tx) => {
      const count = async (of: Sql): Promise<number> => (await countCapped(tx, { from, where: [...where, of] })).count
      const rows = await readPage<OrphanRow>(
        tx,
        {
          select: sql`p.id, p.version, p.valid_from as "validFrom", p.recorded_at as "recordedAt",
                      encode(p.hash, 'hex') as hash, p.data, o.id as "offerId", o.data -> 'to' as "offeredTo",
                      o.data ->> 'why' as "offerWhy"`,
          from: sql`identity.principal p
                    left join identity.offer o on o.principal_id = p.id and o.state = 'pending'`,
          where: [...where, sql`not ${BUILT_IN}`, sql`not ${THIRD_PARTY_ACTION}`],
          key: { column: sql`p.name`, nullable: false },
          id: sql`p.id`,
          query: { list: 'orphans', why: why ?? null },
        },
        page,
      )
      const items = { ...rows, items: rows.items.map(orphanOf) }
      // told once: on the first page
      if (page.cursor !== undefined) return items
      const leftOut = { builtIn: await count(BUILT_IN), thirdPartyActions: await count(THIRD_PARTY_ACTION) }
      return { ...items, leftOut }
    },
    { readOnly: true },
  )
}

function orphanOf({ offerId, offeredTo, offerWhy, ...principal }: OrphanRow): Orphan {
  const { orphanedAt, formerOwner } = principal.data
  return {
    principal,
    why: orphanedAt === undefined ? 'never_owned' : 'owner_left',
    ...(orphanedAt === undefined ? {} : { since: orphanedAt }),
    ...(formerOwner === undefined ? {} : { formerOwner }),
    ...(offerId === null || offeredTo === null ? {} : { proposed: { offerId, party: offeredTo, why: offerWhy ?? '' } }),
  }
}
