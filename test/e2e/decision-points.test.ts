// A server and two decision points as processes of their own: what is ended at the server is denied in all three.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from '#db'
import { quarantinePrincipal, recordCredential } from '#identity/roll'
import { denySubject } from '../../src/access/grant/deny-subject.ts'
import { endGrant } from '../../src/access/grant/end-grant.ts'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { databaseGone, environmentOf, estate, stopHints, until } from './decision-estate-in-test.ts'
import type { DecisionEstate } from './decision-estate-in-test.ts'
import { decidedAt, startPoint } from './point-in-test.ts'
import type { PointProcess } from './point-in-test.ts'
import { startServer } from './server-in-test.ts'
import type { ServerInTest } from './server-in-test.ts'

const CALLER = 'c'.repeat(40)

describe('decision points of their own', { skip: databaseUnavailable(), timeout: 180_000 }, () => {
  let base: TestDatabase
  let folder: string
  let server: ServerInTest
  let world: DecisionEstate
  let points: readonly PointProcess[]

  type Asked = (name: string, context?: object) => Promise<string>
  /** The server and both points. */
  let three: readonly Asked[]
  const asking =
    (address: string, token?: string): Asked =>
    async (name, context) =>
      (await decidedAt(address, name, token, context === undefined ? {} : { context })).reason
  const all = async (name: string, reason: string, limitMs: number, context?: object): Promise<number[]> => {
    const since = performance.now()
    return await Promise.all(
      three.map(async (ask) => await until(async () => (await ask(name, context)) === reason, limitMs, since)),
    )
  }

  before(async () => {
    base = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-points-'))
    server = await startServer({ dataDirectory: join(folder, 'data'), env: environmentOf(base) })
    world = await estate(base, join(folder, 'data', 'keys'))
    const token = join(folder, 'pdp.token')
    const caller = join(folder, 'caller.token')
    await writeFile(token, await world.clientToken('sidecar', ['decide:follow']), { mode: 0o600 })
    await writeFile(caller, CALLER, { mode: 0o600 })
    const always = ['--server', server.url, '--token-file', token, '--stale-after', '4s']
    points = await Promise.all([
      startPoint([...always, '--listen', `unix:${join(folder, 'pdp.sock')}`, '--spool', join(folder, 'spool')]),
      startPoint([...always, '--listen', '127.0.0.1:0', '--caller-token-file', caller]),
    ])
    three = [
      asking(server.url, world.pdpToken),
      asking(points[0]?.address ?? ''),
      asking(points[1]?.address ?? '', CALLER),
    ]
  })
  after(async () => {
    const codes = await Promise.all((points ?? []).map(async (point) => await point.stop()))
    await server?.kill()
    await base?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    assert.deepEqual(codes, [0, 0])
  })

  /** Each way to end what was allowed, with the reason that each process must give. */
  const ways: readonly (readonly [
    what: string,
    reason: string,
    end: (made: { principalId: string; grantId: string; credentialId: string }) => Promise<unknown>,
  ])[] = [
    [
      'a held principal',
      'quarantined',
      async ({ principalId }) =>
        await quarantinePrincipal(world.roll.identity, world.act(), { id: principalId, reason: 'a test' }),
    ],
    [
      'an ended grant',
      'grant_ended',
      async ({ grantId }) => await endGrant(world.access, world.act(), { id: grantId, because: 'a test' }),
    ],
    [
      'a denied credential',
      'credential_revoked',
      async ({ credentialId }) =>
        await denySubject(world.access, world.act(), { subjectId: credentialId, reason: 'a test' }),
    ],
    [
      'a denied principal',
      'principal_denied',
      async ({ principalId }) =>
        await denySubject(world.access, world.act(), { subjectId: principalId, reason: 'a test' }),
    ],
  ]

  async function flips(hints: 'hinted' | 'unhinted', limitMs: number): Promise<string[]> {
    const told: string[] = []
    for (const [place, [what, reason, end]] of ways.entries()) {
      const name = `${hints}-${place}`
      const made = await world.granted(name)
      const { id: credentialId } = await recordCredential(world.roll.identity, world.act(), {
        type: 'api_token',
        principalId: made.principalId,
        name,
        source: 'a test',
      })
      const context = { credential: { id: credentialId } }
      await all(name, 'granted', 10_000, context)
      if (hints === 'unhinted') await stopHints(base, 1)
      await end({ ...made, credentialId })
      const delays = await all(name, reason, limitMs, context)
      told.push(`${what}: ${delays.map((delay) => delay.toFixed(0)).join(', ')} ms`)
    }
    return told
  }

  test('a hold, an ended grant and a denial flip every allow in all three within a second', async (t) => {
    for (const line of await flips('hinted', 1000)) t.diagnostic(line)
  })

  test('so they do where the hints of the database are lost', async (t) => {
    for (const line of await flips('unhinted', 2500)) t.diagnostic(line)
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
    const by = { reeve: { enforcement_point: 'counted' } }
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

  test('with the database gone right after the commit a denial is known, and later all three are stale', async (t) => {
    const { principalId } = await world.granted('last')
    await all('last', 'granted', 10_000)
    const gone = await databaseGone(base)
    await denySubject(world.access, world.act(), { subjectId: principalId, reason: 'a test' })
    await gone.now()
    const since = performance.now()
    const reasons = await Promise.all(three.map(async (ask) => await ask('last')))
    t.diagnostic(`right after: ${reasons.join(', ')}`)
    const alone = three.slice(1)
    await Promise.all(alone.map(async (ask) => await until(async () => (await ask('last')) !== 'granted', 1000, since)))
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
