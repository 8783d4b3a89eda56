// Standing administrative access: rights of level admin that sources show, grants without an end, and identities of tier admin
// that have it another way; page by page, in the order of ids, now or as of a date.
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import { CURRENT, readAsOf } from '#db/history'
import type { Current, RecordTable, TwoTimes } from '#db/history'
import { identifier } from '#db'
import type { Id, Instant } from '#kernel'
import { principalsOfTierAdmin } from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import { ENTITLEMENT } from '../observe/records.ts'
import type { EntitlementRecord } from '../observe/records.ts'

export interface StandingAccess {
  /** Of the entitlement or grant; of the principal where no right of its own says so. */
  readonly id: string
  readonly principalId: Id<'principal'>
  readonly system: string
  readonly permission: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly path: readonly string[]
  /** Of an identity of tier admin: what its tier was concluded from. */
  readonly because?: string
  /** Since when it stands as it does. */
  readonly since: Instant
  /** Who agreed, where that is on record; a right that a source shows has nobody's word. */
  readonly approval?: { readonly requestId: string; readonly approvedBy: readonly string[] }
}

export interface StandingPage {
  readonly after?: string
  readonly limit: number
  readonly times?: TwoTimes
  /** Of these principals only. */
  readonly among?: readonly string[]
}

/** First entitlements, then grants, then identities: their ids come in that order. */
export async function standingAccess(
  db: LayerDatabase,
  identity: IdentityLayer,
  page: StandingPage,
): Promise<StandingAccess[]> {
  const found = await db.transaction(
    async (tx) => {
      const rights = await ENTITLEMENTS(tx, page)
      return rights.length === page.limit
        ? rights
        : [...rights, ...(await GRANTS(tx, { ...page, limit: page.limit - rights.length }))]
    },
    { readOnly: true },
  )
  return found.length === page.limit
    ? found
    : [...found, ...(await byTier(db, identity, { ...page, limit: page.limit - found.length }))]
}

/** Who is of tier admin by something else than a right that is listed: a way to more, a group of rights, a person's word. */
async function byTier(db: LayerDatabase, identity: IdentityLayer, page: StandingPage): Promise<StandingAccess[]> {
  const found: StandingAccess[] = []
  for (let after = page.after ?? ''; found.length < page.limit;) {
    const admins = await principalsOfTierAdmin(identity, { ...page, after, limit: SCAN })
    const last = admins.at(-1)?.id
    if (last === undefined) break
    const among = admins.map(({ id }) => id)
    const listed = await db.transaction(async (tx) => await holders(tx, { ...page, among }), { readOnly: true })
    for (const { id, data, validFrom: since } of admins) {
      if (listed.has(id)) continue
      const { system, tier } = data
      const right = { system, permission: 'tier admin', actions: [], resources: [], path: [], because: tier.reason }
      found.push({ id, principalId: id as Id<'principal'>, ...right, since })
    }
    after = last
  }
  return found.slice(0, page.limit)
}

/** Who of them has a right or a grant that is listed. */
async function holders(tx: Tx, { times, among }: StandingPage): Promise<ReadonlySet<string>> {
  const all = {
    limit: Number.MAX_SAFE_INTEGER,
    ...(times !== undefined && { times }),
    ...(among !== undefined && { among }),
  }
  const rows = [...(await ENTITLEMENTS(tx, all)), ...(await GRANTS(tx, all))]
  return new Set(rows.map(({ principalId }) => principalId))
}

type Reader = (tx: Tx, page: StandingPage) => Promise<StandingAccess[]>

const ENTITLEMENTS: Reader = async (tx, page) =>
  (
    await matching<EntitlementRecord>(tx, ENTITLEMENT, page, {
      present: sql`level = 'admin' and gone_at is null and data ->> 'effect' = 'allow'`,
      holds: ({ level, goneAt, effect }) => level === 'admin' && goneAt === undefined && effect === 'allow',
    })
  ).map(({ id, validFrom, data }) => {
    const { principalId, system, permission, actions, resources, path } = data
    return { id, principalId, system, permission, actions, resources, path, since: validFrom }
  })

const GRANTS: Reader = async (tx, page) =>
  (
    await matching<GrantRecord>(tx, GRANT, page, {
      present: sql`kind = 'standing' and state = 'active' and until is null`,
      holds: ({ kind, state, until }) => kind === 'standing' && state === 'active' && until === undefined,
    })
  ).map(({ id, data }) => {
    const { principalId, actions, resources, from: since, requestId, approvedBy } = data
    const approval = { requestId, approvedBy }
    return { id, principalId, system: 'reeve', permission: 'standing', actions, resources, path: [], since, approval }
  })

const SCAN = 1000

/** Of the past every record is looked at: what it says now tells nothing of then. */
async function matching<D>(
  tx: Tx,
  table: RecordTable,
  { after = '', limit, times, among }: StandingPage,
  { present, holds }: { readonly present: ReturnType<typeof sql>; readonly holds: (data: D) => boolean },
): Promise<Current<D>[]> {
  const rows = sql`${identifier(table.schema)}.${identifier(table.table)}`
  const theirs = among === undefined ? sql`true` : sql`principal_id = any(${among})`
  if (times === undefined) {
    return await tx.query<Current<D>>(
      sql`select ${CURRENT} from ${rows} where ${present} and ${theirs} and id > ${after} order by id limit ${limit}`,
    )
  }
  const found: Current<D>[] = []
  for (let from = after; found.length < limit;) {
    const ids = await tx.query<{ id: string }>(
      sql`select id from ${rows} where ${theirs} and id > ${from} order by id limit ${SCAN}`,
    )
    const last = ids.at(-1)?.id
    if (last === undefined) break
    const then = await readAsOf<D>(
      tx,
      table,
      ids.map(({ id }) => id),
      times,
    )
    found.push(...ids.flatMap(({ id }) => then.get(id) ?? []).filter(({ data }) => holds(data)))
    from = last
  }
  return found.slice(0, limit)
}
