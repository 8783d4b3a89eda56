import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import { activatePrincipal, quarantinePrincipal, registerPrincipal, restorePrincipal } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { rollInTest } from '../../identity/principal/roll-in-test.ts'
import type { RollInTest } from '../../identity/principal/roll-in-test.ts'
import { decide } from '../decide/index.ts'
import type { Reason } from '../decide/index.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import { denySubject, liftDenial } from '../grant/deny-subject.ts'
import { endGrant } from '../grant/end-grant.ts'
import { endThoseOver } from '../fulfil/due-grants.ts'
import type { AccessLayer } from '../observe/records.ts'
import { installStarterPolicies } from '../policy-version/starter-policies.ts'
import { activatePolicies, approvePolicies, proposePolicies } from '../policy-version/write-policies.ts'
import { followOutbox } from './follow.ts'
import type { Follower } from './follow.ts'

describe('following what was changed', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let roll: RollInTest
  let access: AccessLayer
  let follower: Follower
  const said: string[] = []
  const act = (): Act => roll.act('ada', { reason: 'a test' })
  const open = (more: { readonly hints?: boolean; readonly lookEveryMs?: number } = {}): Promise<Follower> =>
    followOutbox({
      identity: roll.identity,
      access: access.db,
      now: () => Date.parse(roll.now()),
      say: (event) => void said.push(event),
      lookEveryMs: more.lookEveryMs ?? 60_000,
      ...(more.hints === false ? {} : { listenOn: base.connectionFor('access') }),
    })
  const reasonOf = (name: string, from = follower): Reason =>
    decide(
      from.state,
      {
        subject: { type: 'kubernetes', id: name },
        action: { name: 'pg:SELECT' },
        resource: { type: 'table', id: 'pg://main/shop/public.orders' },
      },
      Date.parse(roll.now()),
    ).reason

  async function active(name: string): Promise<Id<'principal'>> {
    const made = await registerPrincipal(roll.identity, act(), {
      kind: 'workload',
      system: 'kubernetes',
      externalId: name,
      name,
      owner: await owner,
      purpose: 'a test',
      expiresAt: '2027-03-01T00:00:00.000Z' as Instant,
    })
    const id = made.id as Id<'principal'>
    await activatePrincipal(roll.identity, act(), { id })
    return id
  }
  let owner: ReturnType<RollInTest['addPerson']>
  const granted = async (principalId: Id<'principal'>): Promise<string> =>
    (await grantInTest(access, act(), { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] })).id

  before(async () => {
    base = await testDatabase()
    roll = await rollInTest(() => Promise.resolve(base))
    access = { db: base.database.layer('access'), clock: () => roll.now() }
    owner = roll.addPerson('ada')
    await owner
    await installStarterPolicies(access, act())
    follower = await open()
  })
  after(async () => {
    await follower.stop()
    await base.close()
    assert.deepEqual(said, [])
  })

  test('a grant and its principal are known after one look, and holding the principal is known by its hint', async () => {
    const id = await active('app')
    await granted(id)
    await follower.look()
    assert.equal(reasonOf('app'), 'granted')
    const current = await quarantinePrincipal(roll.identity, act(), { id, reason: 'a test' })
    await until(() => reasonOf('app') === 'quarantined')
    await restorePrincipal(roll.identity, act(), { id, reason: 'over', expectedVersion: current.version })
    await until(() => reasonOf('app') === 'granted')
  })

  test('a grant whose record says that it ran out is not in force again where the clock was set back since', async () => {
    const principalId = await active('late-clock')
    const [from, minute] = [act(), 1 / 24 / 60]
    const ends = new Date(Date.parse(from.at) + 60_000).toISOString() as Instant
    await grantInTest(access, from, { principalId, actions: ['pg:*'], resources: ['pg://main/shop/*'], until: ends })
    roll.pass(2 * minute)
    assert.equal(await endThoseOver(access, 10), 1)
    roll.pass(-1.5 * minute)
    const other = await open({ hints: false })
    const reason = reasonOf('late-clock', other)
    await other.stop()
    roll.pass(2 * minute)
    assert.equal(reason, 'grant_expired')
  })

  test('without hints a look finds everything, and nothing is told twice as new', async () => {
    const id = await active('quiet')
    const grantId = await granted(id)
    const other = await open({ hints: false })
    assert.equal(reasonOf('quiet', other), 'granted')
    await endGrant(access, act(), { id: grantId, because: 'a test' })
    assert.equal(reasonOf('quiet', other), 'granted')
    await other.look()
    assert.equal(reasonOf('quiet', other), 'grant_ended')
    await other.stop()
  })

  test('what a transaction told before another that began earlier is not lost, and neither is the other', async () => {
    const early = await active('early')
    const late = await active('late')
    const first = await granted(early)
    const second = await granted(late)
    const other = await open({ hints: false })
    let release = (): void => undefined
    const waiting = new Promise<void>((resolve) => (release = resolve))
    let begun = (): void => undefined
    const started = new Promise<void>((resolve) => (begun = resolve))
    const slow = access.db.transaction(async (tx) => {
      await tx.execute(
        sql`update access.access_grant set data = jsonb_set(data, '{state}', '"ended"') where id = ${first}`,
      )
      begun()
      await waiting
    })
    await started
    await endGrant(access, act(), { id: second, because: 'a test' })
    await other.look()
    assert.deepEqual([reasonOf('early', other), reasonOf('late', other)], ['granted', 'grant_ended'])
    release()
    await slow
    await other.look()
    assert.deepEqual([reasonOf('early', other), reasonOf('late', other)], ['grant_ended', 'grant_ended'])
    await other.stop()
  })

  test('a denial stands until it is lifted, and an old word of it changes nothing', async () => {
    const id = await active('denied')
    await granted(id)
    await denySubject(access, act(), { subjectId: id, reason: 'a test' })
    await follower.look()
    assert.equal(reasonOf('denied'), 'principal_denied')
    await liftDenial(access, act(), { subjectId: id, reason: 'over' })
    await follower.look()
    assert.equal(reasonOf('denied'), 'granted')
  })

  test('policies are proposed by one, approved by another, and in force everywhere once they are activated', async () => {
    await granted(await active('policed'))
    const proposed = await proposePolicies(access, act(), {
      text: '@id("none") forbid (principal, action, resource) when { context.level == "read" };',
      comment: 'a test',
      behind: ['psn_one'],
    })
    const number = proposed.version?.data.number ?? 0
    await assert.rejects(approvePolicies(access, act(), { number, behind: ['psn_one'] }), /does not approve/)
    await assert.rejects(activatePolicies(access, act(), { number }), /not approved/)
    await approvePolicies(access, act(), { number, behind: ['psn_two'] })
    await activatePolicies(access, act(), { number })
    await follower.look()
    assert.equal(reasonOf('policed'), 'policy_forbids')
    await activatePolicies(access, act(), { number: 1 })
    await follower.look()
    assert.equal(reasonOf('policed'), 'granted')
    const wrong = await proposePolicies(access, act(), { text: 'permit (principal', comment: 'a test', behind: [] })
    assert.equal(wrong.problems?.[0]?.line, 1)
  })

  test('the outbox is written by nobody but its triggers', async () => {
    await assert.rejects(
      access.db.transaction(
        async (tx) => await tx.execute(sql`insert into outbox.change (kind, subjects) values ('x', '{}')`),
      ),
      /permission denied|refused|42501/i,
    )
  })
})

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (holds()) return
  }
  assert.fail('it did not come true within five seconds')
}
