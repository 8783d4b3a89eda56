// One pass over the grants that are due: those that a target has to be told of, and those whose time is over.
import { REEVE } from '#kernel'
import { sql } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import { GRANT } from '../grant/records.ts'
import type { GrantRecord } from '../grant/records.ts'
import type { CurrentGrant } from '../grant/write-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { AtOnce } from './at-once.ts'
import { trustDenial, UNDECIDED } from './may-begin.ts'
import { carry } from './steps.ts'
import type { Fulfilling, Pass } from './steps.ts'
import { StepWriter } from './write-steps.ts'

const BATCH = 500
/** Calls of one target at once. */
const CALLS_AT_ONCE = 16

/** By one process at a time: whoever holds the lock of grants. `signal` ends it between two steps. */
export async function keepGrants(work: Fulfilling): Promise<'more' | 'done'> {
  const over = await endThoseOver(work.access)
  const due = await dueGrants(work.access)
  // one may be both: its time is over, and who has it is held
  const all = new Map([...due, ...(await untrusted(work))].map((grant) => [grant.id, grant]))
  const pass = passOf(work)
  const carried = await Promise.allSettled([...all.values()].map(async (grant) => await carryOne(pass, grant)))
  const failed = carried.find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason
  const moved = carried.some((result) => result.status === 'fulfilled' && result.value)
  // where none could go on, asking again at once would only ask again
  return over === BATCH || (due.length >= BATCH && moved) ? 'more' : 'done'
}

function passOf(work: Fulfilling): Pass {
  const turns = new Map<string, AtOnce>()
  return {
    ...work,
    steps: new StepWriter(work.access),
    turnsOf: ({ name }) => {
      const known = turns.get(name) ?? new AtOnce(CALLS_AT_ONCE)
      turns.set(name, known)
      return known
    },
  }
}

/** Answers whether it went on. */
async function carryOne(pass: Pass, grant: CurrentGrant): Promise<boolean> {
  const target = pass.access.fulfillers?.find(({ name }) => name === grant.data.fulfilment?.by)
  return target !== undefined && (await carry(pass, grant, target))
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
