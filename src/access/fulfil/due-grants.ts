// Which grants there is something to do of just now.
import { msAfter, REEVE } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { trustDenial, UNDECIDED } from './may-begin.ts'
import type { Fulfilling } from './steps.ts'

/** As many are named where one is enough. */
const NAMED_MAX = 3
/** Longer than any pause between attempts: what is to wait for longer was written by a clock that was ahead. */
const GOING_MAX_MS = 60_000
const UNPROVEN_MAX_MS = 33 * 60 * 60_000

/**
 * Of the targets that are known here, so many of each; what another server was told of waits for that one. What is under way is
 * due, too, where the clock was set back since: what has to end does not wait until a wrong clock would be right. Without those that
 * are under way, and without targets that are busy.
 */
export async function dueGrants(
  { db, clock, fulfillers = [] }: AccessLayer,
  busy: { readonly ids: readonly string[]; readonly targets: readonly string[] },
  most: number,
): Promise<CurrentGrant[]> {
  const names = fulfillers.map(({ name }) => name).filter((name) => !busy.targets.includes(name))
  if (names.length === 0) return []
  const [now, ids] = [clock(), [...busy.ids]]
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentGrant>(sql`
        select ${CURRENT} from unnest(${names}::text[]) as target (name) cross join lateral (
          (select * from access.access_grant
            where next_at <= ${now} and fulfilled_by = target.name and id <> all(${ids}::text[])
            order by next_at, id limit ${most})
          union all
          (select * from access.access_grant
            where (state in ('provisioning', 'ending') and next_at > ${msAfter(now, GOING_MAX_MS)}
                or state = 'unproven' and next_at > ${msAfter(now, UNPROVEN_MAX_MS)})
              and fulfilled_by = target.name and id <> all(${ids}::text[])
            order by next_at, id limit ${most})) as due`),
    { readOnly: true },
  )
}

/** When the first of those is due that are not yet; so that nobody is in for longer than the time of an interval. */
export async function nextGrantDue({ db, clock }: Pick<AccessLayer, 'db' | 'clock'>): Promise<Instant | undefined> {
  const [first] = await db.prepared<{ at: Instant }>('next_grant_due', NEXT_DUE, [clock()])
  return first?.at
}

const NEXT_DUE = 'select next_at as at from access.access_grant where next_at > $1 order by next_at limit 1'

/** Of those that are unproven, in the order of ids, with why. */
export async function unprovenGrants(
  { db }: Pick<AccessLayer, 'db'>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<CurrentGrant[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentGrant>(sql`select ${CURRENT} from access.access_grant
        where next_at is not null and state = 'unproven' and id > ${after} order by id limit ${limit}`),
    { readOnly: true },
  )
}

/** Some of those that a fulfiller carries and that are at its target, or may be: until it is seen to refuse them. */
export async function grantsHeldBy({ db }: Pick<AccessLayer, 'db'>, fulfiller: string): Promise<readonly string[]> {
  const held = await db.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`select id from access.access_grant
        where fulfilled_by = ${fulfiller} and state in ('provisioning', 'active', 'ending', 'unproven')
        order by id limit ${NAMED_MAX}`),
    { readOnly: true },
  )
  return held.map(({ id }) => id)
}

/** Grants in force at a target, of principals that may not be trusted any more. */
export async function untrusted({ access, state }: Fulfilling, most: number): Promise<CurrentGrant[]> {
  const names = access.fulfillers?.map(({ name }) => name) ?? []
  if (names.length === 0) return []
  const at = Date.parse(access.clock())
  const known = state()
  return await access.db.transaction(
    async (tx) => {
      const held = await tx.query<{ id: string; principalId: string }>(sql`
        select id, principal_id as "principalId" from access.access_grant
        where fulfilled_by = any(${names}) and state = 'active'`)
      const ids = held.filter(({ principalId }) => {
        const denial = trustDenial(known, principalId, at)
        return denial !== undefined && !UNDECIDED.has(denial)
      })
      const found = await readCurrent<GrantRecord>(
        tx,
        GRANT,
        ids.slice(0, most).map(({ id }) => id),
      )
      return [...found.values()]
    },
    { readOnly: true },
  )
}

const ONE_OVER = `
  select 1 from access.access_grant where state = 'active' and fulfilled_by is null and until <= $1 limit 1`

/** Those that are at no target have ended by themselves; now their records say so. Answers how many. */
export async function endThoseOver({ db, clock }: AccessLayer, most: number): Promise<number> {
  const at = clock()
  // asked twice a second, and nearly always there is none: one statement for that
  if ((await db.prepared('grant_over', ONE_OVER, [at])).length === 0) return 0
  return await db.transaction(async (tx) => {
    const over = await tx.query<CurrentGrant>(sql`select ${CURRENT} from access.access_grant
      where state = 'active' and fulfilled_by is null and until <= ${at}
      order by until, id limit ${most} for update skip locked`)
    const because = 'its time is over'
    await changeWithEntries<GrantRecord>(
      tx,
      GRANT,
      { actor: { id: REEVE }, at },
      over.map((current) => ({
        current,
        patch: (data) => ({ ...data, state: 'ended', ended: { at: data.until ?? at, by: REEVE, because } }),
        words: { type: 'grant.ended', about: [current.data.principalId], reason: because },
      })),
    )
    return over.length
  })
}
