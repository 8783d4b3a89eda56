import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Id, Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { offer, only } from '../../connectors/offer-in-test.ts'
import { people as peopleConnector } from '../../connectors/people/people.ts'
import { recordExposures } from '../credential/record-exposure.ts'
import type { IdentityLayer } from '../operation.ts'
import { offerOwnership } from '../principal/offer-ownership.ts'
import { activatePrincipal } from '../principal/activate.ts'
import { readCurrent } from '#db/history'
import { confirmMatch } from '../principal/confirm-match.ts'
import { recordException } from '../principal/exception.ts'
import { patchPrincipals } from '../principal/patch-principal.ts'
import { proposeMatches } from '../principal/propose-matches.ts'
import { quarantineLapsed } from '../principal/quarantine-lapsed.ts'
import { quarantinePrincipal, restorePrincipal } from '../principal/quarantine.ts'
import { setExpiry } from '../principal/set-dates.ts'
import { undoMatch } from '../principal/undo-match.ts'
import type { Party } from '../record/party.ts'
import type { PersonRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER, PERSON, PRINCIPAL } from '../record/tables.ts'
import { applyPeopleFeed, previewPeopleFeed } from './apply-feed.ts'
import type { FeedToApply } from './apply-feed.ts'
import { feedInTest } from './feed-in-test.ts'
import type { PersonWords } from './feed-in-test.ts'
import { humanIdOf, personIdOf, teamIdOf } from './human-principal.ts'
import { knownCredentials } from './known-credentials.ts'
import {
  ACTIVE,
  actInTest,
  all,
  entriesOf,
  insertCredentialRecords,
  insertPrincipals,
  layerInTest,
  principalInTest,
  versionsWithoutEntry,
} from './roll-in-test.ts'

const LATER = '2026-07-02T08:00:00.000Z'
const person = (feedId: string): Party => ({ kind: 'person', id: personIdOf(feedId) })
const team = (feedId: string): Party => ({ kind: 'team', id: teamIdOf(feedId) })
const ownedBy = (party: Party) => ({ party, from: 'stated' as const, reason: 'test' })

function csvFeed(text: string): FeedToApply {
  const seen = offer(peopleConnector, 'people.csv', text)
  return { source: 'samples', people: only(seen, 'person'), teams: only(seen, 'team'), complete: true }
}

