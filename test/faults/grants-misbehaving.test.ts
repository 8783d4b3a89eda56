// Grants at a real target that is down, slow, read-only or full, or whose administrative role has another password or fewer rights
// than it had: none is said to be in force before it is there, nor to have ended while its login lives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { askedIn, granted, jobOf, passwordOf } from './grant-cases.ts'
import type { Job } from './grant-cases.ts'
import { MISBEHAVIOURS, siteFor } from './misbehaving-target.ts'
import type { Misbehaviour, Site } from './misbehaving-target.ts'
import { login, planWorld, until } from './plan-world.ts'
import type { PlanWorld } from './plan-world.ts'

interface Manner extends Pick<Misbehaviour, 'said' | 'begins' | 'ends'> {
  /** Trying again is of no use: what was to begin ends. */
  readonly lasting?: true
}

let rotated = 0

/** What a plan meets in the middle of a statement of its own a grant meets from its begin. */
const OF_GRANTS: Readonly<Record<string, Manner>> = {
  cut: {
    said: /cannot be reached/,
    begins: async ({ proxy }) => {
      proxy.refuses = true
      proxy.cut()
    },
    ends: async ({ proxy }) => (proxy.refuses = false),
  },
  rotated: {
    said: /28P01.*its password was changed/,
    begins: async ({ sql, administrator }) => await sql(`alter role ${administrator} password '${++rotated} times'`),
    ends: async ({ givePassword }) => await givePassword(`${rotated} times`),
  },
  withdrawn: {
    lasting: true,
    said: /42501.*its rights were withdrawn/,
    begins: async ({ sql, administrator }) => await sql(`alter role ${administrator} nocreaterole`),
    ends: async ({ sql, administrator }) => await sql(`alter role ${administrator} createrole`),
  },
}
const CHOSEN = ['cut', 'withdrawn', 'slow', 'read_only', 'full', 'rotated'] as const

interface AtTarget {
  readonly state: string
  readonly ended?: { readonly because: string }
  readonly fulfilment: { readonly reason?: string; readonly attempts: number }
}

describe('grants at a target that misbehaves', { skip: postgresMissing(18), timeout: 10 * 60_000 }, () => {
  let world: PlanWorld
  let job: Job
  const sites: Site[] = []
  before(async () => {
    world = await planWorld()
    job = await jobOf(world)
    for (const name of CHOSEN) sites.push(await siteFor(world, name))
  })
  after(async () => {
    for (const { session, proxy } of sites) {
      await session.end()
      await proxy.close()
    }
    await world?.close()
  })

  const grantOf = async (id: string): Promise<AtTarget> =>
    (await world.get<{ data: AtTarget }>(`/v1/grants/${id}`)).data
  const isThere = async (id: string): Promise<boolean> =>
    (await world.postgres.sql(`select from pg_roles where rolname = 'reeve_${id}'`)).length > 0

  test(`${CHOSEN.join(', ')}: begins when it is over, and ends when it is over`, async (t) => {
    await Promise.all(
      sites.map(async (site) => {
        const manner = OF_GRANTS[site.misbehaves] ?? MISBEHAVIOURS[site.misbehaves] ?? assert.fail()
        t.diagnostic(`${site.misbehaves}: ${await carriedThrough(site, manner)}`)
      }),
    )
  })

  /** Answers what was said of it. */
  async function carriedThrough(site: Site, { said, begins, ends, lasting }: Manner): Promise<string> {
    const { name, administrator } = site
    const group = `group_${site.misbehaves}`
    await site.sql(`create role ${group} nologin; grant ${group} to ${administrator} with admin true`)
    const asked = async (): Promise<string> => await granted(world, job, undefined, `pg://${name}/role/${group}`)
    await begins(site)
    let id = await asked()
    if (said !== undefined) {
      if (lasting === true) await until(async () => (await grantOf(id)).state === 'ended', `${id} does not begin`)
      else await meets(id, said)
      const { state, ended } = await grantOf(id)
      if (lasting === true) assert.match(ended?.because ?? '', said)
      else assert.notEqual(state, 'active')
      assert.equal((await askedIn(world, job, id, name)).status, 404)
    }
    await ends(site)
    if (lasting === true) id = await asked()
    await until(async () => (await grantOf(id)).state === 'active', `${id} is active`)
    const password = await passwordOf(world, job, id, name)
    const session = await world.postgres.session(`reeve_${id}`, password)
    await session.query('select 1')

    await begins(site)
    await world.post(world.ida, `/v1/grants/${id}/end`, { because: 'a test' }, 200)
    let words = 'nothing'
    if (said !== undefined) {
      words = await meets(id, said)
      assert.match((await grantOf(id)).state, /^(?:ending|unproven)$/)
      assert.equal((await askedIn(world, job, id, name)).status, 404)
      assert.equal(await isThere(id), true, 'its login lives, and nothing else is said')
    }
    await ends(site)
    await until(async () => (await ofEnd(id)) === 'ended', `${id} has ended`)
    assert.equal(await isThere(id), false)
    await assert.rejects(session.query('select 1'), id)
    assert.equal(await login(world, `reeve_${id}`, password), '28P01')
    return words
  }

  async function meets(id: string, said: RegExp): Promise<string> {
    let reason = ''
    await until(
      async () => said.test((reason = (await grantOf(id)).fulfilment.reason ?? '')),
      `${id} meets ${said.source}`,
    )
    return reason
  }

  /** What is unproven is tried in an hour, or when somebody ends it once more. */
  async function ofEnd(id: string): Promise<string> {
    const { state } = await grantOf(id)
    if (state === 'unproven') {
      await world.post(world.ida, `/v1/grants/${id}/end`, { because: 'a test' }, 200)
      await sleep(500)
    }
    return state
  }
})
