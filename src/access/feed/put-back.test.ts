import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import type { Act, Id, Instant } from '#kernel'
import { activatePrincipal, registerPrincipal } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { copyOf } from '../../db/put-back-in-test.ts'
import { personOf, rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { decide } from '../decide/index.ts'
import { endGrant } from '../grant/end-grant.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import type { AccessLayer } from '../observe/records.ts'
import { installStarterPolicies } from '../policy-version/starter-policies.ts'
import type { Change } from './change.ts'
import { followOutbox } from './follow.ts'
import { forgetChanges } from './forget-changes.ts'
import { goesOn, readNews } from './read-news.ts'
import type { Look, OutboxPlace } from './read-news.ts'

describe('an older copy of the database is put back under who follows it', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let roll: RollInTest
  let access: AccessLayer
  const act = (): Act => roll.act('ada', { reason: 'a test' })

  async function active(name: string): Promise<Id<'principal'>> {
    const made = await registerPrincipal(roll.identity, act(), {
      kind: 'workload',
      system: 'kubernetes',
      externalId: name,
      name,
      owner: { kind: 'person', id: personOf('ada') },
      purpose: 'a test',
      expiresAt: '2027-03-01T00:00:00.000Z' as Instant,
    })
    const id = made.id as Id<'principal'>
    await activatePrincipal(roll.identity, act(), { id })
    return id
  }
  const granted = async (principalId: Id<'principal'>): Promise<string> =>
    (await grantInTest(access, act(), { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] })).id

  before(async () => {
    base = await testDatabase()
    roll = await rollInTest(() => Promise.resolve(base))
    access = { db: base.database.layer('access'), clock: () => roll.now() }
    await roll.addPerson('ada')
    await installStarterPolicies(access, act())
  })
  after(async () => {
    await base.close()
  })

  test('what is not in it decides no more, and when the newer one is back, what had ended there is over again', async () => {
    const [app, other, third] = [await active('app'), await active('other'), await active('third')]
    await granted(other)
    const thirdGrant = await granted(third)
    const copy = await copyOf(base)
    const changes: Change[] = []
    const said: string[] = []
    const follower = await followOutbox({
      identity: roll.identity,
      access: access.db,
      now: () => Date.parse(roll.now()),
      say: (event) => void said.push(event),
      lookEveryMs: 60_000,
      onChange: (change) => void changes.push(change),
    })
    const reasonOf = (id: string): string =>
      decide(
        follower.state,
        {
          subject: { type: 'kubernetes', id },
          action: { name: 'pg:SELECT' },
          resource: { type: 'table', id: 'pg://main/shop/public.orders' },
        },
        Date.parse(roll.now()),
      ).reason
    // the first query on a connection that was ended fails
    const looked = async (): Promise<void> => {
      for (let tries = 0; tries < 20; tries++) {
        const worked = await follower.look().then(
          () => true,
          () => false,
        )
        if (worked) return
      }
      assert.fail('the database is there')
    }
    const reasons = async (): Promise<readonly string[]> => {
      await looked()
      return ['app', 'other', 'third'].map(reasonOf)
    }
    try {
      await granted(app)
      await endGrant(access, act(), { id: thirdGrant, because: 'a test' })
      assert.deepEqual(await reasons(), ['granted', 'granted', 'grant_ended'])
      assert.ok(!changes.some(({ kind }) => kind === 'anew'))
      await copy.swap()
      assert.deepEqual(await reasons(), ['nothing_permits', 'granted', 'granted'])
      assert.equal(changes.filter(({ kind }) => kind === 'anew').length, 1, 'whoever follows is told')
      assert.match(said.join('\n'), /older copy was put back/)
      // what is changed there is read on as before
      const again = await granted(app)
      assert.deepEqual(await reasons(), ['granted', 'granted', 'granted'])
      await endGrant(access, act(), { id: again, because: 'a test' })
      assert.deepEqual(await reasons(), ['grant_ended', 'granted', 'granted'])
      await copy.swap()
      assert.deepEqual(await reasons(), ['granted', 'granted', 'grant_ended'])
      assert.equal(changes.filter(({ kind }) => kind === 'anew').length, 2)
    } finally {
      await follower.stop()
      await copy.remove()
    }
  })
})

