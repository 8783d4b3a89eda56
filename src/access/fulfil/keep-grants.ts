// One pass over the grants that are due: those that a target has to be told of, and those whose time is over.
import { REEVE } from '#kernel'
import { sql } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { trustDenial, UNDECIDED } from './may-begin.ts'
import { carry } from './steps.ts'
import type { Fulfilling } from './steps.ts'

const BATCH = 500
/** Grants at their targets at once. */
const AT_ONCE = 8

/** By one process at a time: whoever holds the lock of grants. `signal` ends it between two steps. */
export async function keepGrants(work: Fulfilling): Promise<'more' | 'done'> {
  const over = await endThoseOver(work.access)
  const due = [...(await dueGrants(work.access)), ...(await untrusted(work))]
  const queue = due[Symbol.iterator]()
  const moved = await Promise.all(Array.from({ length: AT_ONCE }, async () => await carryEach(work, queue)))
  // where none could go on, asking again at once would only ask again
  return over === BATCH || (due.length >= BATCH && moved.includes(true)) ? 'more' : 'done'
}

/** Answers whether any went on. */
async function carryEach(work: Fulfilling, queue: Iterator<CurrentGrant>): Promise<boolean> {
  let moved = false
  for (let next = queue.next(); next.done !== true && !work.signal.aborted; next = queue.next()) {
    const grant = next.value
    const target = work.access.fulfillers?.find(({ name }) => name === grant.data.fulfilment?.by)
    if (target !== undefined && (await carry(work, grant, target))) moved = true
  }
  return moved
}

/** Of the targets that are known here; what another server was told of waits for that one. */
async function dueGrants({ db, clock, fulfillers = [] }: AccessLayer): Promise<CurrentGrant[]> {
  const names = fulfillers.map(({ name }) => name)
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentGrant>(sql`select ${CURRENT} from access.access_grant
        where next_at <= ${clock()} and fulfilled_by = any(${names}) order by next_at, id limit ${BATCH}`),
    { readOnly: true },
  )
}

/** Grants in force at a target, of principals that may not be trusted any more. */
async function untrusted({ access, state }: Fulfilling): Promise<CurrentGrant[]> {
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
        ids.slice(0, BATCH).map(({ id }) => id),
      )
      return [...found.values()]
    },
    { readOnly: true },
  )
}

/** Those that are at no target have ended by themselves; now their records say so. Answers how many. */
async function endThoseOver({ db, clock }: AccessLayer): Promise<number> {
  const at = clock()
  return await db.transaction(async (tx) => {
    const over = await tx.query<CurrentGrant>(sql`select ${CURRENT} from access.access_grant
      where state = 'active' and fulfilled_by is null and until <= ${at}
      order by until, id limit ${BATCH} for update skip locked`)
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
