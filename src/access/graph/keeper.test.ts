import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, Id, Instant } from '#kernel'
import { arnOf, right, role, syncInTest } from '../../connectors/sync/sync-in-test.ts'
import type { SyncInTest } from '../../connectors/sync/sync-in-test.ts'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { PrincipalRecord } from '#identity/roll'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { PRINCIPAL } from '../../identity/record/tables.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import { endGrant } from '../grant/end-grant.ts'
import { GraphThread } from './graph-thread.ts'
import { GraphKeeper } from './keeper.ts'
import { standingAccess } from './standing.ts'
import type { StandingAccess, StandingPage } from './standing.ts'

const AT = { connector: 'kubernetes', file: 'pods.yaml' } as const
const account = ref('kubernetes', 'main:system:serviceaccount:shop:web')

/** A pod's account that is exchanged for a role, as two connectors tell it. */
const FEDERATED: readonly Fact[] = [
  {
    type: 'principal',
    ref: account,
    kind: 'service_account',
    nativeType: 'ServiceAccount',
    system: 'kubernetes',
    externalId: 'system:serviceaccount:shop:web',
    name: 'web',
    provenance: AT,
  },
  {
    type: 'relation',
    relation: 'federates_to',
    from: { ref: account },
    to: ref('aws', arnOf('pay')),
    attributes: { annotation: 'eks.amazonaws.com/role-arn' },
    provenance: AT,
  },
]
const ASKED = { action: 'aws:s3:GetObject', resource: 'arn:aws:s3:::a/x', page: { limit: 50 } } as const