describe('a copy was taken between two commits that overlapped', { skip: databaseUnavailable() }, () => {
  test('what the later of them told is missed, though the newest line is there', async () => {
    const base = await testDatabase()
    const [client, other] = [new Client(base.superuser), new Client(base.superuser)]
    await client.connect()
    await other.connect()
    const db = base.database.layer('access')
    const insert = `insert into outbox.change (kind, subjects) values ('x', '{}') returning id`
    const write = async (): Promise<number> => Number((await client.query<{ id: string }>(insert)).rows[0]?.id)
    const told = async (from?: OutboxPlace): Promise<OutboxPlace> => {
      const { place, goesOn: on } = await readNews(db, from)
      assert.ok(on)
      return place
    }
    /** Transactions of other databases of the server keep older ones from being known to be over. */
    const allOver = async (): Promise<void> => {
      const sees = 'select pg_snapshot_xmin(pg_current_snapshot()) > max(transaction) as over from outbox.change'
      while ((await client.query<{ over: boolean }>(sees)).rows[0]?.over !== true)
        await new Promise((resolve) => setTimeout(resolve, 20))
    }
    /** As a copy would have it in which that transaction was not over yet. */
    const without = async (id: number, from: OutboxPlace): Promise<boolean> => {
      await client.query('begin')
      await client.query('delete from outbox.change where id = $1', [id])
      await client.query('commit')
      return (await readNews(db, from)).goesOn
    }
    try {
      await write()
      const first = await told()
      await client.query('begin')
      const late = await write()
      await other.query(insert)
      const between = await told(first)
      await client.query('commit')
      const over = await told(await told(between))
      assert.ok(!(await without(late, over)), 'seen after the newest line')

      const [one] = [await write(), await write()]
      const both = await told(await told())
      assert.ok(!(await without(one, both)), 'seen with the newest line')
      // what was seen before the newest line is in every copy that has it, and may be forgotten
      const early = await write()
      await allOver()
      const seen = await told(await told())
      await write()
      await allOver()
      assert.ok(await without(early, await told(seen)))
    } finally {
      await other.end()
      await client.end()
      await base.close()
    }
  })
})

describe('news of long ago', { skip: databaseUnavailable() }, () => {
  test('are forgotten but for the newest of them, so that who follows sees that nothing was put back', async () => {
    const base = await testDatabase()
    try {
      const client = new Client(base.superuser)
      await client.connect()
      const write = async (...hours: readonly number[]): Promise<void> => {
        for (const ago of hours)
          await client.query(
            `insert into outbox.change (kind, subjects, at) values ('x', '{}', now() - $1 * interval '1 hour')`,
            [ago],
          )
      }
      const db = base.database.layer('access')
      const ids = async (): Promise<number[]> =>
        (await client.query<{ id: string }>('select id from outbox.change order by id')).rows.map(({ id }) =>
          Number(id),
        )
      await client.query('delete from outbox.change')
      await write(50, 49, 48)
      const [, , newest = 0] = await ids()
      const { place } = await readNews(db)
      assert.equal(await forgetChanges(db, new Date(Date.now() - 86_400_000).toISOString() as Instant), 2)
      assert.deepEqual(await ids(), [newest])
      assert.ok((await readNews(db, place)).goesOn)
      // an hour is kept whoever asks
      await write(2, 0.5)
      assert.equal(await forgetChanges(db, new Date().toISOString() as Instant), 1)
      assert.deepEqual(await ids(), [newest + 1, newest + 2])
      await client.query('delete from outbox.change')
      assert.ok(!(await readNews(db, place)).goesOn)
      await client.end()
    } finally {
      await base.close()
    }
  })
})

test('the outbox goes on only where its numbers, its newest line and what was read of it are still there', () => {
  const place: OutboxPlace = { epoch: 'one', xmin: 700n, newestId: 9, last: new Map([[9, '690 1.000']]) }
  const same: Look = {
    epoch: 'one',
    xmin: '700',
    newestId: 9,
    newestMark: '690 1.000',
    hasLast: true,
    hasUnread: false,
    id: null,
    mark: null,
  }
  assert.ok(goesOn(place, same))
  assert.ok(goesOn(place, { ...same, xmin: '701', newestId: 10 }))
  const others: Partial<Look>[] = [{ epoch: 'two' }, { xmin: '699' }, { hasLast: false }, { hasUnread: true }]
  for (const other of others) assert.ok(!goesOn(place, { ...same, ...other }), JSON.stringify(other))
})
