// What a server decides is recorded: whatever ends it, and whatever becomes of the database meanwhile.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from '#db'
import type { Instant } from '#kernel'
import { listDecisionCounts } from '../../src/access/decision-log/count-decisions.ts'
import { grantInTest } from '../../src/access/grant/grant-in-test.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { applyPeopleFeed } from '../../src/identity/people/apply-feed.ts'
import { asBeforeRelease } from '../../src/identity/people/earlier-release-in-test.ts'
import { feedInTest } from '../../src/identity/people/feed-in-test.ts'
import { humanIdOf } from '../../src/identity/people/human-principal.ts'
import { databaseGone, environmentOf, estate, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { decidedAt } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

describe('what a server decides', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let base: TestDatabase
  let folder: string
  let dataDirectory: string
  let server: ServerInTest
  let world: DecisionEstate

  const start = async (): Promise<ServerInTest> => await startServer({ dataDirectory, env: environmentOf(base) })
  const reasonOf = async (name: string, more: { action?: string; context?: object } = {}): Promise<string> =>
    (await decidedAt(server.url, name, world.pdpToken, more)).reason
  /** How often it was counted for this enforcement point, and in how many entries of that type it stands. */
  const counted = async (point: string): Promise<number> =>
    (await listDecisionCounts(world.access.db, { point }, { limit: 500 })).reduce((sum, { count }) => sum + count, 0)
  const entries = async (type: string): Promise<number> => {
    const [row] = await base.database
      .layer('evidence')
      .transaction(
        async (tx) =>
          await tx.query<{ count: number }>(
            sql`select coalesce(sum((content ->> 'count')::int), 0)::int as count from evidence.entry where type = ${type}`,
          ),
      )
    return row?.count ?? 0
  }
  const by = (point: string, enforced = true): { context: object } => ({
    context: { reeve: { enforcement_point: point, enforced } },
  })

  before(async () => {
    base = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-decided-'))
    dataDirectory = join(folder, 'data')
    server = await start()
    world = await estate(base, join(dataDirectory, 'keys'))
    const { principalId } = await world.granted('app')
    await grantInTest(world.access, world.act(), {
      kind: 'just_in_time',
      until: '2030-01-01T00:00:00.000Z' as Instant,
      principalId,
      actions: ['pg:GRANT'],
      resources: ['pg://main/shop/*'],
    })
    await until(async () => (await reasonOf('app')) === 'granted', 10_000)
  })
  after(async () => {
    await server?.kill()
    await base?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  test('killed with decisions that were not sent, each that was answered is counted once after the next start', async () => {
    let answered = 0
    const stopping = new AbortController()
    const asking = Array.from({ length: 8 }, async (_, worker) => {
      while (!stopping.signal.aborted) {
        const reason = await reasonOf(worker % 2 === 0 ? 'app' : 'nobody', by('killed')).catch(() => '')
        if (reason !== '') answered++
      }
    })
    await until(async () => Promise.resolve(answered > 1500), 90_000)
    await server.kill()
    stopping.abort()
    await Promise.all(asking)
    server = await start()
    await until(async () => (await counted('killed')) >= answered, 10_000)
    const count = await counted('killed')
    // what was decided and killed before its answer arrived counts too: at most one for each who asked
    assert.ok(count <= answered + 8, `${count} were counted of ${answered}`)
    assert.equal(await entries('decision.missing'), 0)
  })

  test('a stop sends what it has, and leaves nothing behind', async () => {
    for (let time = 0; time < 5; time++) await reasonOf('app', by('stopped'))
    assert.equal(await server.stop(), 0)
    assert.equal(await counted('stopped'), 5)
    server = await start()
    assert.deepEqual(
      (await readdir(join(dataDirectory, 'decisions'))).filter((name) => name.endsWith('.tmp')),
      [],
    )
  })

  test('people whom an earlier release left registered are active before the first decision of this one', async () => {
    const { identity } = world.roll
    await applyPeopleFeed(identity, world.act(), feedInTest([{ id: 'maria' }], { complete: false }))
    const principalId = humanIdOf('maria')
    const right = { principalId, actions: ['pg:SELECT'], resources: ['pg://main/shop/*'] }
    await grantInTest(world.access, world.act(), right)
    await asBeforeRelease(identity, world.act(), [principalId])
    await until(async () => (await reasonOf(principalId)) === 'not_registered', 10_000)
    await server.stop()
    server = await start()
    assert.equal(await reasonOf(principalId), 'granted')
  })

  test('what nothing hangs on is a would-be denial: counted apart, with an entry of its own', async () => {
    const denied = await entries('decision.denied')
    await until(async () => (await reasonOf('app')) === 'granted', 10_000)
    assert.equal(await reasonOf('nobody', by('observing', false)), 'unknown_principal')
    assert.equal(await reasonOf('app', by('observing', false)), 'granted')
    await until(async () => (await counted('observing')) === 2, 6000)
    const would = await listDecisionCounts(world.access.db, { point: 'observing', allowed: false }, { limit: 10 })
    assert.deepEqual(
      would.map(({ enforced, count }) => [enforced, count]),
      [[false, 1]],
    )
    assert.equal(await entries('decision.would_deny'), 1)
    assert.equal(await entries('decision.denied'), denied)
    const wrong = { context: { reeve: { enforced: 'no' } } }
    assert.equal(await reasonOf('app', wrong), 'HTTP 400')
    assert.equal(await reasonOf('app', { context: { reeve: { enforce: false } } }), 'HTTP 400')
  })

  test('an act of high risk has its entry when it is answered; without the database it is denied, others go on', async () => {
    const risky = { action: 'pg:GRANT' }
    const written = await entries('decision.allowed_high_risk')
    assert.equal(await reasonOf('app', risky), 'granted')
    assert.equal(await entries('decision.allowed_high_risk'), written + 1)
    const gone = await databaseGone(base)
    await gone.now()
    try {
      assert.equal(await reasonOf('app', risky), 'evidence_unavailable')
      // nothing hangs on this one
      assert.equal(await reasonOf('app', { ...risky, ...by('away', false) }), 'granted')
      for (let time = 0; time < 20; time++) assert.equal(await reasonOf('app', by('away')), 'granted')
    } finally {
      await gone.back()
    }
    await until(async () => (await counted('away')) === 21, 20_000)
    await until(async () => (await reasonOf('app', risky)) === 'granted', 10_000)
  })
})
