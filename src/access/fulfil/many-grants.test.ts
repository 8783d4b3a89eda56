import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { deriveId } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { DecisionState } from '../decide/index.ts'
import { facts, policies, principalId } from '../decide/state-in-test.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import type { AccessLayer } from '../observe/records.ts'
import { keepGrants } from './keeper-in-test.ts'
import { fulfillerInTest, targetInTest } from './target-in-test.ts'
import type { TargetInTest } from './target-in-test.ts'

const START = Date.parse('2026-03-01T12:00:00.000Z')
const MANY = 500

describe('many grants that end together', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let base: TestDatabase
  let access: AccessLayer
  let target: TargetInTest
  let state: DecisionState
  let seconds = 0
  const now = (): Instant => new Date(START + seconds * 1000).toISOString() as Instant
  const pass = async (): Promise<number> => {
    state.knownAt = Date.parse(now())
    const since = performance.now()
    await keepGrants({ access, state: () => state, signal: new AbortController().signal })
    return performance.now() - since
  }
  const given = async (who: string, count: number): Promise<string[]> => {
    const until = new Date(Date.parse(now()) + 20_000).toISOString() as Instant
    const right = { kind: 'just_in_time', actions: ['pg:SELECT'], resources: ['pg://main/*'], until } as const
    const act = { actor: { id: deriveId('person', 'ada') }, at: now() }
    const ids: string[] = []
    for (let at = 0; at < count; at++)
      ids.push((await grantInTest(access, act, { principalId: principalId(who), ...right })).id)
    return ids
  }
  const counted = async (what: 'state' | 'news', ids: readonly string[]): Promise<Record<string, number>> => {
    const rows = await access.db.transaction((tx) =>
      tx.query<{ word: string; count: number }>(
        what === 'state'
          ? sql`select state as word, count(*)::int from access.access_grant where id = any(${[...ids]}) group by state`
          : sql`select 'news' as word, count(*)::int from outbox.change where subjects && ${[...ids]}`,
      ),
    )
    return Object.fromEntries(rows.map(({ word, count }) => [word, count]))
  }
  const entriesOf = async (ids: readonly string[]): Promise<number> =>
    await base.database.layer('evidence').transaction(async (tx) => {
      const [row] = await tx.query<{ count: number }>(
        sql`select count(*)::int from evidence.entry where type = 'grant.ended' and subjects && ${[...ids]}`,
      )
      return row?.count ?? 0
    })

  before(async () => {
    base = await testDatabase()
    target = await targetInTest()
    access = { db: base.database.layer('access'), clock: now, fulfillers: [fulfillerInTest(target.url)] }
    state = new DecisionState()
    for (const name of ['app', 'held', 'mixed']) state.putPrincipal(facts(name))
    state.putPolicies(await policies(state, 'forbid(principal, action, resource) when { context.request has never };'))
  })
  after(async () => {
    await target.stop()
    await base.close()
  })

  test('five hundred that expire together are ended in one pass, each with its entry, in a few transactions', async (t) => {
    const ids = await given('app', MANY)
    await pass()
    assert.deepEqual(await counted('state', ids), { active: MANY })
    const newsBefore = (await counted('news', ids))['news'] ?? 0
    seconds += 20
    const took = await pass()
    t.diagnostic(`${took.toFixed(0)} ms`)
    assert.deepEqual(await counted('state', ids), { ended: MANY })
    assert.ok(ids.every((id) => target.rights.get(id)?.held === false))
    assert.equal(await entriesOf(ids), MANY)
    const told = ((await counted('news', ids))['news'] ?? 0) - newsBefore
    assert.ok(told < MANY / 4, `${told} lines of news`)
  })

  test('so are those of one that is held', async () => {
    const ids = await given('held', 50)
    await pass()
    state.putPrincipal(facts('held', { state: 'quarantined', version: 2 }))
    await pass()
    assert.deepEqual(await counted('state', ids), { ended: 50 })
    assert.ok(ids.every((id) => target.rights.get(id)?.held === false))
  })

  test('one that cannot be written keeps none of the others', async () => {
    const ids = await given('mixed', 20)
    await pass()
    const [odd = ''] = ids
    const client = await asSuperuser(base)
    await client.query(
      `alter table access.access_grant add constraint odd check (id <> '${odd}' or state <> 'ended') not valid`,
    )
    seconds += 20
    await assert.rejects(pass())
    await client.query('alter table access.access_grant drop constraint odd')
    await client.end()
    assert.deepEqual(await counted('state', ids), { ended: 19, ending: 1 })
    await pass()
    assert.deepEqual(await counted('state', ids), { ended: 20 })
  })
})

async function asSuperuser(base: TestDatabase): Promise<Client> {
  const client = new Client(base.superuser)
  await client.connect()
  return client
}
