import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { readAsOf } from '#db/history'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { assignOwner } from './assign-owner.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { registerPrincipal } from './register.ts'
import { person, rollInTest, team } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'

describe('who answers for a principal', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const registered = async (more = {}): Promise<CurrentPrincipal> =>
    await registerPrincipal(roll.identity, roll.act('admin'), {
      kind: 'service_account',
      system: 'aws',
      name: `deploy-${count}`,
      externalId: `arn:aws:iam::111122223333:user/deploy-${count++}`,
      ...more,
    })
  const ownerAsOf = async (id: string, asOf: string): Promise<string | undefined> =>
    await roll.identity.db.transaction(async (tx) => {
      const times = { asOf: asOf as Instant, asKnownAt: '2099-01-01T00:00:00.000Z' as Instant }
      return (await readAsOf<PrincipalRecord>(tx, PRINCIPAL, [id], times)).get(id)?.data.owner?.party.id
    })

  before(async () => {
    roll = await rollInTest(testDatabase)
    await roll.addTeam('platform')
    await roll.addTeam('empty')
    for (const feedId of ['admin', 'ada', 'ben', 'cleo']) await roll.addPerson(feedId)
    await roll.addPerson('leo', { status: 'leaver' })
    await roll.addPerson('olga', { status: 'on_leave' })
    await roll.addPerson('pia', { team: 'platform' })
    await roll.addPerson('gone', { status: 'leaver', team: 'empty' })
  })
  after(() => roll.close())

  test('an owner is assigned with one version and one entry, and whoever listens is told', async () => {
    const { id } = await registered()
    const made = await assignOwner(roll.identity, roll.act('admin'), { id, expectedVersion: 1, owner: person('ada') })
    assert.equal(made.version, 2)
    assert.deepEqual(made.data.parties, [`person:${person('ada').id}`])
    assert.deepEqual(await roll.entriesOf(id), ['principal.registered', 'principal.owner_assigned'])
    assert.ok(roll.changed.includes(id))
  })

  test('an owner who accepted is not replaced by assignment', async () => {
    const { id } = await registered({ owner: person('ada') })
    await assert.rejects(assignOwner(roll.identity, roll.act('admin'), { id, owner: person('ben') }), {
      code: 'conflict',
    })
  })

  test('one who left, one on leave, nobody, and a team of leavers cannot own', async () => {
    const { id } = await registered()
    for (const owner of [person('leo'), person('olga'), person('nobody'), team('empty'), team('nobody')]) {
      await assert.rejects(assignOwner(roll.identity, roll.act('admin'), { id, owner }), { code: 'unprocessable' })
    }
    const made = await assignOwner(roll.identity, roll.act('admin'), { id, owner: team('platform') })
    assert.equal(made.data.owner?.party.id, team('platform').id)
  })

  test('a back-dated owner shows as of that day, and a corrected stretch leaves the present alone', async () => {
    const { id } = await registered({ validFrom: '2026-01-01T00:00:00.000Z' })
    const since = '2026-02-01T00:00:00.000Z' as Instant
    await assignOwner(roll.identity, roll.act('admin'), { id, owner: person('ada'), validFrom: since })
    assert.equal(await ownerAsOf(id, '2026-01-15T00:00:00.000Z'), undefined)
    assert.equal(await ownerAsOf(id, '2026-02-15T00:00:00.000Z'), person('ada').id)
    const made = await assignOwner(roll.identity, roll.act('admin'), {
      id,
      owner: person('leo'),
      validFrom: '2026-01-10T00:00:00.000Z' as Instant,
      validTo: since,
    })
    assert.equal(made.data.owner?.party.id, person('ada').id)
    assert.equal(await ownerAsOf(id, '2026-01-15T00:00:00.000Z'), person('leo').id)
    assert.equal(await ownerAsOf(id, '2026-01-05T00:00:00.000Z'), undefined)
  })

  test('a version that was changed since, and an id that nothing has, are refused', async () => {
    const { id } = await registered()
    const input = { owner: person('ada') }
    await assert.rejects(assignOwner(roll.identity, roll.act('admin'), { ...input, id, expectedVersion: 7 }), {
      code: 'version_mismatch',
    })
    await assert.rejects(assignOwner(roll.identity, roll.act('admin'), { ...input, id: 'prn_x' }), {
      code: 'not_found',
    })
  })
})
