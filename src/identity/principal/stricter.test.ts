import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Id, Instant } from '#kernel'
import { readCurrent } from '#db/history'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { applyPeopleFeed } from '../people/apply-feed.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { activatePrincipal } from './activate.ts'
import { acceptOffer } from './answer-offer.ts'
import { assignOwner } from './assign-owner.ts'
import { attestPrincipal } from './attest.ts'
import { addBackup } from './backups.ts'
import { confirmMatch } from './confirm-match.ts'
import { recordException } from './exception.ts'
import { offerOwnership } from './offer-ownership.ts'
import { changePrincipal } from './patch-principal.ts'
import { proposeMatches } from './propose-matches.ts'
import { proveBinding } from './prove-binding.ts'
import { quarantinePrincipal } from './quarantine.ts'
import { registerBuiltIn } from './register-built-in.ts'
import { registerPrincipal } from './register.ts'
import type { NewPrincipal } from './register.ts'
import { retirePrincipal } from './retire.ts'
import { person, personOf, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { undoMatch } from './undo-match.ts'

const LATER = '2027-06-01T00:00:00.000Z' as Instant
const SOONER = '2026-12-01T00:00:00.000Z' as Instant

describe('what would loosen the rules of an identity does not', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const registered = async (more: Partial<NewPrincipal> = {}): Promise<Id<'principal'>> =>
    (
      await registerPrincipal(roll.identity, roll.act('admin'), {
        kind: 'service_account',
        system: 'aws',
        name: 'deploy',
        externalId: `deploy-${count++}`,
        purpose: 'a test',
        expiresAt: LATER,
        ...more,
      })
    ).id as Id<'principal'>
  const ofTier = async (id: string, value: 'low' | 'admin'): Promise<void> => {
    await changePrincipal(roll.identity, roll.act('sync'), { id }, () => ({
      patch: (record) => ({ ...record, tier: { value, from: 'derived', reason: 'a test' } }),
      words: { type: 'principal.drifted' },
    }))
  }
  const activate = (id: string) => activatePrincipal(roll.identity, roll.act('ada'), { id })
  const recordOf = async (id: string): Promise<PrincipalRecord> =>
    await roll.identity.db.transaction(
      async (tx) => (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id])).get(id)?.data ?? assert.fail(),
    )
  const matched = async (a: Id<'principal'>, b: Id<'principal'>): Promise<string> => {
    const [match] = await roll.identity.db.transaction((tx) =>
      proposeMatches(tx, roll.act('sync'), [
        { kind: 'principals', pair: [a, b], reason: 'same name', strength: 'likely' },
      ]),
    )
    return match?.id ?? assert.fail('it was offered before')
  }
  const leaves = async (feedId: string): Promise<void> => {
    const row = { type: 'person', personId: feedId, name: feedId, emails: [`${feedId}@larkfield.example`] } as const
    const provenance = { connector: 'people', file: 'test', startLine: 1 } as const
    const people = [{ ...row, status: 'leaver', provenance } as const]
    const { left } = await applyPeopleFeed(roll.identity, roll.act('admin'), {
      source: 'test',
      people,
      teams: [],
      complete: false,
    })
    assert.equal(left, 1)
  }

  before(async () => {
    roll = await rollInTest(testDatabase)
    for (const feedId of ['admin', 'ada', 'ben', 'cleo', 'dora', 'eve']) await roll.addPerson(feedId)
  })
  after(() => roll.close())

  test('a join hides neither a hold nor a tier, nor who answers, nor an earlier end', async () => {
    const role = await registered({ owner: person('ben'), expiresAt: SOONER })
    await ofTier(role, 'admin')
    await quarantinePrincipal(roll.identity, roll.act('ada'), { id: role, reason: 'compromised' })
    const runner = await registered({ owner: person('ada') })
    await ofTier(runner, 'low')
    await activate(runner)
    const was = await recordOf(runner)
    const matchId = await matched(runner, role)
    await confirmMatch(roll.identity, roll.act('ada'), { matchId, into: runner })
    const joined = await recordOf(runner)
    assert.deepEqual(
      [joined.state, joined.quarantine?.reason, joined.tier.value, joined.expiresAt],
      ['quarantined', 'compromised', 'admin', SOONER],
    )
    assert.deepEqual(
      joined.backups.map(({ party }) => party.id),
      [personOf('ben')],
    )
    // and what was joined comes apart as it was
    await undoMatch(roll.identity, roll.act('ada'), { matchId })
    const again = await recordOf(runner)
    assert.deepEqual(again, was)
    assert.equal((await recordOf(role)).state, 'quarantined')
  })

  test('a join that would leave an active identity without what its tier asks is refused, and says what is missing', async () => {
    const strong = await registered({ owner: person('ben') })
    await ofTier(strong, 'admin')
    const weak = await registered({ owner: person('ada') })
    await ofTier(weak, 'low')
    await activate(weak)
    const matchId = await matched(weak, strong)
    await assert.rejects(confirmMatch(roll.identity, roll.act('ada'), { matchId, into: weak }), /proof of binding/)
    assert.equal((await recordOf(strong)).state, 'registered')
  })

  test('an exception for one thing is none for another: who leaves gives the time that orphans have, and no more', async () => {
    const id = await registered({ owner: person('cleo') })
    await ofTier(id, 'admin')
    await proveBinding(roll.identity, roll.act('cleo'), {
      id,
      proof: { how: 'assertion', reason: 'mine', teamIds: [] },
    })
    await recordException(roll.identity, roll.act('ada'), { id, reason: 'no backup for now', until: SOONER })
    await activate(id)
    await leaves('cleo')
    const orphan = await recordOf(id)
    assert.equal(orphan.exception?.cause, 'orphaned')
    assert.ok((orphan.exception?.until ?? '') < roll.now().replace(/^2026-03/, '2026-04'))
    // the word of one owner is not the next one's
    assert.equal(orphan.binding, undefined)
    await assignOwner(roll.identity, roll.act('admin'), { id, owner: person('ada'), reason: 'a test' })
    await proveBinding(roll.identity, roll.act('ada'), { id, proof: { how: 'assertion', reason: 'mine', teamIds: [] } })
    await addBackup(roll.identity, roll.act('ada'), { id, backup: person('ben') })
    assert.equal((await recordOf(id)).state, 'active')
  })

  test('a new owner proves the binding anew, and has time for it', async () => {
    const id = await registered({ owner: person('dora'), backup: person('ben') })
    await ofTier(id, 'admin')
    await proveBinding(roll.identity, roll.act('dora'), {
      id,
      proof: { how: 'assertion', reason: 'mine', teamIds: [] },
    })
    await activate(id)
    const offer = await offerOwnership(roll.identity, roll.act('dora'), { id, to: person('eve'), why: 'a test' })
    await acceptOffer(roll.identity, roll.act('eve'), { offerId: offer.id, teamIds: [] })
    const now = await recordOf(id)
    assert.deepEqual([now.state, now.binding, now.exception?.gaps], ['active', undefined, ['binding']])
  })

  test("Reeve's own identity is not retired, in an emergency either", async () => {
    const { id } = await registerBuiltIn(roll.identity, roll.act('reeve'), {
      kind: 'service_account',
      system: 'reeve',
      name: 'reeve itself',
      externalId: 'reeve-itself',
    })
    await assert.rejects(
      retirePrincipal(roll.identity, roll.act('admin'), { id, reason: 'a test', emergency: true }),
      /identity of Reeve itself/,
    )
  })

  test('an owner attests for as long as the tier allows, and no longer', async () => {
    const id = await registered({ owner: person('ada') })
    await ofTier(id, 'admin')
    const nextReviewAt = new Date(Date.parse(roll.now()) + 120 * 86_400_000).toISOString() as Instant
    await assert.rejects(
      attestPrincipal(roll.identity, roll.act('ada'), { id, because: 'a test', nextReviewAt }),
      /nextReviewAt.*90 days/,
    )
  })
})
