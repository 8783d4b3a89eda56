// The end of a token in three servers of one database at once: with hints, without, and where a hint is all that comes through.
import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { listTokens, revokeToken } from '#access/records'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { databaseGone, dropHints, environmentOf, estate, holdReads, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { decidedAt } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const SERVERS = ['one', 'two', 'three']

describe('a token that is ended', { skip: databaseUnavailable(), timeout: 240_000 }, () => {
  let base: TestDatabase
  let folder: string
  let world: DecisionEstate
  const servers: ServerInTest[] = []

  before(async () => {
    base = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-token-ended-'))
    for (const name of SERVERS) {
      if (name !== 'one') await cp(join(folder, 'one', 'keys'), join(folder, name, 'keys'), { recursive: true })
      servers.push(await startServer({ dataDirectory: join(folder, name), env: environmentOf(base) }))
    }
    world = await estate(base, join(folder, 'one', 'keys'))
    await world.granted('app')
  })
  after(async () => {
    await Promise.all(servers.map(async (server) => await server.kill()))
    await base.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  /** Until each server answers this; the slowest, in milliseconds. */
  async function all(token: string, reason: string, limitMs: number): Promise<number> {
    const since = performance.now()
    const each = servers.map(async ({ url }) => {
      return await until(async () => (await decidedAt(url, 'app', token)).reason === reason, limitMs, since)
    })
    return Math.max(...(await Promise.all(each)))
  }

  async function client(name: string): Promise<{ readonly token: string; readonly end: () => Promise<void> }> {
    const token = await world.clientToken(name, ['decide'])
    const made = await listTokens(world.access, { limit: 100 })
    const { id } = made.find(({ label }) => label === name) ?? assert.fail('it is listed')
    await all(token, 'granted', 5000)
    return { token, end: async () => void (await revokeToken(world.access, world.act(), id)) }
  }

  test('is refused by all at once, and in time where no hint comes', async (t) => {
    const hinted = await client('hinted')
    await hinted.end()
    t.diagnostic(`with hints: ${(await all(hinted.token, 'HTTP 401', 2000)).toFixed(0)} ms`)
    const dropped = await client('dropped')
    const back = await dropHints(base)
    try {
      await dropped.end()
      t.diagnostic(`hints dropped: ${(await all(dropped.token, 'HTTP 401', 2000)).toFixed(0)} ms`)
    } finally {
      await back()
    }
    await all(world.pdpToken, 'granted', 2000)
  })

  test('is refused by all where the database is gone right after the commit, long before what they know is too old', async (t) => {
    const { token, end } = await client('only-a-hint')
    const { now, back } = await databaseGone(base)
    try {
      await holdReads(base, servers.length)
      await end()
      const [ms] = await Promise.all([all(token, 'HTTP 401', 2000), passed(100).then(now)])
      t.diagnostic(`only a hint: ${ms.toFixed(0)} ms`)
      await all(world.pdpToken, 'granted', 2000)
    } finally {
      await back()
    }
    await all(world.pdpToken, 'granted', 15_000)
    await all(token, 'HTTP 401', 1000)
  })
})
