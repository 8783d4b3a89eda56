// Principals that nobody answers for: why, and who is proposed.
import { sql } from '#db'
import type { Current } from '#db/history'
import type { Instant } from '#kernel'
import type { IdentityLayer } from '../operation.ts'
import type { OwnerOfRecord, Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { readPage } from './page.ts'
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
): Promise<Page<Orphan>> {
  const rows = await identity.db.transaction(
    async (tx) =>
      await readPage<OrphanRow>(
        tx,
        {
          select: sql`p.id, p.version, p.valid_from as "validFrom", p.recorded_at as "recordedAt",
                      encode(p.hash, 'hex') as hash, p.data, o.id as "offerId", o.data -> 'to' as "offeredTo",
                      o.data ->> 'why' as "offerWhy"`,
          from: sql`identity.principal p
                    left join identity.offer o on o.principal_id = p.id and o.state = 'pending'`,
          where: [
            sql`p.owner_id is null and p.state <> 'retired' and p.kind not in ('human', 'group')`,
            ...(why === undefined
              ? []
              : [why === 'owner_left' ? sql`p.orphaned_at is not null` : sql`p.orphaned_at is null`]),
            ...(viewer.scope === 'all' ? [] : [sql`p.id = any(${visibleIds(viewer)})`]),
          ],
          key: { column: sql`p.name`, nullable: false },
          id: sql`p.id`,
          query: { list: 'orphans', why: why ?? null },
        },
        page,
      ),
    { readOnly: true },
  )
  return { ...rows, items: rows.items.map(orphanOf) }
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
