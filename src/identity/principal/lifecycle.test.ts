import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { activatePrincipal } from './activate.ts'
import { attestPrincipal } from './attest.ts'
import { assignOwner } from './assign-owner.ts'
import { addBackup, removeBackup } from './backups.ts'
import { endException, recordException } from './exception.ts'
import { changePrincipal } from './patch-principal.ts'
import { quarantineLapsed } from './quarantine-lapsed.ts'
import { quarantinePrincipal, restorePrincipal } from './quarantine.ts'
import { registerDiscovered, registerPrincipal } from './register.ts'
import type { NewPrincipal } from './register.ts'
import { retirePrincipal } from './retire.ts'
import { person, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { setExpiry, setNextReview } from './set-dates.ts'
import { classifyPrincipal, setPurpose } from './set-facts.ts'

const LATER = '2027-01-01T00:00:00.000Z' as Instant

describe('the life of a principal', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const registered = async (more: Partial<NewPrincipal> = {}): Promise<string> => {
    const name = `api-${count++}`
    const input: NewPrincipal = { kind: 'api_client', system: 'oidc', name, externalId: name, ...more }
    return (await registerPrincipal(roll.identity, roll.act('admin'), input)).id
  }
  const COMPLETE = { owner: person('ada'), purpose: 'takes payments', expiresAt: LATER }
  const active = async (): Promise<string> => {
    const id = await registered(COMPLETE)
    await activatePrincipal(roll.identity, roll.act('ada'), { id })
    return id
  }
  /** As a sync would write it. */
  const observed = async (id: string, patch: Partial<PrincipalRecord>): Promise<void> => {
    await changePrincipal(roll.identity, roll.act('sync'), { id }, () => ({
      patch: (record) => ({ ...record, ...patch }),
      words: { type: 'principal.drifted' },
    }))
  }

  before(async () => {
    roll = await rollInTest(testDatabase)
    for (const feedId of ['admin', 'ada', 'ben']) await roll.addPerson(feedId)
  })
  after(async () => {
    assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
    await roll.close()
  })

  test('nothing is active without an owner, a purpose and an end, and the refusal names all that is missing', async () => {
    const id = await registered()
    const activate = () => activatePrincipal(roll.identity, roll.act('admin'), { id })
    await assert.rejects(activate, /an owner who accepted.*a purpose.*an expiry or a next review/)
    await assignOwner(roll.identity, roll.act('admin'), { id, owner: person('ada') })
    await assert.rejects(
      activate,
      (error: Error) => !error.message.includes('owner who') && /purpose/.test(error.message),
    )
    await setPurpose(roll.identity, roll.act('ada'), { id, purpose: 'takes payments' })
    await assert.rejects(activate, /an expiry or a next review/)
    await setNextReview(roll.identity, roll.act('ada'), { id, nextReviewAt: LATER })
    assert.equal((await activate()).data.state, 'active')
    await assert.rejects(activate, /it is active: from there one can quarantine/)
  })

  test('what makes it active cannot be taken away while it is', async () => {
    const id = await active()
    await assert.rejects(setExpiry(roll.identity, roll.act('ada'), { id, expiresAt: null }), { code: 'conflict' })
    await setNextReview(roll.identity, roll.act('ada'), { id, nextReviewAt: LATER })
    assert.equal((await setExpiry(roll.identity, roll.act('ada'), { id, expiresAt: null })).data.expiresAt, undefined)
  })

  test('from tier high a backup and proof of binding are needed too', async () => {
    const id = await registered(COMPLETE)
    await observed(id, { tier: { value: 'admin', from: 'derived', reason: 'may do everything' } })
    await assert.rejects(activatePrincipal(roll.identity, roll.act('ada'), { id }), /a backup.*proof of binding/)
    await addBackup(roll.identity, roll.act('ada'), { id, backup: person('ben') })
    await observed(id, { binding: { how: 'assertion', reason: 'I made it', at: roll.now(), by: person('ada').id } })
    await activatePrincipal(roll.identity, roll.act('ada'), { id })
    await assert.rejects(removeBackup(roll.identity, roll.act('ada'), { id, backup: person('ben') }), {
      code: 'conflict',
    })
  })

  test('a recorded exception lets it be active for a time, and cannot end while it is needed', async () => {
    const id = await registered()
    const until = '2026-06-01T00:00:00.000Z' as Instant
    const reason = 'migration from the old platform'
    await recordException(roll.identity, roll.act('admin'), { id, reason, until })
    await activatePrincipal(roll.identity, roll.act('admin'), { id })
    await assert.rejects(endException(roll.identity, roll.act('admin'), { id }), { code: 'conflict' })
    await quarantinePrincipal(roll.identity, roll.act('admin'), { id, reason: 'enough' })
    await endException(roll.identity, roll.act('admin'), { id })
    await assert.rejects(endException(roll.identity, roll.act('admin'), { id }), { code: 'conflict' })
    await assert.rejects(restorePrincipal(roll.identity, roll.act('admin'), { id, reason: 'back' }), {
      code: 'conflict',
    })
    for (const past of [roll.now(), '2028-01-01T00:00:00.000Z' as Instant]) {
      await assert.rejects(recordException(roll.identity, roll.act('admin'), { id, reason, until: past }), {
        code: 'unprocessable',
      })
    }
  })

  test('quarantine is of the record, goes back to where it came from, and says nothing of the target', async () => {
    const id = await active()
    const made = await quarantinePrincipal(roll.identity, roll.act('admin'), { id, reason: 'odd use' })
    assert.deepEqual([made.data.state, made.data.effect], ['quarantined', 'not_applied'])
    const restored = await restorePrincipal(roll.identity, roll.act('admin'), { id, reason: 'explained' })
    assert.deepEqual([restored.data.state, restored.data.quarantine], ['active', undefined])
    const other = await registered()
    await quarantinePrincipal(roll.identity, roll.act('admin'), { id: other, reason: 'odd' })
    const back = await restorePrincipal(roll.identity, roll.act('admin'), { id: other, reason: 'fine' })
    assert.equal(back.data.state, 'registered')
  })

  test('quarantine comes before retirement, unless it is an emergency or gone at every source', async () => {
    const id = await active()
    const reason = 'replaced'
    const retire = (more = {}) => retirePrincipal(roll.identity, roll.act('admin'), { id, reason, ...more })
    await assert.rejects(retire(), /quarantine it first/)
    await quarantinePrincipal(roll.identity, roll.act('admin'), { id, reason })
    assert.equal((await retire()).principal.data.state, 'retired')
    await assert.rejects(retire(), /is final/)
    const urgent = await active()
    const { principal } = await retirePrincipal(roll.identity, roll.act('admin'), {
      id: urgent,
      reason,
      emergency: true,
    })
    assert.deepEqual(principal.data.retirement?.reason, reason)
    const gone = await active()
    await observed(gone, { goneAt: roll.now() })
    assert.equal((await retirePrincipal(roll.identity, roll.act('admin'), { id: gone, reason })).liveCredentialCount, 0)
  })

  test('a retired principal is never changed again, only its past can be corrected', async () => {
    const id = await registered({ validFrom: '2026-01-01T00:00:00.000Z' as Instant })
    await retirePrincipal(roll.identity, roll.act('admin'), { id, reason: 'never used', emergency: true })
    const reason = 'please'
    for (const change of [
      () => restorePrincipal(roll.identity, roll.act('admin'), { id, reason }),
      () => activatePrincipal(roll.identity, roll.act('admin'), { id }),
      () => quarantinePrincipal(roll.identity, roll.act('admin'), { id, reason }),
      () => setPurpose(roll.identity, roll.act('admin'), { id, purpose: 'more' }),
      () => assignOwner(roll.identity, roll.act('admin'), { id, owner: person('ada') }),
      () => registerDiscovered(roll.identity, roll.act('admin'), { id }),
    ]) {
      await assert.rejects(change, { code: 'conflict' })
    }
    const made = await setPurpose(roll.identity, roll.act('admin'), {
      id,
      purpose: 'was a trial',
      validFrom: '2026-01-05T00:00:00.000Z' as Instant,
      validTo: '2026-01-06T00:00:00.000Z' as Instant,
    })
    assert.deepEqual([made.data.state, made.data.purpose], ['retired', undefined])
  })

  test('an attestation sets the next review by the tier, or to the day that is said within bounds', async () => {
    const id = await active()
    const made = await attestPrincipal(roll.identity, roll.act('ada'), { id, because: 'the shop runs on it' })
    assert.equal(made.data.nextReviewAt, new Date(Date.parse(made.recordedAt) + 180 * 86_400_000).toISOString())
    const tooFar = '2036-01-01T00:00:00.000Z' as Instant
    for (const more of [
      { because: ' ' },
      { because: 'x', nextReviewAt: tooFar },
      { because: 'x', nextReviewAt: roll.now() },
    ]) {
      await assert.rejects(attestPrincipal(roll.identity, roll.act('ada'), { id, ...more }), { code: 'unprocessable' })
    }
  })

  test('what has expired is not activated, and a passed expiry is only taken as a correction', async () => {
    const id = await registered({ ...COMPLETE, validFrom: '2026-01-01T00:00:00.000Z' as Instant })
    const expiresAt = '2026-02-01T00:00:00.000Z' as Instant
    await assert.rejects(setExpiry(roll.identity, roll.act('ada'), { id, expiresAt }), { code: 'unprocessable' })
    const validFrom = '2026-01-02T00:00:00.000Z' as Instant
    assert.equal(
      (await setExpiry(roll.identity, roll.act('ada'), { id, expiresAt, validFrom })).data.expiresAt,
      expiresAt,
    )
    await assert.rejects(activatePrincipal(roll.identity, roll.act('ada'), { id }), /it expired/)
  })

  test('what a person states of observed fields is marked, so that a sync leaves it alone', async () => {
    const id = await registered()
    const made = await classifyPrincipal(roll.identity, roll.act('ada'), {
      id,
      kind: 'ai_agent',
      environment: 'production',
      function: 'support',
      criticality: 'high',
    })
    assert.deepEqual([made.data.kind, made.data.stated], ['ai_agent', ['kind']])
    assert.equal(made.data.environment.from, 'stated')
    await assert.rejects(classifyPrincipal(roll.identity, roll.act('ada'), { id }), { code: 'unprocessable' })
  })

  test('what expired, or whose exception did, is quarantined once; what needs no exception any more stays', async () => {
    const soon = new Date(Date.parse(roll.now()) + 5 * 86_400_000).toISOString() as Instant
    const expiring = await registered({ ...COMPLETE, expiresAt: soon })
    await activatePrincipal(roll.identity, roll.act('ada'), { id: expiring })
    const [excepted, mended] = [await registered(), await registered({ owner: person('ada'), expiresAt: LATER })]
    for (const id of [excepted, mended]) {
      await recordException(roll.identity, roll.act('admin'), { id, reason: 'for now', until: soon })
      await activatePrincipal(roll.identity, roll.act('admin'), { id })
    }
    await setPurpose(roll.identity, roll.act('ada'), { id: mended, purpose: 'takes payments' })
    const lapse = () => quarantineLapsed(roll.identity, { actor: { id: 'reeve' }, at: roll.now() })
    assert.deepEqual(await lapse(), { quarantined: [], released: [], more: false })
    roll.pass(6)
    const first = await lapse()
    assert.deepEqual(
      first.quarantined.map(({ id, cause }) => `${id} ${cause}`).sort(),
      [`${expiring} expired`, `${excepted} exception_ended`].sort(),
    )
    assert.deepEqual(first.released, [mended])
    assert.deepEqual(await lapse(), { quarantined: [], released: [], more: false })
    await assert.rejects(restorePrincipal(roll.identity, roll.act('ada'), { id: expiring, reason: 'x' }), /it expired/)
  })

  test('an identifier that another record has is refused, and the refusal names that record', async () => {
    const id = await registered({ externalId: 'taken' })
    await assert.rejects(registered({ externalId: 'taken' }), (error: Error) => error.message.includes(id))
    const twice = await Promise.allSettled([1, 2].map(() => registered({ externalId: 'at-once' })))
    assert.deepEqual(twice.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    for (const more of [
      { name: ' ' },
      { name: 'x'.repeat(600) },
      { externalId: 'x'.repeat(1900) },
      { labels: { team: 'x'.repeat(1001) } },
      { labels: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, 'v'])) },
      { expiresAt: roll.now() },
    ]) {
      await assert.rejects(registered(more), { code: 'unprocessable' })
    }
  })
})
