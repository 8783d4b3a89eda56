import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ref } from '#kernel'
import type { Fact, Id, Instant } from '#kernel'
import { arnOf, right, role, syncInTest } from '../../connectors/sync/sync-in-test.ts'
import type { SyncInTest } from '../../connectors/sync/sync-in-test.ts'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { grantInTest } from '../grant/grant-in-test.ts'
import { endGrant } from '../grant/end-grant.ts'
import { GraphThread } from './graph-thread.ts'
import { GraphKeeper } from './keeper.ts'
import { standingAccess } from './standing.ts'

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
    const standing = await standingAccess(roll.access.db, { limit: 10 })
    assert.deepEqual(
      standing.map(({ id, approval }) => [id, approval?.approvedBy]),
      [[grant.id, []]],
    )
    await endGrant(roll.access, roll.act(), { id: grant.id, because: 'done' })
    roll.act()
    assert.deepEqual(await whoCan(), [])
    assert.deepEqual(await standingAccess(roll.access.db, { limit: 10 }), [])
    const times = { asOf: grant.recordedAt, asKnownAt: grant.recordedAt }
    assert.deepEqual(
      (await standingAccess(roll.access.db, { limit: 10, times })).map(({ id }) => id),
      [grant.id],
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
