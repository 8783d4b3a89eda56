// Each operation on an account of a real target: how things are before it, how it is asked for, and what has to hold after it,
// whatever happened meanwhile. Asked with real logins, not read from Reeve's own tables.
import assert from 'node:assert/strict'
import type { Client } from 'pg'
import { endOf, login, notVerified, PASSWORD, planOf, receiptsOf } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import type { Clock } from './skewed-clock.ts'
import type { Passing } from './statement-proxy.ts'

export interface Case {
  /** Whether it is one of its statements or logins at the target; plans say which plan they are of. */
  readonly isOf: (passing: Passing, id: string) => boolean
  /** It runs from when this is called. */
  readonly begin: () => Promise<string>
  /** Waits for its end, and for all that has to follow; by the clock of whoever went on. */
  readonly assertWhole: (id: string, clock?: Clock) => Promise<void>
  readonly isOver: (id: string) => Promise<boolean>
}

const why = { because: 'a test' }

export async function caseOf(world: PlanWorld, operation: Acting, account: string): Promise<Case> {
  await world.role(account)
  if (operation === 'revoke')
    await world.postgres.sql(
      `create schema of_${account} authorization ${account}; set role ${account};
       create table of_${account}.kept as select 7 as n`,
    )
  if (operation === 'restore') {
    const held = await endOf(world, await planned(world, 'contain', account))
    assert.equal(held.state, 'verified')
  }
  const session = operation === 'restore' ? undefined : await world.postgres.session(account, PASSWORD)
  return {
    isOf: ({ user, application }, id) => user === account || application === `reeve plan ${id}`,
    isOver: async (id) => (await planOf(world, id)).nextAt === undefined,
    begin: async () => await planned(world, operation, account),
    assertWhole: async (planId) => await WHOLE[operation](world, { account, planId, session }),
  }
}

async function planned({ post, ida, ben }: PlanWorld, operation: Acting, account: string): Promise<string> {
  const asked = { target: 'main', operation, account, secret: PASSWORD, ...why }
  const { id } = await post(ida, '/v1/plans', asked)
  if (operation === 'revoke') await post(ben, `/v1/plans/${id}/approve`, why, 200)
  return id
}

interface Done {
  readonly account: string
  readonly planId: string
  readonly session: Client | undefined
}

/** What acts at each statement; to deny is the first part of to contain, and to observe acts on nothing. */
export const ACTING = ['contain', 'revoke', 'restore'] as const
export type Acting = (typeof ACTING)[number]

const WHOLE: Readonly<Record<Acting, (world: PlanWorld, done: Done) => Promise<void>>> = {
  contain: async (world, done) => {
    const { account, planId } = done
    await refusedThenProven(world, done, '28000')
    await world.post(world.ida, `/v1/plans/${planId}/undo`, why, 200)
    assert.equal((await endOf(world, planId)).state, 'undone')
    await assertAsBefore(world, account)
  },
  revoke: async (world, done) => {
    const { account } = done
    await refusedThenProven(world, done, '28P01')
    const [kept] = await world.postgres.sql(
      `select n, (select tableowner from pg_tables where schemaname = 'of_${account}') as owner from of_${account}.kept`,
    )
    assert.deepEqual(kept, { n: 7, owner: 'keeper' }, account)
  },
  restore: async (world, { account, planId }) => {
    let plan = await endOf(world, planId)
    // it was held at its point, until others had come to theirs, for longer than it waits for an answer
    const waited = plan.state === 'unproven' && /cannot be reached|did not answer/.test(notVerified(plan))
    if (waited) {
      await world.post(world.ida, `/v1/plans/${planId}/run`, { secret: PASSWORD, ...why }, 200)
      plan = await endOf(world, planId)
    }
    assert.equal(plan.state, 'verified', `${account}: ${notVerified(plan)}`)
    assert.deepEqual(await receiptsOf(world, planId), [...(waited ? ['unproven'] : []), 'verified'])
    await assertAsBefore(world, account)
  },
}

/** What was offered is gone with the server that had it: refused, and not said to be proven before it is offered again. */
async function refusedThenProven(
  world: PlanWorld,
  { account, planId, session }: Done,
  sqlstate: string,
): Promise<void> {
  const { state } = await endOf(world, planId)
  // a revoke that waits for a person has it held
  assert.match(await login(world, account), new RegExp(`^(?:28000|${sqlstate})$`), account)
  await assert.rejects(session?.query('select 1') ?? Promise.resolve(), account)
  const first = await receiptsOf(world, planId)
  assert.deepEqual(first, [state], account)
  if (state === 'verified') return
  assert.equal(state, 'unproven', account)
  await world.post(world.ida, `/v1/plans/${planId}/run`, { secret: PASSWORD, ...why }, 200)
  const again = await endOf(world, planId)
  assert.equal(await login(world, account), sqlstate, notVerified(again))
  // killed before it was seen accepted: of a role that is gone nothing can prove any more whose password it was
  const neverSeen = sqlstate === '28P01' && /"answer":"not asked/.test(JSON.stringify(again.steps[0]))
  if (neverSeen) assert.match(notVerified(again), /^\[{"name":"try_credential_after".*never seen to be its password/)
  else assert.equal(again.state, 'verified', notVerified(again))
  assert.deepEqual(await receiptsOf(world, planId), ['unproven', again.state], account)
}

export async function assertAsBefore(world: PlanWorld, account: string): Promise<void> {
  assert.equal(await login(world, account), 'let in', account)
  const [role] = await world.postgres.sql(
    `select rolconnlimit as n, (select setconfig from pg_db_role_setting where setrole = r.oid) as settings
     from pg_roles r where rolname = '${account}'`,
  )
  assert.deepEqual(role, { n: 7, settings: null }, account)
}