describe('the graph of a server', { skip: databaseUnavailable() }, () => {
  let opened: TestDatabase
  let roll: SyncInTest
  let keeper: GraphKeeper
  beforeEach(async () => {
    opened = await testDatabase()
    roll = syncInTest(opened.database)
    keeper = new GraphKeeper(roll.access.db)
  })
  afterEach(() => opened.close())

  const nowMs = (): number => Date.parse(roll.access.clock())
  const idOf = async (externalId: string): Promise<Id<'principal'>> =>
    (await roll.principal(externalId))?.id as Id<'principal'>
  const whoCan = async (more: object = {}): Promise<[id: string, covered: string, steps: number][]> =>
    (await keeper.ask<'who_can'>({ kind: 'who_can', now: nowMs(), ...ASKED, ...more })).map(
      ({ id, covered, right: held }) => [id, covered, held.steps.length],
    )

  test('a right and a way that sources show are found, kept up to date, and told as of a date', async () => {
    await roll.sync('aws', [role('pay'), right('pay', 'reader'), ...FEDERATED])
    const [pay, web] = [await idOf(arnOf('pay')), await idOf('system:serviceaccount:shop:web')]
    const before = roll.access.clock()
    assert.deepEqual(await whoCan(), [
      [pay, 'yes', 0],
      [web, 'unknown', 1],
    ])
    await roll.sync('aws', [role('pay'), ...FEDERATED])
    assert.deepEqual(await whoCan(), [])
    assert.deepEqual(await roll.withoutTheirEntry(), [])
    const times = { asOf: before, asKnownAt: '9999-12-31T23:59:59.999Z' as Instant }
    assert.equal((await whoCan({ times })).length, 2)
    assert.deepEqual(await whoCan({ times, among: [web] }), [[web, 'unknown', 1]])
    await roll.sync('aws', [role('pay'), right('pay', 'reader'), role('other'), right('other', 'reader')])
    assert.deepEqual((await whoCan()).map(([id]) => id).sort(), [pay, await idOf(arnOf('other'))].sort())
    const reached = await keeper.ask<'reach'>({ kind: 'reach', principalId: web, now: nowMs(), page: { limit: 10 } })
    assert.deepEqual(reached, [])
  })

  test('what is not changed is not written again, and a way has its versions and entries', async () => {
    await roll.sync('aws', [role('pay'), ...FEDERATED])
    const size = await roll.size()
    const again = await roll.sync('aws', [role('pay'), ...FEDERATED])
    assert.deepEqual([again.ways.unchanged, await roll.size()], [1, size])
    const gone = await roll.sync('aws', [role('pay'), ...FEDERATED.slice(0, 1)])
    assert.equal(gone.ways.gone, 1)
    assert.deepEqual(await roll.withoutTheirEntry(), [])
  })

  test('a grant of Reeve counts while its window is open, beside what systems state', async () => {
    await roll.sync('aws', [role('pay'), role('mail')])
    const principalId = await idOf(arnOf('mail'))
    const grant = await grantInTest(roll.access, roll.act(), {
      principalId,
      actions: ['aws:s3:GetObject'],
      resources: ['arn:aws:s3:::a/*'],
    })
    assert.deepEqual(await whoCan(), [[principalId, 'yes', 0]])
    const standing = await standingAccess(roll.access.db, roll.identity, { limit: 10 })
    assert.deepEqual(
      standing.map(({ id, approval }) => [id, approval?.approvedBy]),
      [[grant.id, []]],
    )
    await endGrant(roll.access, roll.act(), { id: grant.id, because: 'done' })
    roll.act()
    assert.deepEqual(await whoCan(), [])
    assert.deepEqual(await standingAccess(roll.access.db, roll.identity, { limit: 10 }), [])
    const times = { asOf: grant.recordedAt, asKnownAt: grant.recordedAt }
    assert.deepEqual(
      (await standingAccess(roll.access.db, roll.identity, { limit: 10, times })).map(({ id }) => id),
      [grant.id],
    )
  })

  test('who is of tier admin by no right that is listed is listed with the reason, once, on the right page, and as of a date', async () => {
    const admin = { type: 'entitlement', level: 'admin', actions: ['*'] } as const
    await roll.sync('aws', [
      role('root'),
      { ...right('root', 'everything'), ...admin },
      ...['by-way', 'by-way-too'].flatMap((name) => [role(name), right(name, 'reader')]),
      role('plain'),
    ])
    const ids = await Promise.all(['by-way', 'by-way-too'].map(async (name) => await idOf(arnOf(name))))
    const before = roll.act().at
    const tier = { value: 'admin', from: 'derived', reason: 'it can change a policy that binds it' } as const
    await roll.identity.db.transaction(async (tx) => {
      const found = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [...ids, await idOf(arnOf('root'))], {
        lock: true,
      })
      const change = {
        patch: (data: PrincipalRecord) => Object.assign({}, data, { tier }),
        words: { type: 'principal.updated' },
      }
      await changeWithEntries<PrincipalRecord>(
        tx,
        PRINCIPAL,
        roll.act(),
        [...found.values()].map((current) => Object.assign({ current }, change)),
      )
    })
    const list = async (page: Omit<StandingPage, 'limit'> & { limit?: number } = {}): Promise<StandingAccess[]> =>
      await standingAccess(roll.access.db, roll.identity, { limit: 10, ...page })
    const all = await list()
    assert.deepEqual(
      all.map(({ permission, principalId }) => [permission, principalId]),
      [['everything', await idOf(arnOf('root'))], ...ids.sort().map((id) => ['tier admin', id])],
    )
    assert.equal(all.at(-1)?.because, tier.reason)
    const paged: string[] = []
    for (let after = ''; ;) {
      const [one] = await list({ limit: 1, after })
      if (one === undefined) break
      paged.push((after = one.id))
    }
    assert.deepEqual(
      paged,
      all.map(({ id }) => id),
    )
    assert.deepEqual(
      (await list({ among: [ids[0] ?? ''] })).map(({ id }) => id),
      [ids[0]],
    )
    const times = { asOf: before, asKnownAt: before }
    assert.deepEqual(
      (await list({ times })).map(({ permission }) => permission),
      ['everything'],
    )
  })

  test('the thread answers as the keeper does, says what is wrong with a question, and starts again', async () => {
    await roll.sync('aws', [role('pay'), right('pay', 'reader')])
    const thread = new GraphThread(opened.connectionFor('access'))
    const question = { kind: 'who_can', now: nowMs(), ...ASKED } as const
    assert.deepEqual(await thread.ask<'who_can'>(question), await keeper.ask<'who_can'>(question))
    const lost = { ...question, page: { limit: 5, after: 'prn_00000000000000000000000000' } }
    await assert.rejects(thread.ask<'who_can'>(lost), { code: 'conflict' })
    await thread.stop()
    assert.equal((await thread.ask<'who_can'>(question)).length, 1)
    await thread.stop()
  })
})
