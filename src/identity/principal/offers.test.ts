import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { acceptOffer, declineOffer, withdrawOffer } from './answer-offer.ts'
import { assignOwner } from './assign-owner.ts'
import { addBackup, removeBackup, setCustodians } from './backups.ts'
import { offerOwnership } from './offer-ownership.ts'
import { registerPrincipal } from './register.ts'
import type { NewPrincipal } from './register.ts'
import { person, rollInTest, team, teamOf } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'

describe('ownership that is offered', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const owned = async (more: Partial<NewPrincipal> = {}): Promise<string> => {
    const input: NewPrincipal = {
      kind: 'service_account',
      system: 'aws',
      name: 'deploy',
      externalId: `deploy-${count++}`,
      owner: person('ada'),
      ...more,
    }
    return (await registerPrincipal(roll.identity, roll.act('admin'), input)).id
  }
  const offered = async (id: string, to = person('ben')): Promise<string> =>
    (await offerOwnership(roll.identity, roll.act('ada'), { id, to, why: 'Ben runs deployments now' })).id

  before(async () => {
    roll = await rollInTest(testDatabase)
    await roll.addTeam('platform')
    for (const feedId of ['admin', 'ada', 'ben', 'cleo']) await roll.addPerson(feedId)
    await roll.addPerson('olga', { status: 'on_leave' })
    await roll.addPerson('pia', { team: 'platform' })
  })
  after(async () => {
    assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
    await roll.close()
  })

  test('ownership changes when the offer is accepted, not before, with an entry each', async () => {
    const id = await owned()
    const offerId = await offered(id)
    const accepted = await acceptOffer(roll.identity, roll.act('ben'), { offerId, teamIds: [] })
    assert.equal(accepted.principal.version, 2)
    assert.deepEqual(accepted.principal.data.owner?.party, person('ben'))
    assert.deepEqual(await roll.entriesOf(id), ['principal.registered', 'principal.owner_changed'])
    assert.deepEqual(await roll.entriesOf(offerId), ['offer.made', 'offer.accepted'])
  })

  test('only the person offered to, or a member of the team, can answer; to others it does not exist', async () => {
    const offerId = await offered(await owned())
    for (const answer of [acceptOffer, declineOffer]) {
      await assert.rejects(answer(roll.identity, roll.act('cleo'), { offerId, teamIds: [teamOf('platform')] }), {
        code: 'not_found',
      })
    }
    const toTeam = await offered(await owned(), team('platform'))
    await assert.rejects(acceptOffer(roll.identity, roll.act('pia'), { offerId: toTeam, teamIds: [] }), {
      code: 'not_found',
    })
    const { principal } = await acceptOffer(roll.identity, roll.act('pia'), {
      offerId: toTeam,
      teamIds: [teamOf('platform')],
    })
    assert.deepEqual(principal.data.owner?.party, team('platform'))
  })

  test('of two who accept one offer at once, one does, and the other is told', async () => {
    const id = await owned()
    const offerId = await offered(id, team('platform'))
    const both = await Promise.allSettled(
      [1, 2].map(() => acceptOffer(roll.identity, roll.act('pia'), { offerId, teamIds: [teamOf('platform')] })),
    )
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refused = both.find((each) => each.status === 'rejected')
    assert.equal((refused?.reason as { code?: string } | undefined)?.code, 'conflict')
    assert.equal((await roll.entriesOf(id)).length, 2)
  })

  test('the same acceptance under one idempotency key happens once', async () => {
    const offerId = await offered(await owned())
    const idempotency = { client: 'ben', key: offerId, request: { offerId } }
    const answers = await Promise.all(
      [1, 2].map(() => acceptOffer(roll.identity, roll.act('ben', { idempotency }), { offerId, teamIds: [] })),
    )
    assert.deepEqual(answers[0]?.principal.version, answers[1]?.principal.version)
    assert.deepEqual(await roll.entriesOf(offerId), ['offer.made', 'offer.accepted'])
  })

  test('a declined offer changes nothing and is over; a withdrawn one cannot be accepted', async () => {
    const id = await owned()
    const first = await offered(id)
    await declineOffer(roll.identity, roll.act('ben'), { offerId: first, teamIds: [], reason: 'not mine' })
    await assert.rejects(acceptOffer(roll.identity, roll.act('ben'), { offerId: first, teamIds: [] }), {
      code: 'conflict',
    })
    const second = await offered(id)
    await assert.rejects(offered(id, person('cleo')), { code: 'conflict' })
    await withdrawOffer(roll.identity, roll.act('ada'), { offerId: second })
    await assert.rejects(acceptOffer(roll.identity, roll.act('ben'), { offerId: second, teamIds: [] }), {
      code: 'conflict',
    })
    assert.deepEqual(await roll.entriesOf(id), ['principal.registered'])
  })

  test('what nobody has accepted can be assigned, and the pending offer is withdrawn', async () => {
    const { id } = await registerPrincipal(roll.identity, roll.act('admin'), {
      kind: 'machine',
      system: 'host',
      name: 'build-7',
    })
    const offerId = await offered(id)
    await assignOwner(roll.identity, roll.act('admin'), { id, owner: person('cleo') })
    assert.deepEqual(await roll.entriesOf(offerId), ['offer.made', 'offer.withdrawn'])
  })

  test('one on leave can be a backup and not an owner; a backup who becomes the owner is no backup any more', async () => {
    const id = await owned()
    await assert.rejects(offered(id, person('olga')), { code: 'unprocessable' })
    await addBackup(roll.identity, roll.act('ada'), { id, backup: person('olga') })
    await addBackup(roll.identity, roll.act('ada'), { id, backup: person('ben') })
    await assert.rejects(addBackup(roll.identity, roll.act('ada'), { id, backup: person('ada') }), { code: 'conflict' })
    await assert.rejects(addBackup(roll.identity, roll.act('ada'), { id, backup: person('ben') }), { code: 'conflict' })
    const offerId = await offered(id)
    const { principal } = await acceptOffer(roll.identity, roll.act('ben'), { offerId, teamIds: [] })
    assert.deepEqual(
      principal.data.backups.map(({ party }) => party),
      [person('olga')],
    )
    const without = await removeBackup(roll.identity, roll.act('ben'), { id, backup: person('olga') })
    assert.deepEqual(without.data.parties, [`person:${person('ben').id}`])
    await assert.rejects(removeBackup(roll.identity, roll.act('ben'), { id, backup: person('olga') }), {
      code: 'conflict',
    })
  })

  test('a shared identity has one custodian for each consumer, and they are parties of it', async () => {
    const id = await owned()
    const consumerId = await owned()
    const made = await setCustodians(roll.identity, roll.act('ada'), {
      id,
      custodians: [{ consumerId, party: person('cleo') }],
    })
    assert.deepEqual(made.data.parties, [`person:${person('ada').id}`, `person:${person('cleo').id}`].sort())
    const two = [person('cleo'), person('ben')].map((party) => ({ consumerId, party }))
    for (const custodians of [
      two,
      [{ consumerId: 'prn_x', party: person('cleo') }],
      [{ consumerId: id, party: person('ben') }],
    ]) {
      await assert.rejects(setCustodians(roll.identity, roll.act('ada'), { id, custodians }), { code: 'unprocessable' })
    }
  })
})
