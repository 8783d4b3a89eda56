// A grant at a real target begins, or ends by its time: how it is asked for, and what has to hold whatever happened meanwhile.
import assert from 'node:assert/strict'
import type { Client } from 'pg'
import { messageOf } from '#kernel'
import { sql } from '#db'
import type { Case } from './plan-cases.ts'
import { login, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'
import type { Passing } from './statement-proxy.ts'

const GROUP = 'reporting'
/** Long enough for a login before it is over; on a busy machine twice that, and so on. */
const SHORT_S = 8
const SHORT_MAX_S = 128
/** It is not over where a clock is ten minutes ahead. */
const LONG_S = 3600

/** A job with a token of its own, which may ask for a membership in `reporting`. */
export interface Job {
  readonly id: string
  readonly token: string
}

export async function jobOf({ post, get, ida, postgres, administers }: PlanWorld): Promise<Job> {
  await postgres.sql(`create role ${GROUP} nologin; create table orders (n int); grant select on orders to ${GROUP}`)
  await administers(GROUP)
  const me = await get<{ id: string }>('/v1/me')
  const { id } = await post(ida, '/v1/principals', {
    kind: 'api_client',
    system: 'reeve',
    externalId: 'nightly-report',
    name: 'nightly-report',
    purpose: 'a test',
    owner: { kind: 'person', id: me.id },
    expiresAt: '2030-01-01T00:00:00.000Z',
  })
  await post(ida, `/v1/principals/${id}/activate`, {}, 200)
  const token = await post(ida, '/v1/tokens', { subjectId: id, label: 'job', scopes: ['read', 'write'] })
  return { id, token: (token as unknown as { value: string }).value }
}

export async function granted(
  { post, ben }: PlanWorld,
  job: Job,
  seconds = LONG_S,
  resource = `pg://main/role/${GROUP}`,
): Promise<string> {
  const right = { actions: ['pg:member'], resources: [resource] }
  const asked = await post(job.token, '/v1/access-requests', {
    principalId: job.id,
    ...right,
    seconds,
    purpose: 'a test',
  })
  const verdict = { verdict: 'approve', reason: 'a test' }
  const agreed = await post(ben, `/v1/access-requests/${asked.id}/decide`, verdict, 200)
  return (agreed as unknown as { data: { grantId: string } }).data.grantId
}

export const stateOf = async (world: PlanWorld, grantId: string): Promise<string> =>
  (await world.get<{ data: { state: string } }>(`/v1/grants/${grantId}`)).data.state

export const isState = (world: PlanWorld, grantId: string, state: string) => async (): Promise<boolean> =>
  (await stateOf(world, grantId)) === state

export const isOf = ({ user, application }: Passing): boolean =>
  application === 'reeve' || user.startsWith('reeve_grt_')

export async function givenCase(world: PlanWorld, job: Job): Promise<Case> {
  return {
    isOf,
    begin: async () => await granted(world, job),
    isOver: async (id) => await isState(world, id, 'active')(),
    assertWhole: async (id, clock) => {
      await until(isState(world, id, 'active'), `${id} is active`)
      if (clock === 'behind') {
        await assertNotBegun(world, job, id)
        await world.post(world.ida, `/v1/grants/${id}/end`, { because: 'a test' }, 200)
        await assertGone(world, id, 'nobody was given one')
        return
      }
      const password = await passwordOf(world, job, id)
      const session = await world.postgres.session(`reeve_${id}`, password)
      await session.query('select n from orders')
      await world.post(world.ida, `/v1/grants/${id}/end`, { because: 'a test' }, 200)
      await assertGone(world, id, password)
      await assert.rejects(session.query('select n from orders'), id)
    },
  }
}

/** One that began before its short window was over. */
export async function shortGrant(world: PlanWorld, job: Job, seconds = SHORT_S): Promise<string> {
  const id = await granted(world, job, seconds)
  let state = ''
  await until(async () => /^(?:active|ended)$/.test((state = await stateOf(world, id))), `${id} is active`)
  if (state === 'active') return id
  assert.ok(seconds < SHORT_MAX_S, `a grant of ${seconds} seconds did not begin in its time`)
  return await shortGrant(world, job, seconds * 2)
}

/** One whose login was in before its short window was over. */
async function shortSession(
  world: PlanWorld,
  job: Job,
  seconds = SHORT_S,
): Promise<{ readonly id: string; readonly password: string; readonly session: Client }> {
  const id = await shortGrant(world, job, seconds)
  let password = ''
  let said = ''
  await until(async () => {
    const { status, body } = await askedIn(world, job, id)
    if (status === 201) password = body.password ?? ''
    else said = `${status} ${body.detail}`
    return status === 201 || (await stateOf(world, id)) !== 'active'
  }, `a login for ${id}, or its end`).catch((error: unknown) => assert.fail(`${messageOf(error)}: ${said}`))
  try {
    const session = await world.postgres.session(`reeve_${id}`, password)
    await session.query('select n from orders')
    return { id, password, session }
  } catch (error) {
    // a busy machine let its time pass
    const isOver = (await stateOf(world, id)) !== 'active'
    assert.ok(isOver && seconds < SHORT_MAX_S, `${id} of ${seconds} seconds: ${messageOf(error)}; ${said}`)
    return await shortSession(world, job, seconds * 2)
  }
}

export async function takenCase(world: PlanWorld, job: Job): Promise<Case> {
  const { id, password, session } = await shortSession(world, job)
  return {
    isOf,
    begin: async () => id,
    isOver: async () => await isState(world, id, 'ended')(),
    assertWhole: async () => {
      await assertGone(world, id, password)
      await assert.rejects(session.query('select n from orders'), id)
    },
  }
}

/** A server that was started just now does not decide before it knows everything. */
export async function passwordOf(world: PlanWorld, job: Job, grantId: string, target = 'main'): Promise<string> {
  let password = ''
  let said = ''
  const isGiven = async (): Promise<boolean> => {
    const { status, body } = await askedIn(world, job, grantId, target)
    password = body.password ?? ''
    said = `${status} ${body.detail}`
    return status === 201
  }
  await until(isGiven, `a login for ${grantId}`).catch((error: unknown) => assert.fail(`${messageOf(error)}: ${said}`))
  return password
}

/** By a clock that is behind the one that it was made by, it begins later: nobody gets in meanwhile. */
async function assertNotBegun(world: PlanWorld, job: Job, grantId: string): Promise<void> {
  let said = ''
  const isSaid = async (): Promise<boolean> => {
    const { status, body } = await askedIn(world, job, grantId)
    said = `${status} ${body.detail}`
    return /^403 .*denied now: grant_not_begun$/.test(said)
  }
  await until(isSaid, `${grantId} has not begun`).catch((error: unknown) => assert.fail(`${messageOf(error)}: ${said}`))
}

export async function askedIn(
  world: PlanWorld,
  { token }: Job,
  grantId: string,
  target = 'main',
): Promise<{ readonly status: number; readonly body: { readonly password?: string; readonly detail?: string } }> {
  const asked = await fetch(`${world.held.server.url}/v1/targets/${target}/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ grantId }),
  })
  return { status: asked.status, body: (await asked.json()) as never }
}

export async function assertGone(world: PlanWorld, id: string, password: string): Promise<void> {
  await until(isState(world, id, 'ended'), `${id} has ended`)
  assert.deepEqual(await world.postgres.sql(`select rolname from pg_roles where rolname = 'reeve_${id}'`), [])
  assert.equal(await login(world, `reeve_${id}`, password), '28P01')
  const entries = await world.base.database.layer('evidence').transaction(
    async (tx) =>
      await tx.query<{ type: string; n: number }>(
        sql`select type, count(*) as n from evidence.entry where ${id} = any(subjects)
              and type in ('grant.activated', 'grant.ended') group by type order by type`,
      ),
  )
  assert.deepEqual(entries, [
    { type: 'grant.activated', n: 1 },
    { type: 'grant.ended', n: 1 },
  ])
}