describe('a leaver', { skip: databaseUnavailable() }, () => {
  let of: TestDatabase
  let identity: IdentityLayer
  beforeEach(async () => {
    of = await testDatabase()
    identity = layerInTest(of)
  })
  afterEach(async () => {
    assert.deepEqual(await versionsWithoutEntry(of), [])
    await of.close()
  })
  const insert = (...records: PrincipalRecord[]) => identity.db.transaction((tx) => insertPrincipals(tx, records))
  const apply = (rows: readonly PersonWords[], at = LATER, more = {}) =>
    applyPeopleFeed(identity, actInTest(at), feedInTest(rows, more))
  const principal = async (id: string | undefined): Promise<PrincipalRecord> => {
    const found = (await all<PrincipalRecord>(identity, PRINCIPAL)).find((one) => one.id === id)
    assert.ok(found)
    return found.data
  }
  const CREW: PersonWords[] = [
    { id: 'boss' },
    { id: 'lead', managerId: 'boss', teamId: 'data' },
    { id: 'tomas', managerId: 'lead', teamId: 'data' },
  ]
  const WITHOUT_TOMAS = [
    ...CREW.slice(0, 2),
    { id: 'tomas', managerId: 'lead', teamId: 'data', status: 'leaver' as const },
  ]

  test('of the sample: what he owned are orphans within one call, his manager is asked, and what he knew is listed', async () => {
    const text = readFileSync('samples/people/people.csv', 'utf8')
    const before = text.replace('data,leaver,2019-11-04,2026-06-30', 'data,active,2019-11-04,')
    assert.notEqual(before, text)
    const first = await applyPeopleFeed(identity, actInTest(), csvFeed(before))
    assert.deepEqual([first.joined, first.left, first.problemCount], [8, 0, 0])
    const owner = ownedBy(person('P007'))
    const ids = await insert(
      principalInTest('export', { ...ACTIVE, owner }),
      principalInTest('loader', { owner }),
      principalInTest('other', { ...ACTIVE, owner: ownedBy(person('P005')) }),
    )
    const [ofExport, held, ofOther] = await identity.db.transaction((tx) =>
      insertCredentialRecords(tx, [
        { principalId: ids[0] as Id<'principal'> },
        {},
        { principalId: ids[2] as Id<'principal'> },
      ]),
    )
    const at = '2026-05-01T00:00:00.000Z' as Instant
    await recordExposures(identity, actInTest(), [
      { personId: personIdOf('P007'), credentialId: held as Id<'credential'>, how: 'created', source: 'git', at },
    ])
    const outcome = await applyPeopleFeed(identity, actInTest(LATER), csvFeed(text))
    assert.equal(outcome.left, 1)
    const [leaver] = outcome.leavers
    const manager = personIdOf('P005')
    assert.deepEqual(
      new Map(leaver?.orphaned.map(({ principalId, offeredTo }) => [principalId, offeredTo])),
      new Map([
        [ids[0], manager],
        [ids[1], manager],
      ]),
    )
    assert.deepEqual(
      new Map<unknown, unknown>(leaver?.credentials.map(({ credentialId, ways }) => [credentialId, ways])),
      new Map<unknown, unknown>([
        [ofExport, ['owned']],
        [held, ['created']],
      ]),
    )
    assert.ok(!leaver?.credentials.some(({ credentialId }) => credentialId === ofOther))
    const orphan = await principal(ids[0])
    assert.equal(orphan.owner, undefined)
    assert.equal(orphan.state, 'active')
    assert.equal(orphan.orphanedAt, LATER)
    assert.deepEqual(orphan.formerOwner, owner)
    assert.deepEqual(orphan.parties, [])
    assert.equal(orphan.exception?.cause, 'orphaned')
    assert.equal(orphan.exception?.until, '2026-07-16T08:00:00.000Z')
    assert.equal((await principal(ids[1])).exception, undefined)
    const offers = await all<OfferRecord>(identity, OFFER)
    assert.deepEqual(new Set(offers.map(({ data }) => data.to.id)), new Set([manager]))
    assert.ok(offers.every(({ data }) => data.cause === 'leaver' && data.state === 'pending'))
    assert.equal((await principal(humanIdOf('P007'))).state, 'quarantined')
    // the list stays, also when everything has another owner
    assert.deepEqual(await knownCredentials(identity, personIdOf('P007')), leaver?.credentials)
  })

  test('no name or address of a person stands in an entry', async () => {
    await apply([{ id: 'a', name: 'Ursula Secretname', emails: ['ursula@secret.example'] }])
    await apply([{ id: 'a', name: 'Ursula Othername', emails: ['other@secret.example'], status: 'leaver' }])
    const text = JSON.stringify(await entriesOf(of))
    assert.ok(text.includes('person.left'))
    assert.doesNotMatch(text, /Ursula|secret\.example/i)
  })

  test('is no backup and no custodian any more, and an active principal that needs a backup gets time', async () => {
    await apply(CREW)
    const assertion = { how: 'assertion', reason: 'x', at: actInTest().at, by: 'x' } as const
    const [id] = await insert(
      principalInTest('admin', {
        ...ACTIVE,
        owner: ownedBy(person('boss')),
        backups: [ownedBy(person('tomas'))],
        custodians: [{ consumerId: 'prn_x', party: person('tomas') }],
        tier: { value: 'admin', from: 'derived', reason: 'test' },
        binding: assertion,
      }),
    )
    const outcome = await apply(WITHOUT_TOMAS)
    assert.deepEqual(outcome.leavers[0]?.reduced, [id])
    assert.deepEqual(outcome.leavers[0]?.orphaned, [])
    const now = await principal(id)
    assert.deepEqual([now.backups, now.custodians, now.parties], [[], [], [`person:${personIdOf('boss')}`]])
    assert.equal(now.exception?.cause, 'orphaned')
    assert.equal(now.orphanedAt, undefined)
  })

  test('leaves offers that go up past managers who left too, and never to one who cannot accept', async () => {
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    const both = [
      { id: 'boss' },
      { id: 'lead', managerId: 'boss', status: 'leaver' as const },
      { id: 'tomas', managerId: 'lead', status: 'leaver' as const },
    ]
    const outcome = await apply(both)
    const leaver = outcome.leavers.find(({ feedId }) => feedId === 'tomas')
    assert.deepEqual(leaver?.proposed, { id: personIdOf('boss'), above: 2 })
    assert.deepEqual(leaver?.orphaned, [{ principalId: id, offeredTo: personIdOf('boss') }])
  })

  test('whose offer was pending: it is withdrawn, and the orphan is offered further up', async () => {
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    await apply(WITHOUT_TOMAS)
    const outcome = await apply(
      [{ id: 'boss' }, { id: 'lead', managerId: 'boss', status: 'leaver' }, WITHOUT_TOMAS[2] as PersonWords],
      '2026-07-03T08:00:00.000Z',
    )
    assert.equal(outcome.leavers[0]?.offersWithdrawn.length, 1)
    const offers = await all<OfferRecord>(identity, OFFER)
    assert.ok(offers.every(({ data }) => data.principalId === id))
    assert.deepEqual(
      new Map(offers.map(({ data }) => [data.to.id, data.state])),
      new Map([
        [personIdOf('lead'), 'withdrawn'],
        [personIdOf('boss'), 'pending'],
      ]),
    )
  })

  test('keeps an offer to somebody else that is waiting already', async () => {
    await apply([...CREW, { id: 'nadia' }])
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    await offerOwnership(identity, actInTest(), { id: id ?? '', to: person('nadia'), why: 'moves' })
    const outcome = await apply([...WITHOUT_TOMAS, { id: 'nadia' }])
    assert.deepEqual(outcome.leavers[0]?.orphaned, [{ principalId: id, alreadyOffered: true }])
    assert.equal((await all<OfferRecord>(identity, OFFER)).length, 1)
  })

  test('in a circle of managers: nobody is proposed, and the circle is shown', async () => {
    const circle: PersonWords[] = [
      { id: 'a', managerId: 'b' },
      { id: 'b', managerId: 'a' },
      { id: 'me', managerId: 'me' },
    ]
    const first = await apply(circle)
    assert.deepEqual(first.managerCircles, [['a', 'b'], ['me']])
    assert.equal(first.problemCount, 2)
    assert.equal(first.joined, 3)
    await insert(principalInTest('x', { owner: ownedBy(person('me')) }))
    const outcome = await apply([...circle.slice(0, 2), { id: 'me', managerId: 'me', status: 'leaver' }])
    assert.deepEqual(outcome.leavers[0]?.proposed, { why: 'in_a_circle' })
    assert.equal((await all<OfferRecord>(identity, OFFER)).length, 0)
  })

  test('who was the last of a team: what the team owns is an orphan, offered to who is above', async () => {
    await apply([{ id: 'boss' }, { id: 'one', managerId: 'boss', teamId: 't' }])
    const [id] = await insert(principalInTest('a', { ...ACTIVE, owner: ownedBy(team('t')) }))
    const outcome = await apply([{ id: 'boss' }, { id: 'one', managerId: 'boss', teamId: 't', status: 'leaver' }])
    assert.deepEqual(
      outcome.emptiedTeams.map(({ gone, orphaned }) => [gone, orphaned]),
      [[team('t'), [{ principalId: id, offeredTo: personIdOf('boss') }]]],
    )
    assert.equal((await principal(id)).orphanedAt, LATER)
  })

  test('a team that somebody joins in the same feed is not empty, nor is one with somebody on leave', async () => {
    await apply([
      { id: 'one', teamId: 't' },
      { id: 'two', teamId: 'u' },
      { id: 'three', teamId: 'u' },
    ])
    const ids = await insert(
      principalInTest('a', { owner: ownedBy(team('t')) }),
      principalInTest('b', { owner: ownedBy(team('u')) }),
    )
    const outcome = await apply([
      { id: 'one', teamId: 't', status: 'leaver' },
      { id: 'new', teamId: 't' },
      { id: 'two', teamId: 'u', status: 'leaver' },
      { id: 'three', teamId: 'u', status: 'on_leave' },
    ])
    assert.deepEqual(outcome.emptiedTeams, [])
    assert.ok((await principal(ids[0])).owner)
    assert.ok((await principal(ids[1])).owner)
  })

  test('who comes back is a joiner again: themselves restored, ownership not', async () => {
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    await apply(WITHOUT_TOMAS)
    const outcome = await apply(CREW, '2026-07-03T08:00:00.000Z')
    assert.deepEqual([outcome.returned, outcome.left], [1, 0])
    assert.equal((await principal(humanIdOf('tomas'))).state, 'active')
    assert.equal((await principal(id)).owner, undefined)
  })

  test('a quarantine that a person ordered does not end by a return', async () => {
    await apply(CREW)
    await quarantinePrincipal(identity, actInTest(), { id: humanIdOf('tomas'), reason: 'an inquiry' })
    await apply(WITHOUT_TOMAS)
    await apply(CREW, '2026-07-03T08:00:00.000Z')
    assert.equal((await principal(humanIdOf('tomas'))).state, 'quarantined')
  })

  test('nobody but the feed brings back who left, and nobody activates a person of a feed', async () => {
    await apply(CREW)
    const id = humanIdOf('tomas')
    const wanted = { id, reason: 'they need it' }
    await assert.rejects(activatePrincipal(identity, actInTest(), { id }), /it is a person of a feed/)
    await quarantinePrincipal(identity, actInTest(), { id, reason: 'an inquiry' })
    await restorePrincipal(identity, actInTest(), wanted)
    assert.equal((await principal(id)).state, 'active')
    await apply(WITHOUT_TOMAS)
    await assert.rejects(restorePrincipal(identity, actInTest(), wanted), /the person has left/)
    assert.equal((await principal(id)).state, 'quarantined')
  })

  test('a person of a feed whose tier is high, or whose exception ended, stays active; one whose end has come does not', async () => {
    await apply(CREW)
    const [high, excepted, ended] = CREW.map(({ id }) => humanIdOf(id))
    await identity.db.transaction(async (tx) => {
      const held = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [high ?? '', excepted ?? ''], { lock: true })
      const until = actInTest(LATER).at
      await patchPrincipals(
        tx,
        actInTest(LATER),
        [...held.values()].map((current) => ({
          current,
          patch: (record) => ({
            ...record,
            ...(current.id === high
              ? { tier: { value: 'admin', from: 'derived', reason: 'a test' } as const }
              : { exception: { reason: 'of before', until, by: 'x', cause: 'stated' } as const }),
          }),
          words: { type: 'principal.updated' },
        })),
      )
    })
    await setExpiry(identity, actInTest(), { id: ended ?? '', expiresAt: LATER as Instant })
    const lapsed = await quarantineLapsed(identity, actInTest('2026-07-03T08:00:00.000Z'))
    assert.deepEqual([lapsed.quarantined.map(({ id }) => id), lapsed.released], [[ended], [excepted]])
    const states = await Promise.all([high, excepted, ended].map(async (id) => (await principal(id)).state))
    assert.deepEqual(states, ['active', 'active', 'quarantined'])
  })

  test('no exception is recorded for a person of a feed, who lacks nothing', async () => {
    await apply(CREW)
    const wanted = { id: humanIdOf('tomas'), reason: 'x', until: '2026-09-01T00:00:00.000Z' as Instant }
    await assert.rejects(recordException(identity, actInTest(), wanted), /it lacks nothing/)
  })

  test('takes the accounts along that were confirmed to be theirs; a person brings them back, once they are back', async () => {
    await apply(CREW)
    const personId = personIdOf('tomas')
    const owner = ownedBy(person('boss'))
    const [id = assert.fail(), other] = await insert(
      principalInTest('tomas-at-the-cloud', { ...ACTIVE, kind: 'human', personId, owner }),
      principalInTest('of-boss', { ...ACTIVE, kind: 'human', personId: personIdOf('boss'), owner }),
    )
    await apply(WITHOUT_TOMAS)
    assert.equal((await principal(id)).state, 'quarantined')
    assert.equal((await principal(other)).state, 'active')
    const wanted = { id, reason: 'they are back' }
    await assert.rejects(restorePrincipal(identity, actInTest(), wanted), /the person has left/)
    await apply(CREW, '2026-07-03T08:00:00.000Z')
    assert.equal((await principal(id)).state, 'quarantined')
    await restorePrincipal(identity, actInTest(), wanted)
    assert.equal((await principal(id)).state, 'active')
  })

  test('stays shut when a join is taken back that had shut their record for another reason', async () => {
    await apply(CREW)
    const [from = assert.fail()] = await insert(principalInTest('tomas-too', { kind: 'human' }))
    await quarantinePrincipal(identity, actInTest(), { id: from, reason: 'an inquiry' })
    const into = humanIdOf('tomas')
    const pair = [into, from] as const
    const [offered] = await identity.db.transaction((tx) =>
      proposeMatches(tx, actInTest(), [{ kind: 'principals', pair, reason: 'same name', strength: 'likely' }]),
    )
    const match = offered?.id ?? assert.fail('it is offered')
    await confirmMatch(identity, actInTest(), { matchId: match })
    assert.equal((await principal(into)).state, 'quarantined')
    await apply(WITHOUT_TOMAS)
    await undoMatch(identity, actInTest(), { matchId: match })
    assert.equal((await principal(into)).state, 'quarantined')
    assert.equal((await principal(from)).state, 'quarantined')
  })

  test('tombstones are left as they are', async () => {
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { state: 'retired', owner: ownedBy(person('tomas')) }))
    const outcome = await apply(WITHOUT_TOMAS)
    assert.deepEqual(outcome.leavers[0]?.orphaned, [])
    assert.ok((await principal(id)).owner)
  })

  test('a mover keeps what they own, and it is listed to be looked at again', async () => {
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    const outcome = await apply([...CREW.slice(0, 2), { id: 'tomas', managerId: 'boss', teamId: 'claims' }])
    assert.deepEqual(outcome.movers, [
      { personId: personIdOf('tomas'), fields: ['managerFeedId', 'teamFeedId'], owned: [id] },
    ])
    assert.ok((await principal(id)).owner)
  })

  test('a preview says what would be and writes nothing', async () => {
    await apply(CREW)
    await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    const before = [await all(identity, PRINCIPAL), await all(identity, PERSON), (await entriesOf(of)).length]
    const preview = await previewPeopleFeed(identity, actInTest(LATER), feedInTest(WITHOUT_TOMAS))
    assert.deepEqual(
      [await all(identity, PRINCIPAL), await all(identity, PERSON), (await entriesOf(of)).length],
      before,
    )
    assert.deepEqual(await apply(WITHOUT_TOMAS), preview)
  })

  test('callbacks hear of what became an orphan, once it is committed', async () => {
    const heard: string[] = []
    const listening = { ...identity, onPrincipalChanged: (ids: readonly string[]) => heard.push(...ids) }
    await apply(CREW)
    const [id] = await insert(principalInTest('a', { owner: ownedBy(person('tomas')) }))
    await applyPeopleFeed(listening, actInTest(LATER), feedInTest(WITHOUT_TOMAS))
    assert.deepEqual(new Set(heard), new Set([id, humanIdOf('tomas')]))
  })

  test('a person of another source is not changed by this one', async () => {
    await apply(CREW)
    const outcome = await apply([{ id: 'tomas', status: 'leaver' }], LATER, { source: 'other' })
    assert.equal(outcome.left, 0)
    assert.equal(outcome.problemCount, 1)
    const tomas = (await all<PersonRecord>(identity, PERSON)).find(({ data }) => data.feedId === 'tomas')
    assert.equal(tomas?.data.status, 'active')
  })
})
