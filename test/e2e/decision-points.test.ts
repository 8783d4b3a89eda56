// A server and two decision points as processes of their own: who may ask and follow, what is counted, and how long a point
// goes on alone. How what was allowed is ended in all three stands in `every-end.test.ts`.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { sql } from '#db'
import { denySubject } from '../../src/access/grant/deny-subject.ts'
import { endGrant } from '../../src/access/grant/end-grant.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { STARTER_POLICIES } from '../../src/access/policy-version/starter-text.ts'
import { activatePolicies, approvePolicies, proposePolicies } from '../../src/access/policy-version/write-policies.ts'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { copyOf } from '../../src/db/put-back-in-test.ts'
import { applyPeopleFeed } from '../../src/identity/people/apply-feed.ts'
import { feedInTest } from '../../src/identity/people/feed-in-test.ts'
import { humanIdOf } from '../../src/identity/people/human-principal.ts'
import { databaseGone, holdReads, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { decidedAt } from './point-in-test.ts'
import type { PointProcess } from './point-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'
import { threeProcesses } from './three-processes-in-test.ts'
import type { ThreeProcesses } from './three-processes-in-test.ts'

describe('decision points of their own', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let run: ThreeProcesses
  let server: ServerInTest
  let world: DecisionEstate
  let points: readonly PointProcess[]
  let three: ThreeProcesses['three']
  let all: ThreeProcesses['all']

  before(async () => {
    run = await threeProcesses()
    ;({ server, world, points, three, all } = run)
  })
  after(async () => {
    await run?.end()
  })

  test('nobody asks a point without its token, and nobody follows a server without the scope', async () => {
    assert.equal((await decidedAt(points[1]?.address ?? '', 'app')).reason, 'HTTP 401')
    assert.equal((await decidedAt(points[1]?.address ?? '', 'app', 'd'.repeat(40))).reason, 'HTTP 401')
    const feed = async (token: string): Promise<number> =>
      (await fetch(`${server.url}/v1/decision-feed`, { headers: { authorization: `Bearer ${token}` } })).status
    const writer = await world.clientToken('writer', ['write'])
    await until(async () => (await decidedAt(server.url, 'app', writer)).reason !== 'HTTP 401', 5000)
    assert.deepEqual([await feed(world.pdpToken), await feed(writer), await feed('x')], [403, 403, 401])
  })

  test('what a point decides is counted at the server, each decision once', async () => {
    await world.granted('counted')
    const ask = three[1] ?? assert.fail('there are three')
    await until(async () => (await ask('counted')) === 'granted', 5000)
    const nobody = `nobody-${Date.now()}`
    // the server counts what it decides itself too
    const by = { context: { reeve: { enforcement_point: 'counted' } } }
    for (let time = 0; time < 20; time++) assert.equal(await ask(nobody, by), 'unknown_principal')
    const denied = async (): Promise<number> =>
      await world.access.db.transaction(async (tx) => {
        const [row] = await tx.query<{ count: number }>(
          sql`select sum(count)::int as count from access.decision_count where point = 'counted'`,
        )
        return row?.count ?? 0
      })
    await until(async () => (await denied()) >= 20, 6000)
    assert.equal(await denied(), 20)
  })

  test('decisions over the longest odd names reach the server, however many at once', async () => {
    const odd = '\u0001'.repeat(300)
    const body = JSON.stringify({
      subject: { type: 'kubernetes', id: 'nobody-odd' },
      action: { name: odd },
      resource: { type: 'table', id: odd },
      context: { reeve: { enforcement_point: 'odd' } },
      evaluations: Array.from({ length: 1000 }, () => ({})),
    })
    const socketPath = (points[0]?.address ?? '').slice('unix:'.length)
    const headers = { 'content-type': 'application/json' }
    const status = await new Promise((resolve, reject) => {
      const options = { socketPath, path: '/access/v1/evaluations', method: 'POST', headers }
      const sent = request(options, (response) => response.resume().on('end', () => resolve(response.statusCode)))
      sent.on('error', reject).end(body)
    })
    assert.equal(status, 200)
    const counted = async (): Promise<number> =>
      await world.access.db.transaction(async (tx) => {
        const [row] = await tx.query<{ count: number }>(
          sql`select coalesce(sum(count), 0)::int as count from access.decision_count where point = 'odd'`,
        )
        return row?.count ?? 0
      })
    await until(async () => (await counted()) === 1000, 15_000)
  })

  test('an act of high risk is allowed where it is put on record, and a point that records nothing denies it', async () => {
    const { principalId } = await world.granted('risky')
    const anHour = new Date(Date.now() + 3_600_000).toISOString() as Instant
    const right = { principalId, actions: ['pg:SUPERUSER'], resources: ['pg://main/shop/*'], until: anHour }
    await grantInTest(world.access, world.act(), { ...right, kind: 'just_in_time' })
    const high = { action: 'pg:SUPERUSER' }
    const expected = ['granted', 'granted', 'evidence_unavailable']
    await Promise.all(
      three.map(async (ask, at) => await until(async () => (await ask('risky', high)) === expected[at], 10_000)),
    )
    const observed = { ...high, context: { reeve: { enforced: false } } }
    assert.equal(await three[2]?.('risky', observed), 'granted', 'nothing hangs on it')
  })

  test('what the schema of the policies says of a request holds in all three, from when they are in force until they are not', async () => {
    const { access, act, granted } = world
    await granted('typed')
    const number3 = { context: { env: 3 } }
    await all('typed', 'granted', 10_000, number3)
    const schema = `entity Principal; entity Resource; action "pg:SELECT" appliesTo { principal: Principal, resource: Resource,
      context: { request: { env?: String }, subject: {}, resource: {}, action: {} } };`
    const text = `${STARTER_POLICIES}
      @id("not-prod") forbid (principal, action == Action::"pg:SELECT", resource)
      when { context.request has env && context.request.env == "prod" };`
    // the starter policies compare what this schema does not declare
    const refused = await proposePolicies(access, act(), { text, schema, comment: 'a test', behind: [] })
    assert.ok(refused.problems !== undefined)
    const alone = text.slice(text.indexOf('@id("not-prod")'))
    const { version } = await proposePolicies(access, act(), {
      text: alone,
      schema,
      comment: 'a test',
      behind: ['psn_one'],
    })
    const number = version?.data.number ?? assert.fail('it can be read')
    await approvePolicies(access, act(), { number, behind: ['psn_two'] })
    await activatePolicies(access, act(), { number })
    await all('typed', 'invalid_request', 15_000, number3)
    await all('typed', 'policy_forbids', 1000, { context: { env: 'prod' } })
    await all('typed', 'granted', 1000, { context: { env: 'test' } })
    await activatePolicies(access, act(), { number: 1 })
    await all('typed', 'granted', 15_000, number3)
  })

  test('whom a feed has is active in all three by that, with nobody to activate them, until the feed has them no more, and again when they are back', async () => {
    const { identity } = world.roll
    const feed = async (status: 'active' | 'leaver'): Promise<void> =>
      void (await applyPeopleFeed(identity, world.act(), feedInTest([{ id: 'maria', status }], { complete: false })))
    await feed('active')
    const principalId = humanIdOf('maria')
    const right = { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] }
    await grantInTest(world.access, world.act(), right)
    await all(principalId, 'granted', 10_000)
    await feed('leaver')
    await all(principalId, 'quarantined', 5000)
    await feed('active')
    await grantInTest(world.access, world.act(), right)
    await all(principalId, 'granted', 10_000)
  })

  test('where an older copy of the database is put back, a grant that is not in it decides in none of the three', async () => {
    const { principalId } = await world.granted('kept')
    const { principalId: bare, grantId } = await world.granted('bare')
    await endGrant(world.access, world.act(), { id: grantId, because: 'a test' })
    await all('bare', 'grant_ended', 10_000)
    const copy = await copyOf(run.base)
    await all('kept', 'granted', 15_000)
    const right = { principalId: bare, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] }
    await until(
      async () =>
        await grantInTest(world.access, world.act(), right).then(
          () => true,
          () => false,
        ),
      5000,
    )
    await all('bare', 'granted', 10_000)
    const rightsOfBare = async (): Promise<number | undefined> => {
      const headers = { authorization: `Bearer ${world.adminToken}` }
      const answer = await fetch(`${server.url}/v1/access/rights?principalId=${bare}`, { headers })
      return answer.ok ? ((await answer.json()) as { items: unknown[] }).items.length : undefined
    }
    assert.equal(await rightsOfBare(), 1)
    await copy.swap()
    await all('bare', 'grant_ended', 5000)
    await until(async () => (await rightsOfBare()) === 0, 10_000)
    // and what is in it decides on, and is followed
    await all('kept', 'granted', 10_000)
    await until(
      async () =>
        await denySubject(world.access, world.act(), { subjectId: principalId, reason: 'a test' }).then(
          () => true,
          () => false,
        ),
      5000,
    )
    await all('kept', 'principal_denied', 10_000)
    await copy.remove()
  })

  test('with the database gone after the hint of a denial it is known, and later all three are stale', async () => {
    const { principalId } = await world.granted('last')
    await all('last', 'granted', 10_000)
    const gone = await databaseGone(run.base)
    await holdReads(run.base)
    await denySubject(world.access, world.act(), { subjectId: principalId, reason: 'a test' })
    await all('last', 'principal_denied', 3000)
    await gone.now()
    const reasons = await Promise.all(three.map(async (ask) => await ask('last')))
    assert.ok(!reasons.includes('granted'), reasons.join())
    const alone = three.slice(1)
    await Promise.all(alone.map(async (ask) => await until(async () => (await ask('last')) === 'stale', 8000)))
    await gone.back()
    await all('last', 'principal_denied', 15_000)
  })

  test('with the server killed a point goes on denying, and is stale after its limit', async () => {
    const { grantId } = await world.granted('alone')
    await all('alone', 'granted', 10_000)
    await server.kill()
    const alone = three.slice(1)
    assert.deepEqual(await Promise.all(alone.map(async (ask) => await ask('alone'))), ['granted', 'granted'])
    await endGrant(world.access, world.act(), { id: grantId, because: 'nobody tells it' })
    await Promise.all(alone.map(async (ask) => await until(async () => (await ask('alone')) === 'stale', 6000)))
    const ready = await fetch(`${points[1]?.address ?? ''}/readyz`)
    assert.equal(ready.status, 503)
  })
})
